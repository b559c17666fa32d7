import { describe, expect, test } from "vitest";
import type { OperationOf } from "../../../src/upgrade/operations/operation.ts";
import { readPending } from "../../../src/upgrade/operations/read-pending.ts";
import { readSchema } from "../../../src/upgrade/operations/read-schema.ts";
import { containerTarget } from "../checks/check-context.ts";
import { common, onEngine, type Ref, shellChange } from "./on-engine.ts";

const on = onEngine("pending");

async function ask(like: Ref, script: string) {
  const operation: OperationOf<"read-pending"> = {
    ...common("migrate.pending"),
    kind: "read-pending",
    like,
    image: on.busybox.ref,
    command: ["sh", "-c", script],
    change: shellChange("exit 9"),
  };
  const context = on.context();
  return { outcome: readPending.perform(operation, context), context };
}

describe("what is pending", () => {
  test("is asked in a container of its own, which is gone behind it", async () => {
    const like = await on.container("like");
    const { outcome, context } = await ask(like, "echo 0042_add_column");
    expect(await outcome).toEqual({ pending: true, exitCode: 0 });
    expect(context.lines).toEqual(["0042_add_column"]);
    const left = await on.engine.containers.list({ labels: [`holdgate.sandbox=${on.sandbox.prefix}`] });
    expect(left.map(({ name }) => name)).toEqual([like.name]);
  });

  test("is nothing when nothing is written, or the exit code is 3", async () => {
    const like = await on.container("nothing");
    expect(await (await ask(like, "true")).outcome).toEqual({ pending: false, exitCode: 0 });
    expect(await (await ask(like, "echo no changes; exit 3")).outcome).toEqual({
      pending: false,
      exitCode: 3,
    });
    expect(await (await ask(like, "exit 1")).outcome).toEqual({ pending: true, exitCode: 1 });
  });

  test("cannot be told by a program that is not there", async () => {
    const like = await on.container("missing");
    const { outcome } = await ask(like, "no-such-program");
    await expect(outcome).rejects.toThrow("exited with 127");
  });
});

test("the version of the schema is read by a command, without the space around it", async () => {
  const db = await on.container("db");
  const probe = { kind: "exec", target: "db", command: ["echo", " 42 "] } as const;
  const operation: OperationOf<"read-schema"> = {
    ...common("schema"),
    kind: "read-schema",
    probe: { ...probe, command: [...probe.command] },
    targets: { db: containerTarget([db]) },
  };
  expect(await readSchema.perform(operation, on.context())).toEqual({ schema: "42" });
  const failing = {
    ...operation,
    probe: { ...operation.probe, command: ["sh", "-c", "echo no db >&2; exit 2"] },
  };
  await expect(readSchema.perform(failing as typeof operation, on.context())).rejects.toThrow(
    /ended with exit code 2: "no db"$/,
  );
});
