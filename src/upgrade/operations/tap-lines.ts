// Lines out of a stream of bytes, while they are passed on with back-pressure.

import { Writable } from "node:stream";
import { StringDecoder } from "node:string_decoder";

/** What has no end of line is cut there: a dump of binary data must not be collected as one line. */
const LONGEST_LINE = 8192;

/** Ended only when `onward` has taken everything. */
export function tapLines(onLine: (line: string) => void, onward?: Writable): Writable {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  // Its callbacks tell of its errors; without a listener they would end the process.
  onward?.on("error", () => {});
  const take = (text: string): void => {
    const lines = (rest + text).split(/\r?\n/);
    rest = lines.pop() ?? "";
    lines.forEach(onLine);
    if (rest.length < LONGEST_LINE) return;
    onLine(rest);
    rest = "";
  };
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      take(decoder.write(chunk));
      if (onward) onward.write(chunk, done);
      else done();
    },
    final(done) {
      take(decoder.end());
      if (rest !== "") onLine(rest);
      if (onward) onward.end(done);
      else done();
    },
    destroy(error, done) {
      // Ended in order, it is its owner's to close.
      if (error) onward?.destroy(error);
      done(error);
    },
  });
}
