import type { Command } from "commander";
import type { Invocation } from "../invocation.ts";
import {
  openUpgradeRunner,
  type RunnerVerbOptions,
  tellLastReports,
} from "../upgrade/open-upgrade-runner.ts";
import { examples } from "../verb-options.ts";

interface RunnerOptions extends RunnerVerbOptions {
  /** False: --no-resume. */
  resume: boolean;
}

export function addRunner(program: Command, invocation: Invocation): void {
  program
    .command("runner")
    .summary("carry out upgrades that are ordered through the API")
    .description(
      "Waits for plans that come in by POST /admin/upgrades and carries them out, until SIGTERM.\n" +
        "It has the Docker socket; the gateway never does.",
    )
    .option("--docker <socket>", "the engine's socket (DOCKER_HOST, /var/run/docker.sock)")
    .option("--data-dir <directory>", "where journals are kept (the dataDir of the config)")
    .option("--no-resume", "leave the runs that a killed runner left")
    .addHelpText("after", examples("holdgate runner", "holdgate runner --admin http://gateway:9180"))
    .action(async (options: RunnerOptions) => serve(options, invocation));
}

async function serve(options: RunnerOptions, invocation: Invocation): Promise<void> {
  const { terminal, clock } = invocation;
  const log = (line: string): void => {
    const at = new Date(clock.wall()).toISOString();
    if (invocation.json) terminal.printJson({ at, message: line });
    else terminal.print(`${at}  ${line}`);
  };
  const runner = await openUpgradeRunner(options, invocation, log);
  const { RunnerDaemon } = await import("../../upgrade/runner/runner-daemon.ts");
  const { listenForOrders } = await import("../../upgrade/gateway/runner-connection.ts");
  const { client, upgrades, reports } = runner;
  const daemon = new RunnerDaemon({
    upgrades,
    reports,
    resume: options.resume,
    wall: () => clock.wall(),
    log,
  });
  const stop = stopSignal(log);
  try {
    await daemon.begin();
    await listenForOrders(
      {
        client,
        clock,
        accepts: "plans",
        onOrder: daemon.onOrder,
        onConnected: () => {
          log("connected to the gateway; waiting for plans");
          daemon.onConnected();
        },
        onLost: (reason) => log(`the gateway is away: ${reason}; trying again until it is back`),
      },
      stop,
    );
    await daemon.stop();
    await tellLastReports(runner, clock);
  } finally {
    runner.close();
  }
  log("stopped");
}

/** The second signal ends at once, which is as harmless as any kill: what was begun stands in the journal. */
function stopSignal(log: (line: string) => void): AbortSignal {
  const stop = new AbortController();
  const onSignal = (): void => {
    if (stop.signal.aborted) process.exit(1);
    log("stopping as soon as the operations under way have ended; what is left is resumed at the next start");
    stop.abort();
  };
  process.on("SIGTERM", onSignal).on("SIGINT", onSignal);
  return stop.signal;
}
