// The body of a write, bounded and as JSON. A missing body is `{}` and the Content-Type is not asked for,
// so that `curl -X POST …/admin/hold` and `curl -d '{"lease":"3m"}'` do what their writer meant. The checks of
// Host, Origin and token stand before it, so no HTML form can make use of that.

import { createMiddleware } from "hono/factory";
import { GatewayError } from "../../lib/gateway-error.ts";
import type { AdminEnv } from "../admin-env.ts";

const LARGEST_BODY_BYTES = 64 * 1024;
/** Plans, and reports of runs with all their steps. */
const LARGEST_UPGRADE_BYTES = 256 * 1024;
const WITH_BODY: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH"]);

export function readJsonBody() {
  return createMiddleware<AdminEnv>(async function readBody(c, next) {
    // Kept before the request is replaced: this is the one that the server aborts.
    c.set("clientLeft", c.req.raw.signal);
    const text = WITH_BODY.has(c.req.method) ? await readWhole(c.req.raw.body, limitFor(c.req.path)) : "";
    c.set("bodyText", text);
    if (WITH_BODY.has(c.req.method)) c.req.raw = withJson(c.req.raw, text);
    await next();
  });
}

/** A client that leaves in the middle of its body is no failure of ours, so it must not be logged as one. */
async function readWhole(body: ReadableStream<Uint8Array> | null, limitBytes: number): Promise<string> {
  try {
    return await readText(body, limitBytes);
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause;
    throw new GatewayError("bad_request", "the body ended before it was whole", { cause });
  }
}

function limitFor(path: string): number {
  return path.startsWith("/admin/upgrades") ? LARGEST_UPGRADE_BYTES : LARGEST_BODY_BYTES;
}

async function readText(body: ReadableStream<Uint8Array> | null, limitBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > limitBytes) {
      throw new GatewayError("body_too_large", `the body is larger than ${limitBytes / 1024} KiB`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function withJson(request: Request, text: string): Request {
  const body = text.trim() === "" ? "{}" : text;
  refuseMalformed(body);
  const headers = new Headers(request.headers);
  headers.set("Content-Type", "application/json");
  return new Request(request.url, { method: request.method, headers, body });
}

function refuseMalformed(text: string): void {
  try {
    JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GatewayError("bad_request", `the body is not JSON: ${reason}`, { cause });
  }
}
