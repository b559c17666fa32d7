/** `read` may look at everything and change nothing. */
export type Scope = "read" | "operate";

/** Who makes a request. */
export interface Principal {
  /** The token's name, or `socket` for the unix socket; the audit log shows it. */
  actor: string;
  scope: Scope;
}
