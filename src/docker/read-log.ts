// A log as lines, each with the stream that it was written to.

import type { EngineCall } from "./engine-call.ts";
import { demuxStream, rawStream } from "./demux-stream.ts";
import type { LogLine, LogOptions } from "./engine.ts";
import { LineCutter } from "./read-lines.ts";
import { unbroken } from "./unbroken.ts";

export async function readLog(
  call: EngineCall,
  source: AsyncIterable<Buffer>,
  hasTerminal: boolean,
  onLine: (line: LogLine) => void,
): Promise<void> {
  const cutters = {
    stdout: new LineCutter((text) => onLine({ stream: "stdout", text })),
    stderr: new LineCutter((text) => onLine({ stream: "stderr", text })),
  };
  const pieces = hasTerminal ? rawStream(source) : demuxStream(source);
  for await (const { stream, bytes } of unbroken(call, pieces)) cutters[stream].push(bytes);
  cutters.stdout.end();
  cutters.stderr.end();
}

export function logQuery({ follow, tail, since }: LogOptions): Record<string, string | number | boolean> {
  return {
    stdout: true,
    stderr: true,
    follow,
    tail: tail ?? "all",
    ...(since !== undefined && since !== null && { since }),
  };
}
