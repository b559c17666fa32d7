// What is written down of requests, and of what people do.

import { z } from "zod";
import type { Parsed } from "./parsed.ts";
import { section } from "./section.ts";
import { byteSize, choice, count, parsedBy, text, yesOrNo } from "./values.ts";

const MOST_FILES = 1_000;
const LARGEST_FILE = { bytes: 64 * 1024 * 1024, text: "64MiB" };

export const auditSchema = section({
  maxBytes: byteSize(LARGEST_FILE)
    .prefault("8MiB")
    .describe("How large `audit.jsonl` gets before it is set aside and a new one is begun; at most 64MiB."),
  files: count()
    .max(MOST_FILES, { error: `expected a whole number of at most ${MOST_FILES}` })
    .prefault(5)
    .describe("How many full files are kept beside it, as `audit.1.jsonl` and so on."),
});

const written = section({
  file: logFile("expected the path of a file")
    .nullable()
    .prefault(null)
    .describe("Where to; null: standard output."),
  format: choice(["json", "combined"])
    .prefault("json")
    .describe("JSON lines, or the format of nginx and Apache with some fields more behind it."),
});

/** A switch, the path of a file, or both with the format. */
export function accessLogSchema() {
  const error = "expected true, false or the path of a file";
  return z.union([yesOrNo(), logFile(error), written], { error });
}

// YAML 1.2 reads these as strings: without this, `accessLog: no` would write a file called "no".
function logFile(error: string) {
  return parsedBy(text(error), (input): Parsed<string> => {
    const looksLikeSwitch = /^(?:y|n|yes|no|on|off|true|false)$/i.test(input);
    return looksLikeSwitch ? { refusal: error } : { meaning: input };
  });
}
