import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ServiceSpec, TaskInspect } from "../../../src/docker/engine.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { DirectoryProcessHost } from "../../../src/process/directory-process-host.ts";
import { findEnded } from "../../../src/upgrade/checks/find-ended.ts";
import { findRestarts, markRestarts } from "../../../src/upgrade/checks/restarts.ts";
import { runCheck } from "../../../src/upgrade/checks/run-check.ts";
import { FakeEngine } from "../../support/docker/fake-engine.ts";
import { eventually } from "../../support/eventually.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { lookContext } from "../../support/upgrade/perform-context.ts";
import { checkContext, processTarget, reasonOf } from "./check-context.ts";

async function startProcess(script: string, key = "earlier/start") {
  const directory = join(await temporaryDirectory(), "processes");
  const processes = new DirectoryProcessHost({ directory, clock: systemClock });
  const command = ["sh", "-c", script];
  await processes.start("app", key, { command, cwd: null, env: {}, about: {} });
  onTestFinished(() => processes.stop("app", 0));
  const targets = processTarget("http://127.0.0.1:9");
  return checkContext(lookContext({ processes }), { targets });
}

describe("a process", () => {
  test("that has ended is told with its exit code and what it wrote last", async () => {
    const context = await startProcess("echo booting; echo no such table >&2; exit 4");
    await eventually(async () => {
      expect(await findEnded(["app"], context)).toBe(
        "app has exited with code 4; the last lines of its log:\n  no such table",
      );
    });
  });

  test("that this run has started is looked for also when the step names nobody", async () => {
    const ofRun = await startProcess("exit 1", "20260101-000000-test/replace-app.start");
    await eventually(async () => {
      expect(await findEnded([], ofRun)).toBe("app has exited with code 1, and has written nothing");
    });
    const earlier = await startProcess("exit 1");
    await eventually(async () => expect(await findEnded(["app"], earlier)).not.toBeNull());
    expect(await findEnded([], earlier)).toBeNull();
  });

  test("that ran at the beginning must not end", async () => {
    const context = await startProcess("sleep 600");
    const marks = await markRestarts(["app"], context);
    expect(await findRestarts(["app"], marks, context)).toEqual({ count: 0, names: [], ended: null });
    await context.world.processes.stop("app", 0);
    await eventually(async () => {
      expect((await findRestarts(["app"], marks, context)).ended).toMatch(/^app (was killed|has exited)/);
    });
  });

  test("has a log too", async () => {
    const context = await startProcess("echo listening; sleep 600");
    const log = { kind: "log", target: "app", pattern: "^listening$", must: "appear" } as const;
    await eventually(async () => expect(reasonOf(await runCheck(log, context))).toBe("good"));
    const none = { ...log, must: "not-appear" } as const;
    expect(reasonOf(await runCheck(none, context))).toContain('the log of app has "listening"');
  });
});

describe("a Swarm service", () => {
  function service() {
    const engine = new FakeEngine();
    const spec: ServiceSpec = {
      Name: "chat",
      Labels: {},
      TaskTemplate: { ContainerSpec: { Image: "chat:1" } },
      Mode: { Replicated: { Replicas: 1 } },
    };
    const { ID } = engine.services.add(spec);
    const tasks: TaskInspect[] = [];
    engine.services.tasksOf = () => tasks;
    const targets = { chat: { kind: "swarm", service: ID, name: "chat", host: null } } as const;
    return { engine, tasks, context: checkContext(lookContext({ engine }), { targets }) };
  }

  function task(ID: string, State: string, DesiredState = "running"): TaskInspect {
    const Status = { State, Timestamp: "", Err: State === "failed" ? "task: non-zero exit (1)" : "" };
    const Spec = { ContainerSpec: { Image: "chat:1" } };
    return { ID, ServiceID: "", NodeID: "", CreatedAt: "", DesiredState, Status, Spec };
  }

  test("is healthy when all tasks run that are meant to", async () => {
    const { tasks, context } = service();
    const look = async () => reasonOf(await runCheck({ kind: "docker", target: "chat" }, context));
    expect(await look()).toBe("no task of chat is meant to run");
    tasks.push(task("1", "failed", "shutdown"), task("2", "running"), task("3", "failed"));
    expect(await look()).toBe("1 of 2 tasks of chat do not run, one is failed: task: non-zero exit (1)");
    tasks.pop();
    expect(await look()).toBe("good");
  });

  test("restarts with every task that ends by itself, and not with one that is shut down", async () => {
    const { tasks, context } = service();
    tasks.push(task("1", "failed", "shutdown"), task("2", "running"));
    const marks = await markRestarts(["chat"], context);
    tasks.push(task("3", "shutdown", "shutdown"), task("4", "failed", "shutdown"), task("5", "complete"));
    const restarts = await findRestarts(["chat"], marks, context);
    expect(restarts).toEqual({ count: 2, names: ["chat"], ended: null });
  });

  test("has no address for a path", async () => {
    const { context } = service();
    const tcp = { kind: "tcp", address: { target: "chat", port: 80 } } as const;
    expect(reasonOf(await runCheck(tcp, context))).toContain("is a Swarm service: give host:port");
  });
});
