import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { StartStep } from "../../src/process/directory-process-host.ts";
import { eventually } from "../support/eventually.ts";
import { openProcessHost, shell } from "./open-process-host.ts";

const CHILD = fileURLToPath(new URL("start-child.ts", import.meta.url));
const KILL_POINTS: StartStep[] = ["described", "current", "spawned", "claimed"];

/** Says in a file that it ran, and stays. */
const marking = (directory: string): string => `echo ran >>${directory}/marks; exec sleep 60`;

async function startAndDie(directory: string, killPoint: StartStep, script: string): Promise<void> {
  const args = [CHILD, `${directory}/processes`, killPoint, "app", "k", "sh", "-c", script];
  const child = spawn(process.execPath, args, { stdio: "ignore" });
  expect(await once(child, "exit")).toEqual([null, "SIGKILL"]);
}

describe("a starter that is killed", () => {
  test.each(KILL_POINTS)("once it is %s: the next start makes it exactly one command", async (killPoint) => {
    const { host, directory } = await openProcessHost();
    await startAndDie(directory, killPoint, marking(directory));
    const started = await host.start("app", "k", shell(marking(directory)));
    expect(started.state.name).toBe("running");
    await eventually(async () => expect(await readFile(`${directory}/marks`, "utf8")).toBe("ran\n"));
    expect((await host.find("app"))?.state).toEqual(started.state);
  });

  // Killed before the name means this start, it has left nothing to stop.
  test.each(KILL_POINTS.slice(1))(
    "once it is %s: after a stop nothing runs, and nothing starts late",
    async (killPoint) => {
      const { host, directory } = await openProcessHost();
      await startAndDie(directory, killPoint, marking(directory));
      await host.stop("app", 5000);
      expect((await host.find("app"))?.state.name).not.toBe("running");
      const again = await host.start("app", "k", shell(marking(directory)));
      expect(again.state.name).not.toBe("running");
    },
  );
});

test("of many starters with one key, one command runs", async () => {
  const { host, directory } = await openProcessHost();
  const starts = Array.from({ length: 8 }, () => host.start("app", "k", shell(marking(directory))));
  const states = (await Promise.all(starts)).map(({ state }) => state);
  expect(new Set(states.map((state) => JSON.stringify(state))).size).toBe(1);
  await eventually(async () => expect(await readFile(`${directory}/marks`, "utf8")).toBe("ran\n"));
});

test("a command that has ended is not run again by its key", async () => {
  const { host, directory } = await openProcessHost();
  const once = shell(`echo ran >>${directory}/marks; exit 5`);
  await host.start("app", "k", once);
  expect(await host.wait("app")).toBe(5);
  const again = await host.start("app", "k", once);
  expect(again.state).toEqual({ name: "ended", exitCode: 5 });
  expect(await readFile(`${directory}/marks`, "utf8")).toBe("ran\n");
});
