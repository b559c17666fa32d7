// The only writer of state. Commands are carried out one at a time, each in this order:
//
//   decide ▸ make durable ▸ apply to the gateway ▸ tell (events, audit) ▸ acknowledge
//
// so that nothing is ever in effect, or acknowledged, that a restart would not find again.

import { join } from "node:path";
import type { Settings } from "../config/settings.ts";
import type { GatewayEvent, GatewayPort } from "../gateway/gateway-port.ts";
import type { GatewaySnapshot } from "../gateway/snapshot.ts";
import type { Clock, Timer } from "../lib/clock.ts";
import { GatewayError } from "../lib/gateway-error.ts";
import type { DurableWriteOptions } from "../lib/write-file-durably.ts";
import { refuseMovedState } from "./refuse-moved-state.ts";
import { AuditLog } from "./audit-log.ts";
import type { AuditEntry } from "./audit-log.ts";
import { auditParameters } from "./audit-parameters.ts";
import { decide } from "./commands.ts";
import type { Command, CommandInput } from "./commands.ts";
import { silentLog } from "./control-log.ts";
import type { ControlLog } from "./control-log.ts";
import type { StateEvent } from "./decision.ts";
import { EventLog } from "./event-log.ts";
import { GatewayLog } from "./gateway-log.ts";
import { restoreState } from "./restore-state.ts";
import { Schedule } from "./schedule.ts";
import { momentsOf } from "./maintenance-window.ts";
import type { Moment } from "./maintenance-window.ts";
import { snapshotOf } from "./snapshot-of.ts";
import type { State } from "./state.ts";
import { StateStore } from "./state-store.ts";

export interface ControlOptions {
  settings: Settings;
  /** Default: that of the settings. */
  dataDir?: string;
  gateway: Pick<GatewayPort, "apply">;
  clock: Clock;
  log?: ControlLog;
  /** Told of each step of each write of the state; see writeFileDurably. */
  onWriteStep?: DurableWriteOptions["onStep"];
}

/** On whose behalf a command is carried out. */
export interface CommandContext {
  actor: string;
  from: string;
  /** The version the caller has seen; with another one in force the command is refused. */
  ifMatch?: number | undefined;
}

export interface CommandOutcome {
  state: State;
  /** False: everything was so already. */
  changed: boolean;
}

const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 30_000;

export class Control {
  readonly events: EventLog;
  readonly audit: AuditLog;
  readonly #gateway: ControlOptions["gateway"];
  readonly #clock: Clock;
  readonly #log: ControlLog;
  readonly #gatewayLog: GatewayLog;
  readonly #store: StateStore;
  readonly #retries = new Set<Timer>();
  readonly #schedule: Schedule;
  #settings: Settings;
  #state: State;
  #lastTurn: Promise<unknown> = Promise.resolve();
  /** While the gateway applies a snapshot: what it reports meanwhile. */
  #reports: GatewayEvent[] | null = null;
  #closing: Promise<void> | undefined;

