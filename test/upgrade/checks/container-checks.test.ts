import { describe, expect, test } from "vitest";
import { findEnded } from "../../../src/upgrade/checks/find-ended.ts";
import { runCheck } from "../../../src/upgrade/checks/run-check.ts";
import type { Check } from "../../../src/upgrade/plan/check.ts";
import { eventually } from "../../support/eventually.ts";
import { onEngine } from "../operations/on-engine.ts";
import { checkContext, containerTarget, httpCheck, reasonOf } from "./check-context.ts";

const on = onEngine("checks");
const HTTPD = "echo ok >/tmp/health; echo listening; exec httpd -f -p 8080 -h /tmp";

/** Checks of a container that runs `script`, as the target `app`. */
async function app(part: string, script?: string, port?: number) {
  const container = await on.container(part, script);
  const target = containerTarget([container], port === undefined ? {} : { port });
  // The run had begun before.
  const run = { startedAtMs: Date.now() - 60_000 };
  const context = checkContext(on.context({ run }), { targets: { app: target } });
  const look = async (check: Check) => reasonOf(await runCheck(check, context));
  return { container, context, look };
}

describe("a container", () => {
  test("is asked at its address, once it has one", async () => {
    const { container, look } = await app("web", HTTPD, 8080);
    const check = httpCheck({ url: "/health", target: "app", body: "ok" });
    await eventually(async () => expect(await look(check)).toBe("good"));
    expect(await look({ kind: "tcp", address: { target: "app", port: 8080 } })).toBe("good");
    expect(await look({ kind: "tcp", address: { target: "app", port: 8081 } })).toMatch(/:8081 refused the/);
    await on.engine.containers.stop(container.id, { timeoutS: 0 });
    expect(await look(check)).toBe(`${container.name} is exited, so it has no address`);
  });

  test("without a port that can be told must be given one", async () => {
    const { container, look } = await app("portless");
    expect(await look(httpCheck({ target: "app" }))).toBe(
      `${container.name} exposes no TCP port; give its target a port`,
    );
  });

  test("is healthy by its own health check; without one when it runs", async () => {
    const { container, look } = await app("health");
    expect(await look({ kind: "docker", target: "app" })).toBe("good");
    await on.engine.containers.pause(container.id);
    expect(await look({ kind: "docker", target: "app" })).toBe(`${container.name} is paused`);
    await on.engine.containers.unpause(container.id);
    await on.engine.containers.remove(container.id, { force: true, volumes: false });
    expect(await look({ kind: "docker", target: "app" })).toBe(
      `there is no container ${container.name} any more`,
    );
  });
});

describe("a command in a container", () => {
  const exec = (script: string, over: Partial<Extract<Check, { kind: "exec" }>> = {}): Check => {
    return { kind: "exec", target: "app", command: ["sh", "-c", script], exitCode: 0, stdout: null, ...over };
  };

  test("is good by its exit code and by what it prints", async () => {
    const { look } = await app("exec");
    expect(await look(exec("echo pong", { stdout: "pong" }))).toBe("good");
    expect(await look(exec("exit 4", { exitCode: 4 }))).toBe("good");
    expect(await look(exec("echo no db >&2; exit 2"))).toMatch(/the exit code is 2 instead of 0: "no db"$/);
    expect(await look(exec("echo pang", { stdout: "pong" }))).toMatch(/the output has no "pong": "pang"$/);
    expect(await look(exec("yes | head -c 3000000"))).toBe("good");
  });
});

describe("a line of a log", () => {
  const log = (pattern: string, must: "appear" | "not-appear"): Check => {
    return { kind: "log", target: "app", pattern, must };
  };

  test("that must appear counts from the start of a container of this run", async () => {
    const { look, container } = await app("log", "echo ready in 3s; sleep 600");
    await eventually(async () => expect(await look(log("ready in \\d+s", "appear"))).toBe("good"));
    expect(await look(log("ready at last", "appear"))).toBe(
      `no line of the log of ${container.name} matches /ready at last/`,
    );
  });

  test("that must not appear counts from the beginning of the step", async () => {
    const { context, look } = await app("panic", "echo panic: no db; sleep 600");
    await eventually(async () => expect(await look(log("panic", "appear"))).toBe("good"));
    context.since = Date.now() + 1000;
    expect(await look(log("panic", "not-appear"))).toBe("good");
    context.since = Date.now() - 60_000;
    const reason = await look(log("panic", "not-appear"));
    expect(reason).toContain('has "panic: no db", and no line may match /panic/');
  });
});

describe("what has ended", () => {
  test("is told with its exit code and its last lines", async () => {
    const { container, context } = await app("ended", "echo migrating; echo no such table >&2; exit 3");
    const ended = await eventually(async () => {
      const found = await findEnded(["app"], context);
      expect(found).not.toBeNull();
      return found;
    });
    expect(ended).toContain(`${container.name} has exited with code 3; the last lines of its log:`);
    expect(ended).toContain("\n  no such table");
  });

  test("is looked for among what the run has made, when the step names nobody", async () => {
    const old = await on.container("old", "exit 1");
    const made = await on.container("new", "exit 2");
    const world = on.context({ made: { "replace.create": made.id } });
    const ref = { madeBy: "replace.create", name: made.name };
    const notYet = { madeBy: "later.create", name: "later" };
    const targets = { app: { ...containerTarget([old]), containers: [old, ref, notYet] } };
    const context = checkContext(world, { targets });
    await eventually(async () => {
      expect(await findEnded([], context)).toBe(
        `${made.name} has exited with code 2, and has written nothing`,
      );
    });
  });
});
