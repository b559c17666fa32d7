// Messages, as lines of JSON that are only ever appended, so that a test can count what was stored how often.

import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";

export interface StoredMessage {
  id: string;
  text: string;
}

export function appendLine(file: string, value: object): void {
  mkdirSync(dirname(file), { recursive: true });
  appendFileSync(file, `${JSON.stringify(value)}\n`);
}

export function readText(file: string): string {
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

export function readMessages(file: string): StoredMessage[] {
  const lines = readText(file).split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line));
}
