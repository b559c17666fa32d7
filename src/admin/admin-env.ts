// What travels with each request through the app: where it came from, and what has been found out about it.

import type { Context } from "hono";
import type { Principal } from "./principal.ts";

export interface AdminBindings {
  /** A unix socket is guarded by its file mode, TCP by tokens. */
  transport: "tcp" | "socket";
  /** The client's address, for the audit log. */
  from: string;
  /** The answer's stream; absent when a request comes without a socket. */
  outgoing?: { destroy(): unknown; once?(event: "close", listener: () => void): unknown };
}

export interface AdminVariables {
  principal: Principal;
  /** Aborts when the client leaves before it was answered. */
  clientLeft: AbortSignal;
  /** The body as it came; empty when there was none. */
  bodyText: string;
  /** Control has the request, and records its outcome. */
  dispatched: boolean;
  /** Of a refusal: when it is worth asking again. */
  retryAfterMs: number | undefined;
}

export type AdminEnv = { Bindings: AdminBindings; Variables: AdminVariables };
export type AdminContext = Context<AdminEnv>;
