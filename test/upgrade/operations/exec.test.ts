import { readdir, readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { exec } from "../../../src/upgrade/operations/exec.ts";
import type { OperationOf } from "../../../src/upgrade/operations/operation.ts";
import { eventually } from "../../support/eventually.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { resumed } from "../../support/upgrade/perform-context.ts";
import { common, onEngine, type Ref } from "./on-engine.ts";

const on = onEngine("exec");

function execOf(
  container: Ref,
  script: string,
  more: Partial<OperationOf<"exec">> = {},
): OperationOf<"exec"> {
  const nothing = { user: null, workdir: null, env: {}, output: null };
  const command = ["sh", "-c", script];
  return { ...common("work.run"), kind: "exec", container, command, successCodes: [0], ...nothing, ...more };
}

/** How often the script ran: it says so in a file. */
async function marks(container: Ref): Promise<string> {
  return (await on.sandbox.exec(container.id, "cat", "/marks")).output;
}

describe("a command in a container", () => {
  test("its lines are shown, and its output is kept where the plan wants it", async () => {
    const directory = await temporaryDirectory();
    const context = on.context({ run: { directory } });
    const operation = execOf(await on.container("lines"), "echo one; echo two >&2; printf three", {
      output: "out/x",
    });
    const output = `${directory}/out/x`;
    expect(await exec.perform(operation, context)).toEqual({ exitCode: 0, output, outputLost: false });
    expect(context.lines.toSorted()).toEqual(["one", "three", "two"]);
    expect(await readFile(output, "utf8")).toBe("one\nthree");
    expect(await readdir(`${directory}/out`)).toEqual(["x"]);
  });

  test("its exit code must be one of those that are good", async () => {
    const container = await on.container("codes");
    const good = execOf(container, "exit 75", { successCodes: [0, 75] });
    expect(await exec.perform(good, on.context())).toMatchObject({ exitCode: 75 });
    const bad = exec.perform(execOf(container, "echo no >&2; exit 3"), on.context());
    await expect(bad).rejects.toThrow(`sh in ${container.name} exited with 3; its last lines:\n  no`);
  });

  test("its secrets go to it alone", async () => {
    const context = on.context({ secrets: { token: "s3cret-value" } });
    const env = { TOKEN: "${secrets.token}" };
    const outcome = await exec.perform(
      execOf(await on.container("secret"), "echo ${#TOKEN}", { env }),
      context,
    );
    expect(context.lines).toEqual(["12"]);
    expect(JSON.stringify([outcome, context.noted])).not.toContain("s3cret");
  });
});

describe("performed again after a crash", () => {
  test("before it started: it runs, once", async () => {
    const container = await on.container("before");
    const operation = execOf(container, "echo ran >>/marks");
    const id = await on.engine.exec.create(container.id, { command: operation.command });
    await exec.perform(operation, Object.assign(on.context(), { again: true, notes: { exec: id } }));
    expect(await marks(container)).toBe("ran\n");
  });

  test("while it runs: its end is awaited, and that its output is lost is said", async () => {
    const container = await on.container("while");
    const operation = execOf(container, "echo ran >>/marks; sleep 0.7; exit 4", { successCodes: [4] });
    const leaving = new AbortController();
    const context = on.context({ signal: leaving.signal });
    const first = exec.perform(operation, context);
    await eventually(async () => expect(await marks(container)).toBe("ran\n"));
    leaving.abort(new Error("the runner stops"));
    await expect(first).rejects.toThrow("the runner stops");
    const again = Object.assign(on.context(), { again: true, notes: context.notes });
    expect(await exec.perform(operation, again)).toEqual({ exitCode: 4, output: null, outputLost: true });
    expect(await marks(container)).toBe("ran\n");
  });

  test("after it ended: its code counts", async () => {
    const container = await on.container("after");
    const operation = execOf(container, "echo ran >>/marks; exit 3");
    const context = on.context();
    await expect(exec.perform(operation, context)).rejects.toThrow("exited with 3");
    await expect(exec.perform(operation, resumed(context))).rejects.toThrow("exited with 3");
    expect(await marks(container)).toBe("ran\n");
  });

  test("when its container is gone: nobody knows, so a person is asked", async () => {
    const container = await on.container("gone");
    const id = await on.engine.exec.create(container.id, { command: ["true"] });
    await on.engine.containers.remove(container.id, { force: true, volumes: false });
    const again = Object.assign(on.context(), { again: true, notes: { exec: id } });
    const run = exec.perform(execOf(container, "true"), again);
    await expect(run).rejects.toMatchObject({ kind: "needs-a-person" });
  });
});
