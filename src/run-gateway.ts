// Puts the layers together: one gateway process, from its configuration to its last connection.

import { readFileSync } from "node:fs";
import type { Logger } from "pino";
import { type AccessLog, openAccessLog } from "./access-log/open-access-log.ts";
import { AdminServer } from "./admin/admin-server.ts";
import { createAdminApp } from "./admin/create-admin-app.ts";
import { Tokens } from "./admin/tokens/tokens.ts";
import { compareSettings } from "./config/restart-needed.ts";
import type { Settings, SocketAddress } from "./config/settings.ts";
import { watchConfig } from "./config/watch-config.ts";
import { BypassKeys } from "./control/bypass-keys.ts";
import { Control } from "./control/control.ts";
import { ReloadRecord } from "./control/reload-record.ts";
import { UpgradeBoard } from "./control/upgrade-board.ts";
import { Gateway } from "./gateway/gateway.ts";
import { systemClock } from "./lib/clock.ts";
import { Webhooks } from "./webhooks/webhooks.ts";
import { loadSettings } from "./load-settings.ts";
import { openProcessLog } from "./process-log.ts";

export interface RunOptions {
  configFile: string;
  /** False: it is the default file, and may be missing only by mistake all the same. */
  configFileGiven: boolean;
}

/** Resolves when the gateway has ended. Throws what keeps it from starting, as a GatewayError. */
export async function runGateway({ configFile }: RunOptions): Promise<void> {
  const settings = await loadSettings(configFile);
  const log = openProcessLog();
  const running = await RunningGateway.start(configFile, settings, log);
  await running.untilEnded();
}

/** `guest`: inside somebody else's process, which has the listeners and the signals. */
export type Standing = "process" | "guest";

// A receiver that is away must not keep the gateway from ending: service managers kill what takes long.
const LAST_POSTS_MS = 5_000;

export class RunningGateway {
  readonly #standing: Standing;
  readonly #configFile: string;
  readonly #log: Logger;
  readonly #gateway: Gateway;
  readonly #control: Control;
  readonly #admin: AdminServer;
  readonly #upgrades: UpgradeBoard;
  readonly #webhooks: Webhooks;
  readonly #accessLog: AccessLog | null;
  readonly #reloads: ReloadRecord;
  readonly #ended = Promise.withResolvers<void>();
  readonly #watching = new AbortController();
  #stopping = false;
  /** One at a time, in the order of the changes; never rejects. */
  #reloading: Promise<void> = Promise.resolve();

  private constructor(parts: {
    standing: Standing;
    configFile: string;
    log: Logger;
    gateway: Gateway;
    control: Control;
    admin: AdminServer;
    upgrades: UpgradeBoard;
    webhooks: Webhooks;
    accessLog: AccessLog | null;
    reloads: ReloadRecord;
  }) {
    this.#standing = parts.standing;
    this.#configFile = parts.configFile;
    this.#log = parts.log;
    this.#gateway = parts.gateway;
    this.#control = parts.control;
    this.#admin = parts.admin;
    this.#upgrades = parts.upgrades;
    this.#webhooks = parts.webhooks;
    this.#accessLog = parts.accessLog;
    this.#reloads = parts.reloads;
  }

  static async start(
    configFile: string,
    settings: Settings,
    log: Logger,
    standing: Standing = "process",
  ): Promise<RunningGateway> {
    const clock = systemClock;
    const accessLog = settings.accessLog === null ? null : openAccessLog(settings.accessLog, clock, log);
    let control: Control | undefined;
    let admin: AdminServer | undefined;
    let webhooks: Webhooks | undefined;
    const bypassKeys = await BypassKeys.open(settings.dataDir);
    const gateway = new Gateway({
      clock,
      bypassKeys,
      identity: settings,
      trustedProxies: settings.trustedProxies,
      onEvent: (event) => control?.onGatewayEvent(event),
      ...(accessLog && { onSettled: accessLog.onSettled }),
    });
    try {
      control = await Control.open({ settings, gateway, clock, log });
      const tokens = await Tokens.open(settings.dataDir, clock);
      const { events } = control;
      const upgrades = new UpgradeBoard({ clock, events, gateway });
      const reloads = new ReloadRecord(clock);
      webhooks = new Webhooks({ clock, log, events, env: process.env });
      webhooks.start(settings.webhooks);
      const deps = { control, gateway, upgrades, webhooks, tokens, reloads, bypassKeys, clock, log };
      const app = createAdminApp({ ...deps, version: packageVersion() });
      admin = new AdminServer({ app, dataDir: settings.dataDir, listen: settings.admin.listen });
      await admin.listen();
      // Last, so that nobody is served by a gateway that cannot be steered.
      if (standing === "process") await gateway.listen(settings.listen);
      const running = new RunningGateway({
        standing,
        configFile,
        log,
        gateway,
        control,
        admin,
        upgrades,
        webhooks,
        accessLog,
        reloads,
      });
      running.#begin();
      return running;
    } catch (error) {
      gateway.destroy();
      webhooks?.destroy();
      await admin?.close();
      await control?.close();
      throw error;
    }
  }

