// Why a connection or a request came to nothing, in words for the operator.

/** @param label who was asked; @param error as Node's sockets and parser give it. */
export function connectionFailure(label: string, error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  switch (code) {
    case "ECONNREFUSED":
      return `${label} refused the connection`;
    case "EHOSTUNREACH":
    case "ENETUNREACH":
    case "ETIMEDOUT":
      return `${label} cannot be reached`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `${label} cannot be resolved`;
    case "ENOENT":
      return `${label} does not exist`;
    case "ECONNRESET":
    case "EPIPE":
      return `${label} closed the connection before it had answered`;
    default:
      if (code.startsWith("HPE_")) return `${label} answered with something that is not HTTP`;
      return `${label}: ${error instanceof Error ? error.message : String(error)}`;
  }
}
