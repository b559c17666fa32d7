// The output of a command that has ended: what it said aloud must not stay on the disk.

import { createReadStream } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { StringDecoder } from "node:string_decoder";

/** Of a line without an end. */
const LONGEST_PART = 2 ** 20;

/** Left as it is when there is nothing to take out. */
export async function redactFile(path: string, redact: (text: string) => string): Promise<void> {
  const beside = `${path}.redacted`;
  const file = await open(beside, "w", 0o600);
  let isChanged = false;
  try {
    for await (const part of partsOf(path)) {
      const shown = redact(part);
      isChanged ||= shown !== part;
      await file.writeFile(shown);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  await (isChanged ? rename(beside, path) : rm(beside));
}

/** Whole lines, as many as there are. */
async function* partsOf(path: string): AsyncGenerator<string> {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  for await (const chunk of createReadStream(path)) {
    rest += decoder.write(chunk);
    const end = rest.length > LONGEST_PART ? rest.length : rest.lastIndexOf("\n") + 1;
    if (end > 0) yield rest.slice(0, end);
    rest = rest.slice(end);
  }
  yield rest + decoder.end();
}
