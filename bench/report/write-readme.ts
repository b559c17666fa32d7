// Puts the tables into README.md, between two comments that stay.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const README = fileURLToPath(new URL("../../README.md", import.meta.url));
const START = "<!-- bench:start -->";
const END = "<!-- bench:end -->";

/** Null when the README can take the tables, else why it cannot; asked before an hour of measuring. */
export function readmeProblem(): string | null {
  if (!existsSync(README)) return "there is no README.md to write the tables into";
  const text = readFileSync(README, "utf8");
  const [start, end] = [text.indexOf(START), text.indexOf(END)];
  return start >= 0 && end > start ? null : `README.md has no lines "${START}" and "${END}" to write between`;
}

export function writeReadme(markdown: string): void {
  const text = readFileSync(README, "utf8");
  const before = text.slice(0, text.indexOf(START) + START.length);
  const after = text.slice(text.indexOf(END));
  writeFileSync(README, `${before}\n\n${markdown}\n\n${after}`);
}
