// Puts together what carries out upgrades: the engine, the gateway over its API, commands, and the runs themselves.

import { join } from "node:path";
import type { AdminClient } from "../../client/admin-client.ts";
import { connectEngine } from "../../docker/connect-engine.ts";
import { EngineError } from "../../docker/engine-error.ts";
import type { Engine } from "../../docker/engine.ts";
import type { Clock } from "../../lib/clock.ts";
import { DirectoryProcessHost } from "../../process/directory-process-host.ts";
import { AdminGatewayDriver } from "../gateway/admin-gateway-driver.ts";
import { PersistentClient } from "../gateway/persistent-client.ts";
import { ReportSender } from "../gateway/report-sender.ts";
import type { UpgradesPort } from "../upgrades-port.ts";
import { Upgrades } from "../upgrades.ts";

export interface RunnerOptions {
  client: AdminClient;
  clock: Clock;
  dataDir: string;
  /** Undefined: what DOCKER_HOST names, else the socket where an engine listens by default. */
  dockerSocket: string | undefined;
  env: Readonly<Record<string, string | undefined>>;
  log: (line: string) => void;
}

export interface OpenRunner {
  upgrades: UpgradesPort;
  reports: ReportSender;
  /** Lets go of all connections. What has not been told to the gateway is given up. */
  close(): void;
}

export function openRunner({ client, clock, dataDir, dockerSocket, env, log }: RunnerOptions): OpenRunner {
  const reports = new ReportSender({ client, clock });
  const persistent = new PersistentClient({ client, clock });
  const engine = new LazyEngine(dockerSocket);
  const upgrades = new Upgrades({
    dataDir,
    engine: () => engine.find(),
    driverFor: (service) => new AdminGatewayDriver({ client: persistent, reports, service }),
    processesFor: (service) =>
      new DirectoryProcessHost({ directory: join(dataDir, "processes", service), clock }),
    gatewayAddress: client.tcpAddress,
    clock,
    env,
    log,
  });
  const close = () => {
    reports.close();
    engine.close();
  };
  return { upgrades, reports, close };
}

/** A plan of processes needs no engine, so one is looked for when it is asked for. */
class LazyEngine {
  readonly #socketPath: string | undefined;
  #engine: Engine | undefined;

  constructor(socketPath: string | undefined) {
    this.#socketPath = socketPath;
  }

  /** Null: none answers. */
  async find(): Promise<Engine | null> {
    this.#engine ??= connectEngine(this.#socketPath === undefined ? {} : { socketPath: this.#socketPath });
    try {
      await this.#engine.version();
      return this.#engine;
    } catch (error) {
      if (error instanceof EngineError && error.kind === "unreachable") return null;
      throw error;
    }
  }

  close(): void {
    this.#engine?.close();
  }
}
