import type { Command } from "commander";
import { DEFAULT_CONFIG_FILE } from "../../client/find-data-dir.ts";
import type { Invocation } from "../invocation.ts";
import { examples } from "../verb-options.ts";

export function addRun(program: Command, invocation: Invocation): void {
  program
    .command("run")
    .summary("run the gateway")
    .description("Runs the gateway until SIGTERM; a second signal cuts what is still in flight.")
    .addHelpText("after", examples("holdgate run --config /etc/holdgate.yaml"))
    .action(async () => {
      const { config } = invocation.options;
      // Loaded here only, so that the verbs which merely call a running gateway start fast.
      const { runGateway } = await import("../../run-gateway.ts");
      await runGateway({ configFile: config ?? DEFAULT_CONFIG_FILE, configFileGiven: config !== undefined });
    });
}
