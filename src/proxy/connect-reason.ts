// Says for people why a connection could not be made.

const REASONS: Record<string, string> = {
  ECONNREFUSED: "refused the connection",
  EHOSTUNREACH: "is not reachable: no route to the host",
  ENETUNREACH: "is not reachable: no route to its network",
  ENOTFOUND: "has a name that is not known (yet)",
  EAI_AGAIN: "has a name that could not be resolved",
  ENOENT: "has no socket file",
  ETIMEDOUT: "did not accept a connection in time",
};

export function connectReason(error: NodeJS.ErrnoException): string {
  const code = error.code ?? error.message;
  return REASONS[code] ?? `could not be connected to (${code})`;
}
