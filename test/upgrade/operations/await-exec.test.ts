import { expect, test } from "vitest";
import { awaitExec } from "../../../src/upgrade/operations/await-exec.ts";
import { exec } from "../../../src/upgrade/operations/exec.ts";
import type { OperationOf } from "../../../src/upgrade/operations/operation.ts";
import { eventually } from "../../support/eventually.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { common, onEngine, type Ref } from "./on-engine.ts";

const on = onEngine("await-exec");

function execOf(container: Ref, script: string): OperationOf<"exec"> {
  const how = { user: null, workdir: null, env: {}, output: null, successCodes: [0] };
  return { ...common("work.run"), kind: "exec", container, command: ["sh", "-c", script], ...how };
}

/** Begun, and then given up by the step's deadline; the operations that undo it. */
async function outOfTime(container: Ref, script: string): Promise<OperationOf<"await-exec">[]> {
  const late = new AbortController();
  const context = on.context({ signal: late.signal });
  const operation = execOf(container, `echo began; ${script}`);
  const run = exec.perform(operation, context);
  await eventually(() => expect(context.lines).toContain("began"));
  late.abort(new Error("out of time"));
  await expect(run).rejects.toThrow("out of time");
  return exec.inverse(operation, undefined, context.notes).flatMap((effect) => {
    return effect.kind === "await-exec" ? [{ ...effect, id: "undo.work.run.1", step: "work" }] : [];
  });
}

test("a rollback waits for a command that was given up and still works", async () => {
  const container = await on.container("works");
  const [undo] = await outOfTime(container, "sleep 1; echo done >>/marks; exit 3");
  if (undo === undefined) throw new Error("its undoing waits for nothing");
  expect(await awaitExec.perform(undo, on.context())).toEqual({ exitCode: 3 });
  expect((await on.sandbox.exec(container.id, "cat", "/marks")).output).toBe("done\n");
});

test("one that does not end is a matter for a person, who is told where it runs", async () => {
  const [undo] = await outOfTime(await on.container("hangs"), "sleep 600");
  if (undo === undefined) throw new Error("its undoing waits for nothing");
  const clock = new ManualClock();
  const context = on.context({ clock });
  const waiting = awaitExec.perform(undo, context);
  await eventually(() => expect(clock.pendingTimers).toBe(1));
  clock.advance(60_000);
  await expect(waiting).rejects.toThrow(/sh in .* still runs after 1m more \(pid \d+ .*then resume/);
});

test("one that ended, or never began, or whose container the run has made, is not waited for", async () => {
  const container = await on.container("ended");
  const operation = execOf(container, "exit 3");
  const context = on.context();
  await expect(exec.perform(operation, context)).rejects.toThrow("exited with 3");
  const [undo] = exec.inverse(operation, undefined, context.notes);
  if (undo?.kind !== "await-exec") throw new Error("its undoing does not look");
  expect(await awaitExec.perform({ ...undo, id: "undo", step: "work" }, on.context())).toEqual({
    exitCode: 3,
  });

  expect(exec.inverse(operation, undefined, {})).toEqual([]);
  expect(exec.inverse(operation, { exitCode: 0 }, context.notes)).toEqual([]);
  const made = { madeBy: "replace-app.create-new", name: "app" };
  expect(exec.inverse({ ...operation, container: made }, undefined, context.notes)).toEqual([]);
});
