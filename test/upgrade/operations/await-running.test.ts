import { createServer, type Server } from "node:net";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { awaitRunning } from "../../../src/upgrade/operations/await-running.ts";
import type { OperationOf } from "../../../src/upgrade/operations/operation.ts";
import { stopContainer } from "../../../src/upgrade/operations/stop-container.ts";
import { FakeEngine } from "../../support/docker/fake-engine.ts";
import { eventually } from "../../support/eventually.ts";
import { listen } from "../../support/listen.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { performContext, type TestContext } from "../../support/upgrade/perform-context.ts";

const common = { id: "undo.replace-app.stop-old.1.runs", step: "replace-app", cause: "it ran before" };

let engine: FakeEngine;
let clock: ManualClock;
let context: TestContext;
let app: { id: string; name: string };

beforeEach(() => {
  engine = new FakeEngine();
  clock = new ManualClock();
  // Its ports are those of this machine, where the test can listen.
  const body = { Image: "app:1", HostConfig: { NetworkMode: "host" } };
  app = { id: engine.containers.add({ name: "app", body }).inspect.Id, name: "app" };
  context = performContext({ engine, clock });
});

function awaiting(ports: number[]): OperationOf<"await-running"> {
  return { ...common, kind: "await-running", container: app, ports, waitMs: 60_000 };
}

function stopping(port: number): OperationOf<"stop-container"> {
  const how = { graceMs: null, signal: null, wasRunning: true, port };
  return { ...common, kind: "stop-container", container: app, ...how };
}

async function listening(): Promise<{ server: Server; port: number }> {
  const server = createServer((socket) => void socket.end());
  const port = await listen(server);
  onTestFinished(() => void server.close());
  return { server, port };
}

describe("a container that a run stops", () => {
  test("is started on the way back as one that accepted connections, if it did", async () => {
    const { port } = await listening();
    const outcome = await stopContainer.perform(stopping(port), context);
    expect(outcome).toEqual({ wasRunning: true, answered: [port] });
    expect(stopContainer.inverse(stopping(port), undefined, context.notes)).toMatchObject([
      { kind: "stop-container" },
      { kind: "start-container", answered: [port] },
    ]);
  });

  test("is not waited for at a port at which it never answered", async () => {
    const { server, port } = await listening();
    server.close();
    expect(await stopContainer.perform(stopping(port), context)).toEqual({ wasRunning: true, answered: [] });
  });
});

describe("one that was started again", () => {
  test("is waited for until it accepts connections", async () => {
    const { server, port } = await listening();
    server.close();
    const waiting = awaitRunning.perform(awaiting([port]), context);
    await eventually(() => expect(context.progressed.at(-1)?.text).toContain("refused the connection"));
    await listen(server, port);
    clock.advance(250);
    expect(await waiting).toEqual({ id: app.id });
  });

  test("and has ended since is started once more", async () => {
    engine.containers.exit(app.id, 1);
    const waiting = awaitRunning.perform(awaiting([]), context);
    await eventually(() => expect(context.lines).toEqual(["app had ended with 1; starting it again"]));
    clock.advance(250);
    expect(await waiting).toEqual({ id: app.id });
    expect(engine.containers.find("app")?.inspect.State.Running).toBe(true);
  });

  test("and never answers fails, saying where it did", async () => {
    const { server, port } = await listening();
    server.close();
    const waiting = awaitRunning.perform(awaiting([port]), context);
    await eventually(() => expect(context.progressed).toHaveLength(1));
    clock.advance(60_000);
    await expect(waiting).rejects.toThrow(
      `app does not run and answer at ${port} as it did before, within 1m: 127.0.0.1:${port} refused the connection`,
    );
  });
});