  get gateway(): Gateway {
    return this.#gateway;
  }

  /** Where the admin API is reached; the unix socket first. */
  get adminAddresses(): readonly SocketAddress[] {
    return this.#admin.addresses;
  }

  untilEnded(): Promise<void> {
    return this.#ended.promise;
  }

  #begin(): void {
    const listen = this.#gateway.status().listening.map(describeAddress);
    const admin = this.#admin.addresses.map(describeAddress);
    // First, because whoever reads that it runs may send one at once.
    if (this.#standing === "process") this.#listenToSignals();
    this.#log.info({ listen, admin, version: packageVersion() }, "holdgate is running");
    watchConfig(this.#configFile, {
      onChange: this.#onReload,
      signal: this.#watching.signal,
      onError: (err) => this.#log.warn({ err }, "the configuration file cannot be watched; use SIGHUP"),
    });
  }

  #listenToSignals(): void {
    process.on("SIGTERM", this.#onStop).on("SIGINT", this.#onStop);
    process.on("SIGHUP", this.#onHangUp).on("SIGUSR2", this.#onReopen);
  }

  readonly #onReopen = (): void => this.#accessLog?.reopen();

  /** After a rotation most tools send this one. */
  readonly #onHangUp = (): void => {
    this.#onReopen();
    this.#onReload();
  };

  readonly #onReload = (): void => {
    this.#reloading = this.#reloading.then(() => this.#reload());
  };

  readonly #onStop = (): void => {
    this.stop().catch((error: unknown) => this.#ended.reject(error));
  };

  /** A bad file changes nothing. */
  async #reload(): Promise<void> {
    if (this.#stopping) return;
    try {
      const settings = await loadSettings(this.#configFile);
      const restart = compareSettings(this.#control.settings, settings);
      if (restart.length > 0) this.#log.warn({ keys: restart }, "these keys take effect with a restart only");
      await this.#control.reconfigure(settings);
      this.#gateway.rereadPages();
      this.#webhooks.configure(settings.webhooks);
      this.#reloads.succeeded();
      this.#log.info({ file: this.#configFile }, "configuration reloaded");
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#reloads.failed(reason);
      this.#log.error({ reason }, "the new configuration is not used; the old one stays in force");
    }
  }

  /** DESIGN §9. The second signal cuts. */
  async stop(): Promise<void> {
    if (this.#stopping) {
      this.#log.warn("second signal: cutting what is left");
      this.#gateway.destroy();
      this.#webhooks.destroy();
      return;
    }
    this.#stopping = true;
    const { shutdownGraceMs } = this.#control.settings;
    this.#log.info({ graceMs: shutdownGraceMs }, "stopping: finishing what is in flight");
    this.#watching.abort();
    const grace = systemClock.after(shutdownGraceMs, () => this.#gateway.destroy());
    await this.#gateway.close();
    grace.cancel();
    await this.#reloading;
    await this.#admin.close();
    this.#upgrades.close();
    await this.#webhooks.close(Math.min(shutdownGraceMs, LAST_POSTS_MS));
    await this.#control.close();
    this.#accessLog?.close();
    process.off("SIGTERM", this.#onStop).off("SIGINT", this.#onStop);
    process.off("SIGHUP", this.#onHangUp).off("SIGUSR2", this.#onReopen);
    this.#gateway.destroy();
    this.#log.info("stopped");
    this.#ended.resolve();
  }
}

function describeAddress(address: SocketAddress): string {
  return "path" in address ? `unix:${address.path}` : `${address.host}:${address.port}`;
}

function packageVersion(): string {
  const parsed: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  const known = typeof parsed === "object" && parsed !== null && "version" in parsed;
  return known ? String(parsed.version) : "unknown";
}
