import type { IncomingMessage } from "node:http";
import { RequestError } from "./request-error.ts";

const LIMIT_BYTES = 16 * 1024;

/** Reads a whole small body; refuses a large one without reading it to its end. */
export async function readJsonBody(request: IncomingMessage): Promise<unknown> {
  const text = await readText(request);
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    throw new RequestError(400, "the body is not JSON");
  }
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Without destroyOnReturn the socket would be gone before the 413 could be written to it.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > LIMIT_BYTES) throw new RequestError(413, `the body is larger than ${LIMIT_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
