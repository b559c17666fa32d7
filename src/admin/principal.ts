/** `read` may look at everything and change nothing. */
export type Scope = "read" | "operate";

/** Who makes a request. */
export interface Principal {
  /** The token's name, or `socket` for the unix socket; the audit log shows it. */
  actor: string;
  scope: Scope;
  /** Milliseconds since 1970; absent: its token never expires. */
  expiresAt?: number;
  /** Aborts when the token is revoked; absent: there is none. */
  revoked?: AbortSignal;
}
