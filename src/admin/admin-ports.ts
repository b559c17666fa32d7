// What the admin API needs from the rest, as narrow as it uses it.

import type { Settings } from "../config/settings.ts";
import type { AuditEntry, AuditFilter } from "../control/audit-log.ts";
import type { BypassKeys } from "../control/bypass-keys.ts";
import type { CommandInput } from "../control/commands.ts";
import type { CommandContext } from "../control/control.ts";
import type { EventListener, LoggedEvent } from "../control/event-log.ts";
import type { State } from "../control/state.ts";
import type { ReloadRecord } from "../control/reload-record.ts";
import type { UpgradeBoard } from "../control/upgrade-board.ts";
import type { GatewayPort } from "../gateway/gateway-port.ts";
import type { Clock } from "../lib/clock.ts";
import type { Webhooks } from "../webhooks/webhooks.ts";
import type { Principal } from "./principal.ts";
import type { NewToken } from "./tokens/token-file.ts";
import type { TokenDescription } from "./tokens/tokens.ts";

/** Everything the admin API is made of. */
export interface AdminDeps {
  control: ControlPort;
  gateway: Pick<GatewayPort, "status" | "service">;
  upgrades: UpgradeBoard;
  webhooks: Pick<Webhooks, "status" | "test">;
  tokens: TokensPort;
  reloads: Pick<ReloadRecord, "status">;
  bypassKeys: BypassKeys;
  clock: Clock;
  log: AdminLog;
  /** The version of Holdgate. */
  version: string;
}

export interface ControlPort {
  readonly state: State;
  readonly settings: Settings;
  readonly events: EventsPort;
  readonly audit: AuditPort;
  /** Durable and in effect when it resolves. Throws the refusal as a GatewayError; records both. */
  dispatch(command: CommandInput, context: CommandContext): Promise<Dispatched>;
}

export interface Dispatched {
  state: { readonly version: number };
  /** False: everything was so already. */
  changed: boolean;
}

export interface EventsPort {
  since(id: number): { events: LoggedEvent[]; missed: boolean };
  subscribe(listener: EventListener): () => void;
}

export interface AuditPort {
  append(entry: AuditEntry): Promise<void>;
  /** The newest last. */
  recent(limit: number, filter?: AuditFilter): Promise<AuditEntry[]>;
}

/** Undefined: it is none of ours. */
export type Verified = Principal | "expired" | undefined;

export interface TokensPort {
  verify(token: string): Verified;
  list(): TokenDescription[];
  create(wanted: NewToken): Promise<{ token: string; description: TokenDescription }>;
  revoke(name: string, mayLockOut: boolean): Promise<TokenDescription>;
}

/** What admin needs of a logger; pino's fits as it is. */
export interface AdminLog {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
