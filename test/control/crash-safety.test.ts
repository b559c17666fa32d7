// kill -9 at every write of the state file: a fresh start finds the state before the write or the one
// after it, and nothing that was acknowledged is lost.

import { execFile } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { decide } from "../../src/control/commands.ts";
import { Control } from "../../src/control/control.ts";
import { initialState, stateSchema } from "../../src/control/state.ts";
import type { State } from "../../src/control/state.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { SEQUENCE } from "./crash-sequence.ts";
import type { KillPoint } from "./crash-sequence.ts";
import { NOW, RecordingGateway, testSettings } from "./fixtures.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

const CHILD = join(import.meta.dirname, "crash-child.ts");
const NO_MORE_WRITES = SEQUENCE.length + 2;

/** The state after each write: the first one is that of the start. */
const STATES = SEQUENCE.reduce<State[]>(
  (states, command) => {
    const before = states.at(-1) ?? initialState(testSettings());
    const decision = decide(before, { ...command, at: NOW }, testSettings());
    if (!decision.ok) throw new Error(decision.message);
    return [...states, decision.state];
  },
  [initialState(testSettings())],
);

interface Death {
  signal: string | null;
  /** The versions that were acknowledged before it. */
  acknowledged: number[];
}

function runChild(dataDir: string, killPoint: KillPoint, write: number): Promise<Death> {
  return new Promise((resolve, reject) => {
    const args = [CHILD, dataDir, killPoint, String(write)];
    const child = execFile(process.execPath, args, (error, stdout, stderr) => {
      if (stderr !== "") reject(new Error(stderr, { cause: error }));
      else
        resolve({ signal: child.signalCode, acknowledged: stdout.split("\n").filter(Boolean).map(Number) });
    });
  });
}

/** What a fresh start makes of what the killed process left. */
async function startAgain(dataDir: string): Promise<State> {
  const gateway = new RecordingGateway();
  const clock = new ManualClock();
  const control = await Control.open({ settings: testSettings(), dataDir, gateway, clock });
  expect(gateway.last).toEqual(control.snapshot());
  const files = readdirSync(dataDir).toSorted();
  await control.close();
  expect(files).toEqual(["audit.jsonl", "lock", "state.json"]);
  return control.state;
}

function readState(dataDir: string): State | null {
  if (!readdirSync(dataDir).includes("state.json")) return null;
  return stateSchema.parse(JSON.parse(readFileSync(join(dataDir, "state.json"), "utf8")));
}

test("the sequence runs to its end when nothing kills it", async () => {
  const dataDir = temporaryDirectory();
  const death = await runChild(dataDir, "begin", NO_MORE_WRITES);
  expect(death).toEqual({ signal: null, acknowledged: STATES.map(({ version }) => version) });
  expect(readState(dataDir)).toEqual(STATES.at(-1));
});

// Up to the rename the old state stands, from then on the new one.
const KILL_POINTS: [killPoint: KillPoint, found: "old" | "new"][] = [
  ["begin", "old"],
  ["partly_written", "old"],
  ["written", "old"],
  ["synced", "old"],
  ["renamed", "new"],
  ["durable", "new"],
];
const WRITES = STATES.map((state, index) => ({
  number: index + 1,
  before: STATES[index - 1] ?? null,
  after: state,
}));

for (const [killPoint, found] of KILL_POINTS) {
  test.each(WRITES)(
    `a gateway killed at "${killPoint}" of write $number comes back with the ${found} state`,
    async ({ number, before, after }) => {
      const dataDir = temporaryDirectory();
      const { signal, acknowledged } = await runChild(dataDir, killPoint, number);
      expect(signal).toBe("SIGKILL");
      expect(acknowledged).toEqual(STATES.slice(0, number - 1).map(({ version }) => version));
      const left = found === "old" ? before : after;
      expect(readState(dataDir)).toEqual(left);
      expect(await startAgain(dataDir)).toEqual(left ?? STATES[0]);
    },
  );
}
