import { describe, expect, test } from "vitest";
import { EngineError } from "../../../src/docker/engine-error.ts";
import type { FileChange } from "../../../src/docker/engine.ts";
import type { OperationOf } from "../../../src/upgrade/operations/operation.ts";
import { isAtLeast } from "../../../src/upgrade/operations/preflight/engine-problems.ts";
import { preflight } from "../../../src/upgrade/operations/preflight.ts";
import type { Preflight } from "../../../src/upgrade/plan/plan.ts";
import { FakeEngine } from "../../support/docker/fake-engine.ts";
import { lookContext } from "../../support/upgrade/perform-context.ts";
import { containerTarget } from "../checks/check-context.ts";
import { common, onEngine } from "./on-engine.ts";

const NOTHING: Preflight = {
  engine: null,
  diskFree: null,
  noDrift: [],
  images: [],
  commandExists: [],
  healthy: [],
  swarm: false,
  checks: [],
};

function operation(
  looks: Partial<Preflight>,
  over: Partial<OperationOf<"preflight">> = {},
): OperationOf<"preflight"> {
  const what = { preflight: { ...NOTHING, ...looks }, carried: {}, targets: {} };
  return { ...common("preflight"), kind: "preflight", ...what, ...over };
}

function fakeApp() {
  const engine = new FakeEngine();
  const chat = engine.containers.add({ name: "chat" });
  const targets = { app: containerTarget([{ id: chat.inspect.Id, name: "chat" }]) };
  return { engine, chat, targets, context: lookContext({ engine }) };
}

describe("a preflight", () => {
  test("that finds nothing lets the run begin", async () => {
    const { targets, context } = fakeApp();
    const looks = { engine: "20.10", healthy: ["app"], noDrift: ["app"] };
    expect(await preflight.perform(operation(looks, { targets }), context)).toEqual({});
  });

  test("tells everything at once, also what an engine refuses to say", async () => {
    const { engine, targets, context } = fakeApp();
    engine.containers.exit("chat", 1);
    engine.failNth(1, "containers.changes", {
      error: new EngineError("failed", 500, "list changes: no disk"),
    });
    const checks = [{ kind: "version", upstream: "green", version: "2" } as const];
    const looks = { engine: "24", healthy: ["app"], noDrift: ["app"], swarm: true, checks };
    await expect(preflight.perform(operation(looks, { targets }), context)).rejects.toThrow(
      [
        "5 things are not as they must be:",
        "- the engine is of version 20.10.24; at least 24 is needed",
        "- chat is exited with exit code 1",
        "- list changes: no disk",
        "- the engine fake is in no swarm (inactive)",
        "- the gateway has no upstream green",
      ].join("\n"),
    );
  });

  test("names an image that can be had from nowhere, and one for another platform", async () => {
    const { engine, targets, context } = fakeApp();
    const distribution = async () => ({ digest: "sha256:1", platforms: ["linux/arm64"] });
    engine.images.distribution = distribution;
    engine.images.inspect = async (ref) => (ref === "sha256:image" ? imageFor("amd64") : undefined);
    const looks = { images: ["app:2"] };
    const looking = preflight.perform(operation(looks, { targets }), context);
    await expect(looking).rejects.toThrow("the image app:2 is for linux/arm64, not for linux/amd64");
    engine.images.distribution = async () => {
      throw new EngineError("absent", 500, "manifest unknown");
    };
    await expect(preflight.perform(operation(looks, { targets }), context)).rejects.toThrow(
      "the image app:2 is not on this engine, and its registry cannot give it: manifest unknown",
    );
  });

  test("compares versions by their numbers", () => {
    expect(isAtLeast("20.10.24+dfsg1", "20.10")).toBe(true);
    expect(isAtLeast("20.9", "20.10")).toBe(false);
    expect(isAtLeast("24", "24.0.0")).toBe(true);
  });

  test("looks for room where the plan says", async () => {
    const looks = { diskFree: { path: "/", bytes: 2 ** 60 } };
    const looking = preflight.perform(operation(looks), lookContext());
    await expect(looking).rejects.toThrow(/^\/ has \S+ free; 1048576TiB are needed$/);
    const missing = { diskFree: { path: "/no/such", bytes: 1 } };
    await expect(preflight.perform(operation(missing), lookContext())).rejects.toThrow("does it exist?");
  });
});

function imageFor(Architecture: string) {
  return { Id: "", RepoTags: [], RepoDigests: [], Os: "linux", Architecture, Size: 0, Config: {} };
}

describe("drift", () => {
  async function drift(changes: FileChange[], carried: string[] = []): Promise<string> {
    const { chat, targets, context } = fakeApp();
    chat.changes = changes;
    const mount = { Type: "volume", Source: "", Destination: "/data/files", Mode: "", RW: true };
    chat.inspect.Mounts.push(mount);
    const operated = operation({ noDrift: ["app"] }, { targets, carried: { app: carried } });
    return preflight.perform(operated, context).then(
      () => "none",
      (error: unknown) => String(error),
    );
  }
  const changed = (...paths: string[]): FileChange[] =>
    paths.map((path) => ({ path, kind: "modified" as const }));

  test("is what neither a volume nor a carried file explains", async () => {
    const changes = changed("/root", "/root/makechat.conf", "/data", "/data/files", "/tmp/x", "/run/app.pid");
    expect(await drift(changes, ["/root/makechat.conf"])).toBe("none");
    expect(await drift(changes)).toContain(
      "chat has what its image has not: /root/makechat.conf (modified); put it into a volume, or name it in carryFiles",
    );
  });

  test("is named without the directories that it is in, and not endlessly", async () => {
    const many = Array.from({ length: 12 }, (_, index) => `/srv/${index}`);
    const said = await drift(changed("/srv", ...many));
    expect(said).toContain("/srv/9 (modified) and 2 more");
    expect(said).not.toContain("/srv (modified)");
  });
});

describe("on a real engine", () => {
  const on = onEngine("preflight");

  test("a written file is drift, and a missing program is told with and without a shell", async () => {
    const app = await on.container("app", "mkdir -p /etc; echo secret_key >/etc/app.conf; sleep 600");
    const targets = { app: containerTarget([app]) };
    const looks = {
      diskFree: { path: null, bytes: 1 },
      noDrift: ["app"],
      commandExists: [
        { target: "app", command: "sh" },
        { target: "app", command: "pg_dump" },
      ],
      healthy: ["app"],
      images: [on.busybox.ref],
    };
    const looking = preflight.perform(operation(looks, { targets }), on.context());
    await expect(looking).rejects.toThrow(
      new RegExp(
        `^2 things .*\n- ${app.name} has what its image has not: /etc/app.conf \\(added\\).*\n- ${app.name} has no program pg_dump$`,
      ),
    );
  });
});
