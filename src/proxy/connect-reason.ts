// Says why a connection could not be made: for people, and what it means for those who have something there.

const REASONS: Record<string, string> = {
  ECONNREFUSED: "refused the connection",
  EHOSTUNREACH: "is not reachable: no route to the host",
  ENETUNREACH: "is not reachable: no route to its network",
  ENOTFOUND: "has a name that is not known (yet)",
  EAI_AGAIN: "has a name that could not be resolved",
  ENOENT: "has no socket file",
  ETIMEDOUT: "did not accept a connection in time",
};

// Nobody listens at that port, or there is no such socket file. All else may as well be a network, a resolver or a
// gateway in trouble, behind which the process runs on.
const NOBODY_THERE = new Set(["ECONNREFUSED", "ENOENT"]);

/** Whoever answered there is gone, with all that it kept in its memory. */
export function isNobodyThere(error: unknown): boolean {
  // A name with several addresses: it may be behind any of them.
  if (error instanceof AggregateError) return error.errors.length > 0 && error.errors.every(isNobodyThere);
  return error instanceof Error && "code" in error && NOBODY_THERE.has(String(error.code));
}

export function connectReason(error: NodeJS.ErrnoException): string {
  const code = error.code ?? error.message;
  return REASONS[code] ?? `could not be connected to (${code})`;
}
