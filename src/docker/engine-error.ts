// What went wrong with a call to the engine, by what can be done about it.

/**
 * - `absent`: there is no such object (404).
 * - `conflict`: its state, its name or its address forbids it (403, 409, a service's version).
 * - `invalid`: the engine does not understand the request (400).
 * - `denied`: a registry wants other credentials, or none were given.
 * - `unreachable`: no answer came, so the call may have been carried out or not.
 * - `failed`: the engine tried and could not, or is in trouble itself (500 and above).
 */
export type EngineErrorKind = "absent" | "conflict" | "invalid" | "denied" | "unreachable" | "failed";

export class EngineError extends Error {
  readonly kind: EngineErrorKind;
  /** Null when no answer came. */
  readonly status: number | null;

  /** @param message what was tried, with what, and what the engine said. */
  constructor(kind: EngineErrorKind, status: number | null, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "EngineError";
    this.kind = kind;
    this.status = status;
  }
}

/** Whether the same call may well succeed a moment later. */
export function isTransient(error: unknown): boolean {
  return error instanceof EngineError && (error.kind === "unreachable" || error.kind === "failed");
}
