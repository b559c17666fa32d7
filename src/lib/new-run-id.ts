import { randomInt } from "node:crypto";

const LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz";

/** `20261121-105312-k3f9`: sorts by time, and two of one second differ. `wallMs` is now, in UTC. */
export function newRunId(wallMs: number): string {
  const [date = "", time = ""] = new Date(wallMs).toISOString().split(/[T.]/);
  const tail = Array.from({ length: 4 }, () => LETTERS[randomInt(LETTERS.length)]).join("");
  return `${date.replaceAll("-", "")}-${time.replaceAll(":", "")}-${tail}`;
}

/** Names a directory: what comes over the network is looked at first. */
export function isRunId(text: string): boolean {
  return /^\d{8}-\d{6}-[0-9a-z]{4}$/.test(text);
}
