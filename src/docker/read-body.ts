// The whole body of an answer, within a bound. An answer that breaks off is no answer.

import type { IncomingMessage } from "node:http";
import type { EngineCall } from "./engine-call.ts";
import { toUnreachable } from "./to-engine-error.ts";

// A list of thousands of containers has a few MiB.
const LIMIT_BYTES = 64 * 1024 * 1024;

export async function readBody(call: EngineCall, response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > LIMIT_BYTES) throw new Error(`the answer is longer than ${LIMIT_BYTES} bytes`);
      chunks.push(chunk);
    }
  } catch (cause) {
    call.signal?.throwIfAborted();
    throw toUnreachable(call, cause);
  }
  call.signal?.throwIfAborted();
  return Buffer.concat(chunks).toString("utf8");
}