  private constructor(options: ControlOptions, files: { store: StateStore; audit: AuditLog }, state: State) {
    const { settings, gateway, clock, log = silentLog } = options;
    this.events = new EventLog({ clock, log });
    this.audit = files.audit;
    this.#gateway = gateway;
    this.#clock = clock;
    this.#log = log;
    this.#gatewayLog = new GatewayLog({ clock, log });
    this.#store = files.store;
    this.#settings = settings;
    this.#state = state;
    this.#schedule = new Schedule({
      clock,
      log,
      moments: () => this.#moments(),
      keep: (service, due) =>
        this.dispatch({ type: "keep_schedule", service, due }, { actor: "holdgate", from: "schedule" }),
    });
  }

  /**
   * Locks the dataDir, restores the state, and applies it to the gateway. Throws `state_unreadable` or
   * `state_unwritable`; a disk that cannot be written is found out now, not at the first hold.
   */
  static async open(options: ControlOptions): Promise<Control> {
    const { settings, clock } = options;
    const dataDir = options.dataDir ?? settings.dataDir;
    const store = await StateStore.open(dataDir, options.onWriteStep);
    try {
      const found = await store.read();
      const { state, events } = restoreState(found, settings, clock.wall());
      if (state !== found) await store.write(state);
      const control = new Control(options, { store, audit: await openAudit(dataDir, options) }, state);
      await control.#start(events);
      return control;
    } catch (error) {
      store.close();
      throw error;
    }
  }

  get state(): State {
    return this.#state;
  }

  /** Those in force: the last that a `reconfigure` brought. */
  get settings(): Settings {
    return this.#settings;
  }

  snapshot(): GatewaySnapshot {
    return snapshotOf(this.#state, this.#settings);
  }

  /** Resolves when the command is durable and in effect. Throws the refusal as a GatewayError. */
  dispatch(input: CommandInput, context: CommandContext): Promise<CommandOutcome> {
    if (this.#closing) {
      return Promise.reject(new GatewayError("state_unwritable", `${input.type} refused: shutting down`));
    }
    const turn = this.#lastTurn.then(() => this.#execute(input, context));
    this.#lastTurn = turn.catch(() => {});
    return turn;
  }

  /** Takes settings that were checked; a change of `dataDir` waits for the next start. */
  reconfigure(
    settings: Settings,
    context: CommandContext = { actor: "holdgate", from: "config" },
  ): Promise<CommandOutcome> {
    return this.dispatch({ type: "reconfigure", settings }, context);
  }

  /** Records what the gateway did by itself. Give it to the gateway as its listener. */
  onGatewayEvent(event: GatewayEvent): void {
    if (this.#reports) {
      this.#reports.push(event);
      return;
    }
    const { type, service, ...data } = event;
    this.#gatewayLog.write(event);
    this.events.publish(type, service, data);
    if (event.type === "lease_ended") this.#followLeaseEnd(event);
  }

  /** Finishes the commands that were given, refuses new ones, and lets go of the dataDir. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #start(events: StateEvent[]): Promise<void> {
    this.#takeEffect(this.#state, this.#settings, events);
    for (const { type, service, data } of events) {
      await this.#record({ actor: "holdgate", from: "start", action: type, service, parameters: data });
    }
  }

  async #close(): Promise<void> {
    for (const timer of this.#retries) timer.cancel();
    this.#schedule.stop();
    this.#gatewayLog.close();
    await this.#lastTurn;
    await this.audit.close();
    this.#store.close();
  }

  async #execute(input: CommandInput, { actor, from, ifMatch }: CommandContext): Promise<CommandOutcome> {
    const service = input.type === "reconfigure" ? null : input.service;
    const entry = { actor, from, action: input.type, service, parameters: auditParameters(input) };
    try {
      const outcome = await this.#carryOut(input, ifMatch);
      await this.#record(entry);
      return outcome;
    } catch (error) {
      const failure = asGatewayError(error, input.type);
      await this.#record({ ...entry, code: failure.code });
      throw failure;
    }
  }

  async #carryOut(input: CommandInput, ifMatch: number | undefined): Promise<CommandOutcome> {
    const { version } = this.#state;
    refuseMovedState(version, ifMatch);
    const command: Command = { ...input, at: this.#clock.wall() };
    const decision = decide(this.#state, command, this.#settings);
    if (!decision.ok) throw new GatewayError(decision.code, decision.message);
    if (decision.state === this.#state) return { state: this.#state, changed: false };
    await this.#store.write(decision.state);
    const settings = command.type === "reconfigure" ? command.settings : this.#settings;
    this.#takeEffect(decision.state, settings, decision.events);
    return { state: decision.state, changed: true };
  }

  /** Synchronous. What the gateway reports of it is told after what caused it. */
  #takeEffect(state: State, settings: Settings, events: StateEvent[]): void {
    this.#state = state;
    this.#settings = settings;
    const reports: GatewayEvent[] = [];
    this.#reports = reports;
    try {
      this.#gateway.apply(this.snapshot());
    } finally {
      this.#reports = null;
      for (const event of events) this.#tell(event);
      for (const report of reports) this.onGatewayEvent(report);
      this.#schedule.follow();
    }
  }

  #moments(): Map<string, Moment[]> {
    const { services } = this.#settings;
    return new Map(
      services.flatMap((service) => {
        const own = this.#state.services[service.name];
        return own ? [[service.name, momentsOf(own, service)]] : [];
      }),
    );
  }

  #tell({ type, service, data }: StateEvent): void {
    this.#log.info({ service, version: this.#state.version, ...data }, type);
    this.events.publish(type, service, data);
  }

  /** The state is in effect already, so a full disk must not turn a done command into a failed one. */
  async #record(entry: Omit<AuditEntry, "at" | "outcome" | "version">): Promise<void> {
    const at = new Date(this.#clock.wall()).toISOString();
    const outcome = entry.code === undefined ? "done" : "refused";
    try {
      await this.audit.append({ at, outcome, version: this.#state.version, ...entry });
    } catch (err) {
      this.#log.error({ err, ...entry }, "the audit log cannot be written; this entry is kept here only");
    }
  }

  #followLeaseEnd({ service, onLeaseEnd }: Extract<GatewayEvent, { type: "lease_ended" }>): void {
    const mode = this.#state.services[service]?.mode;
    if (mode?.name !== "hold") return;
    const { leaseEndsAt } = mode;
    this.#dispatchUntilDurable({ type: "lease_ended", service, leaseEndsAt, onLeaseEnd }, FIRST_RETRY_MS);
  }

  /** The gateway has acted already, so the record of it is tried until the disk takes it. */
  #dispatchUntilDurable(input: CommandInput, retryInMs: number): void {
    this.dispatch(input, { actor: "holdgate", from: "gateway" }).catch((err: unknown) => {
      const again = err instanceof GatewayError && err.code === "state_unwritable" && !this.#closing;
      this.#log.error({ err, retryInMs: again ? retryInMs : null }, `${input.type} could not be recorded`);
      if (!again) return;
      const timer = this.#clock.after(retryInMs, () => {
        this.#retries.delete(timer);
        this.#dispatchUntilDurable(input, Math.min(retryInMs * 2, LONGEST_RETRY_MS));
      });
      this.#retries.add(timer);
    });
  }
}

async function openAudit(dataDir: string, { settings, log = silentLog }: ControlOptions): Promise<AuditLog> {
  try {
    return await AuditLog.open(dataDir, settings.audit, { log });
  } catch (error) {
    const file = join(dataDir, "audit.jsonl");
    throw new GatewayError("state_unwritable", `cannot open ${file}; make it writable`, { cause: error });
  }
}

function asGatewayError(error: unknown, action: string): GatewayError {
  if (error instanceof GatewayError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new GatewayError("internal", `${action} failed: ${reason}`, { cause: error });
}
