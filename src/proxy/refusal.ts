// What the engine refuses by itself. Ambiguity is refused, never repaired: a head that two parsers may
// read in two ways is how requests are smuggled (RFC 9112 §11).

export interface Refusal {
  readonly status: 400 | 408 | 413 | 414 | 426 | 431 | 501 | 502 | 505 | 508;
  /** A stable word for metrics. */
  readonly reason: string;
  /** For the person who reads the answer. */
  readonly detail: string;
}

export function refusal(status: Refusal["status"], reason: string, detail: string): Refusal {
  return { status, reason, detail };
}

export function isRefusal(value: object): value is Refusal {
  return "detail" in value && "reason" in value;
}
