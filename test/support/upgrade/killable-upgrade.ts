// `holdgate upgrade` of a stage, killed at a record of its journal or carried out to its end.

import { mkdtempSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { recordName } from "./record-name.ts";
import { runUpgrade } from "./run-upgrade.ts";
import type { SmallChat } from "./stages/small-chat.ts";

const KILLER = fileURLToPath(new URL("./kill-at-record.ts", import.meta.url));
/** Compiling the program takes half of the time of a short life. */
const COMPILED = mkdtempSync(join(tmpdir(), "hg-compiled-"));

export interface SmallEnd {
  code: number | null;
  /** Null: it was killed. */
  state: string | null;
  run: string;
  message: string;
  stderr: string;
  lines: readonly Record<string, unknown>[];
}

/** @param killAt as kill-at-record.ts takes it */
export async function upgradeSmall(chat: SmallChat, args: readonly string[], killAt = ""): Promise<SmallEnd> {
  const { code, stderr, lines } = await runUpgrade({
    dir: chat.dir,
    args,
    env: { KILL_AT: killAt, NODE_COMPILE_CACHE: COMPILED },
    nodeArgs: ["--import", KILLER],
  });
  const last = lines.findLast(({ type }) => type === "finished");
  const { run = lines[0]?.["id"], state, message } = last ?? {};
  return {
    code,
    state: typeof state === "string" ? state : null,
    run: String(run),
    message: String(message),
    stderr,
    lines,
  };
}

/** Of the records of a run, in order. */
export async function recordNames({ dir }: SmallChat, run: string): Promise<string[]> {
  const journal = await readFile(join(dir, "data/upgrades", run, "journal.jsonl"), "utf8");
  const lines = journal.split("\n").filter((line) => line !== "");
  return lines.map((line) => recordName(JSON.parse(line)));
}
