import { GatewayError } from "../lib/gateway-error.ts";

/** What a failed connection means to an operator; `tried` names the address and how it was found. */
export function unreachableError(tried: string, cause: Error): GatewayError {
  const message = `cannot reach the gateway at ${tried}: ${reasonOf(cause)}; ${remedyFor(cause)}`;
  return new GatewayError("admin_unreachable", message, { cause });
}

function reasonOf(error: Error): string {
  switch (errnoOf(error)) {
    case "ENOENT":
      return "there is no such socket";
    case "ECONNREFUSED":
      return "the connection was refused";
    case "ENOTFOUND":
      return "the name is not known";
    case "EACCES":
    case "EPERM":
      return "permission denied";
    case "ECONNRESET":
      return "the connection was closed before an answer came";
    default:
      return error.message;
  }
}

function remedyFor(error: Error): string {
  const errno = errnoOf(error);
  if (errno === "EACCES" || errno === "EPERM") return "run this as the user that runs the gateway";
  return "is it running? Start it with `holdgate run`, or name it with --admin";
}

function errnoOf(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : "";
}
