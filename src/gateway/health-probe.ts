// Asks one address of an upstream for its health, once.

import type { ClientRequest, IncomingMessage } from "node:http";
import type { HealthSettings } from "../config/settings.ts";
import type { Clock } from "../lib/clock.ts";
import { isNobodyThere } from "../proxy/connect-reason.ts";
import { addressLabel, probeRequest } from "./probe-request.ts";

export type ProbeResult =
  | { good: true; version: string | null }
  /** `nobodyThere`: whoever answered there is gone (connect-reason.ts). */
  | { good: false; reason: string; nobodyThere?: boolean };

export interface HealthProbe {
  url: string;
  settings: HealthSettings;
  clock: Clock;
  /** Ends the probe early; what it then resolves to means nothing. */
  signal: AbortSignal;
}

// More than a health answer needs; a probe of `/` may meet a whole page, whose rest does not matter.
const MAX_BODY_BYTES = 64 * 1024;

/** Never rejects: whatever goes wrong makes a bad result, with the reason in words for the operator. */
export async function probeHealth({ url, settings, clock, signal }: HealthProbe): Promise<ProbeResult> {
  const { path, host, timeoutMs } = settings;
  const cut = new AbortController();
  const stop = () => cut.abort("the probe was stopped");
  const timer = clock.after(timeoutMs, () =>
    cut.abort(`GET ${path} was not answered within ${timeoutMs} ms`),
  );
  signal.addEventListener("abort", stop);
  try {
    return await judge(probeRequest({ url, path, host }, { signal: cut.signal }), settings);
  } catch (error) {
    const reason: unknown = cut.signal.reason;
    if (typeof reason === "string") return { good: false, reason };
    const failed = { good: false, reason: failureReason(url, path, error) } as const;
    return isNobodyThere(error) ? { ...failed, nobodyThere: true } : failed;
  } finally {
    timer.cancel();
    signal.removeEventListener("abort", stop);
  }
}

async function judge(request: ClientRequest, settings: HealthSettings): Promise<ProbeResult> {
  const { path, status, version } = settings;
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request.once("response", resolve);
      // Stays for what the socket may say after the answer: an error that nobody hears ends the process.
      request.on("error", reject);
    });
    const code = response.statusCode ?? 0;
    const body = await readBody(response);
    if (code < status.from || code > status.to)
      return { good: false, reason: `GET ${path} answered ${code}` };
    return { good: true, version: version === null ? null : readVersion(body, version) };
  } finally {
    request.destroy();
  }
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= MAX_BODY_BYTES) break;
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** What stands at a path such as `.build.version`; null when the body is no JSON or has nothing there. */
function readVersion(body: string, path: string): string | null {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return null;
  }
  for (const key of path.split(".").slice(1)) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return null;
    value = Reflect.get(value, key);
  }
  return typeof value === "string" || typeof value === "number" ? String(value) : null;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function failureReason(url: string, path: string, error: unknown): string {
  const code = codeOf(error);
  const label = addressLabel(url);
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
    case "EACCES":
      return `${label} may not be opened`;
    case "ECONNRESET":
    case "EPIPE":
      return `${label} closed the connection before it had answered`;
    default:
      if (code.startsWith("HPE_")) return `GET ${path} was answered with something that is not HTTP`;
      return `GET ${path} failed: ${error instanceof Error ? error.message : String(error)}`;
  }
}
