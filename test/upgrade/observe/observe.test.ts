import { describe, expect, it } from "vitest";
import type { Engine } from "../../../src/docker/engine.ts";
import { EngineError } from "../../../src/docker/engine-error.ts";
import type { HostedProcess } from "../../../src/process/process-host.ts";
import { observe } from "../../../src/upgrade/observe/observe.ts";
import { placesIn, readPlan } from "../../../src/upgrade/plan/read-plan.ts";
import { FakeEngine } from "../../support/docker/fake-engine.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { FakeGatewayDriver } from "../../support/upgrade/fake-gateway-driver.ts";

const BUILT_INS = { run: "r1", service: "chat", active: "blue", idle: null };

function look(text: string, engine: Engine | null, running: HostedProcess | null = null) {
  return observe({
    plan: readPlan(text, "up.yaml", { builtIns: BUILT_INS }),
    engine,
    gateway: new FakeGatewayDriver(new ManualClock()),
    processes: { find: async () => running },
    at: 1_700_000_000_000,
    placeOf: placesIn(text, "up.yaml"),
  });
}

function plan(targets: string, steps = "[{ wait: 1s }]"): string {
  return `name: x\ntargets: ${targets}\nsteps: ${steps}\n`;
}

function engineWith(...names: string[]): FakeEngine {
  const engine = new FakeEngine();
  for (const name of names) engine.containers.add({ name });
  return engine;
}

function compose(service: string, oneOff = "False"): object {
  return {
    "com.docker.compose.project": "chat",
    "com.docker.compose.service": service,
    "com.docker.compose.oneoff": oneOff,
  };
}

function labelled(engine: FakeEngine, name: string, Labels: object): void {
  engine.containers.add({ name, body: { Image: "app:1", Labels } });
}

describe("what a target stands for", () => {
  it("is the container of that very name", async () => {
    const { targets } = await look(plan("{ app: { container: chat } }"), engineWith("chat", "chat-db"));
    expect(targets["app"]).toMatchObject({ kind: "containers", containers: [{ Name: "/chat" }] });
  });

  it("is every container with a label, in the order of their names, and none that a run has set aside", async () => {
    const engine = new FakeEngine();
    const role = { role: "worker" };
    for (const name of ["w-10", "w-2", "w-2.holdgate-old-r0"]) labelled(engine, name, role);
    labelled(engine, "w-2.holdgate-migrate-r0", { ...role, "holdgate.role": "one-off" });
    const { targets } = await look(plan("{ workers: { label: role=worker } }"), engine);
    expect(targets["workers"]).toMatchObject({ containers: [{ Name: "/w-2" }, { Name: "/w-10" }] });
  });

  it("is the task of a Swarm service that runs, and none that has ended", async () => {
    const engine = new FakeEngine();
    for (const name of ["db.1.a", "db.1.b"]) {
      labelled(engine, name, { role: "db", "com.docker.swarm.task.id": name });
    }
    engine.containers.exit("db.1.a", 137);
    const { targets } = await look(plan("{ db: { label: role=db } }"), engine);
    expect(targets["db"]).toMatchObject({ containers: [{ Name: "/db.1.b" }] });
  });

  it("is the containers of a Compose service, without what was run once", async () => {
    const engine = new FakeEngine();
    labelled(engine, "chat-api-1", compose("api"));
    labelled(engine, "chat-db-1", compose("db"));
    labelled(engine, "chat-api-run-1", compose("api", "True"));
    const { targets } = await look(plan("{ app: { compose: { project: chat, service: api } } }"), engine);
    expect(targets["app"]).toMatchObject({ containers: [{ Name: "/chat-api-1" }] });
  });

  it("is a process as it was started, with no engine at all", async () => {
    const about = {
      kind: "process",
      command: ["chat"],
      cwd: null,
      env: {},
      url: null,
      graceMs: 5,
      host: null,
    };
    const process: HostedProcess = {
      name: "app",
      key: "k",
      command: ["chat"],
      cwd: null,
      state: { name: "running", pid: 7 },
      about,
      stdout: "",
      stderr: "",
    };
    const text = plan("{ app: { process: { command: [chat, --new] } } }");
    const { targets, engine } = await look(text, null, process);
    expect(targets["app"]).toEqual({ kind: "process", running: about });
    expect(engine).toBeNull();
    const ended = await look(text, null, { ...process, state: { name: "ended", exitCode: 0 } });
    expect(ended.targets["app"]).toEqual({ kind: "process", running: null });
  });
});

describe("a target that is not there", () => {
  it("is named with its place and with what was meant, and so are all the others", async () => {
    const targets =
      "\n  app: { container: chat-servr }\n  w: { label: role=worker }\n  s: { swarm: chat_api }";
    await expect(look(plan(targets), engineWith("chat-server", "chat-db"))).rejects.toThrow(
      [
        "up.yaml:3:3 targets.app: found no container named chat-servr; did you mean chat-server?",
        "up.yaml:4:3 targets.w: found no container with the label role=worker; the containers are chat-server, chat-db",
        "up.yaml:5:3 targets.s: found no Swarm service named chat_api; there are no services",
      ].join("\n"),
    );
  });

  it("is said to have been left aside by an earlier run", async () => {
    await expect(
      look(plan("{ app: { container: chat } }"), engineWith("chat.holdgate-old-r0")),
    ).rejects.toThrow("found no container named chat; an earlier run has left chat.holdgate-old-r0");
  });

  it("of Compose is looked for among its project's services", async () => {
    const engine = new FakeEngine();
    labelled(engine, "chat-postgres-1", compose("postgres"));
    const text = plan("{ db: { compose: { project: chat, service: postgers } } }");
    await expect(look(text, engine)).rejects.toThrow("did you mean postgres?");
    const other = plan("{ db: { compose: { project: chatt, service: postgres } } }");
    await expect(look(other, engine)).rejects.toThrow("did you mean chat?");
  });
});

describe("an engine", () => {
  it("that a plan needs must be there", async () => {
    await expect(look(plan("{}", "[{ pull: app }]"), null)).rejects.toThrow("the plan needs a Docker engine");
    const engine = new FakeEngine();
    engine.version = async () => {
      throw new EngineError("unreachable", null, "connect ENOENT /var/run/docker.sock");
    };
    await expect(look(plan("{}", "[{ pull: app }]"), engine)).rejects.toThrow("ENOENT /var/run/docker.sock");
  });

  it("is asked for the images of the plan and of its containers, and only read", async () => {
    const engine = engineWith("chat");
    const text = plan(
      "{ app: { container: chat } }",
      "[{ pull: app:2 }, { replace: { target: app, image: app:2 } }]",
    );
    const { images } = await look(text, engine);
    expect(Object.keys(images).toSorted()).toEqual(["app:2", "image:latest", "sha256:image"]);
    const calls = new Set(engine.calls.map(({ name }) => name));
    expect([...calls].toSorted()).toEqual(["containers.inspect", "containers.list", "images.inspect"]);
  });
});
