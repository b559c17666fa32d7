import { expect, test } from "vitest";
import type { OperationOf } from "../../../src/upgrade/operations/operation.ts";
import { startContainer } from "../../../src/upgrade/operations/start-container.ts";
import { stopContainer } from "../../../src/upgrade/operations/stop-container.ts";
import { eventually } from "../../support/eventually.ts";
import { common, onEngine } from "./on-engine.ts";

const on = onEngine("broken-off-stop");
// Takes its time to end, as an app that finishes its requests.
const SLOW = "trap 'echo told; sleep 1; exit 0' TERM; while :; do sleep 0.05; done";

test("a container whose stop was broken off runs when that is undone, and does not end a little later", async () => {
  const container = await on.container("app", SLOW);
  const operation: OperationOf<"stop-container"> = {
    ...common("stop.app"),
    kind: "stop-container",
    container,
    graceMs: 10_000,
    signal: null,
    wasRunning: true,
  };
  const before = (await on.engine.containers.inspect(container.id))?.State.StartedAt;
  const late = new AbortController();
  const context = on.context({ signal: late.signal });
  const stopping = stopContainer.perform(operation, context);
  await eventually(async () => expect(await linesOf(container.id)).toContain("told"));
  late.abort(new Error("out of time"));
  await expect(stopping).rejects.toThrow("out of time");

  for (const effect of stopContainer.inverse(operation, undefined, context.notes)) {
    const undo = { ...effect, id: `undo.${effect.kind}`, step: "stop" };
    if (undo.kind === "stop-container") await stopContainer.perform(undo, on.context());
    if (undo.kind === "start-container") await startContainer.perform(undo, on.context());
  }
  const after = (await on.engine.containers.inspect(container.id))?.State;
  expect(after?.Running).toBe(true);
  // By a start of its own: the one that was told to end has ended.
  expect(after?.StartedAt).not.toBe(before);
});

async function linesOf(id: string): Promise<string[]> {
  const lines: string[] = [];
  await on.engine.containers.logs(id, { follow: false, tail: null }, ({ text }) => lines.push(text));
  return lines;
}
