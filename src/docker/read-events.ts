// The JSON lines with which the engine tells how a pull or a load goes. It has said 200 by then, so that an error
// can only come as a line; and a line that is not understood is an error, because it could be that one.

import { z } from "zod";
import type { EngineCall } from "./engine-call.ts";
import { EngineError } from "./engine-error.ts";
import { toStreamError } from "./to-engine-error.ts";
import { unbroken } from "./unbroken.ts";

const LONGEST_LINE_BYTES = 1024 * 1024;

const eventSchema = z.looseObject({
  status: z.string().optional(),
  stream: z.string().optional(),
  id: z.string().optional(),
  progressDetail: z.looseObject({ current: z.number().optional(), total: z.number().optional() }).nullish(),
  error: z.string().optional(),
  errorDetail: z.looseObject({ message: z.string().optional() }).nullish(),
});

export type EngineEvent = z.output<typeof eventSchema>;

/** Rejects at the first event that tells of an error, at garbage, and when the stream breaks off. */
export async function readEvents(
  call: EngineCall,
  source: AsyncIterable<Buffer>,
  onEvent: (event: EngineEvent) => void,
): Promise<void> {
  for await (const line of linesOf(call, source)) {
    const event = parseEvent(call, line);
    if (event.error !== undefined || (event.errorDetail ?? null) !== null) {
      throw toStreamError(call, event.errorDetail?.message ?? event.error ?? "an error without a message");
    }
    onEvent(event);
  }
}

async function* linesOf(call: EngineCall, source: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest = Buffer.alloc(0);
  for await (const chunk of unbroken(call, source)) {
    let from = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
      yield Buffer.concat([rest, chunk.subarray(from, end)]).toString("utf8");
      rest = Buffer.alloc(0);
      from = end + 1;
    }
    rest = Buffer.concat([rest, chunk.subarray(from)]);
    if (rest.length > LONGEST_LINE_BYTES) throw notUnderstood(call, rest.toString("utf8"));
  }
  yield rest.toString("utf8");
}

function parseEvent(call: EngineCall, line: string): EngineEvent {
  if (line.trim() === "") return {};
  try {
    return eventSchema.parse(JSON.parse(line));
  } catch (cause) {
    throw notUnderstood(call, line, cause);
  }
}

function notUnderstood(call: EngineCall, line: string, cause?: unknown): EngineError {
  const start = line.slice(0, 80);
  const message = `${call.what}: the engine's stream has a line that is not understood: ${start}`;
  return new EngineError("failed", null, message, { cause });
}
