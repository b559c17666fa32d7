import { describe, expect, test } from "vitest";
import { composeDrift } from "../../src/compose/compose-drift.ts";
import { findComposeContainers } from "../../src/compose/find-containers.ts";
import { FakeEngine } from "../support/docker/fake-engine.ts";
import { fakeInspect } from "../support/docker/fake-inspect.ts";

function labels(number: number, more: Record<string, string> = {}): Record<string, string> {
  return {
    "com.docker.compose.project": "chat",
    "com.docker.compose.service": "app",
    "com.docker.compose.container-number": String(number),
    "com.docker.compose.oneoff": "False",
    "com.docker.compose.project.working_dir": "/srv/chat",
    "com.docker.compose.project.config_files": "/srv/chat/compose.yaml",
    ...more,
  };
}

describe("the containers of a Compose service", () => {
  test("come in the order of their numbers, without one-offs and what upgrades have set aside", async () => {
    const engine = new FakeEngine();
    const add = (name: string, Labels: Record<string, string>) =>
      engine.containers.add({ name, body: { Image: "app:1", Labels } });
    add("chat-app-10", labels(10));
    add("chat-app-2", labels(2));
    add("chat-app-run-1", labels(1, { "com.docker.compose.oneoff": "True" }));
    add("chat-app-2.holdgate-old-r1", labels(2));
    add("chat-db-1", labels(1, { "com.docker.compose.service": "db" }));
    const found = await findComposeContainers(engine, { project: "chat", service: "app" });
    expect(found.map(({ name }) => name)).toEqual(["chat-app-2", "chat-app-10"]);
  });
});

describe("drift from the compose file", () => {
  const container = (Labels: Record<string, string>) =>
    fakeInspect("id", { name: "chat-app-1", body: { Image: "app:1", Labels } });

  test("says which line of which file would bring the old version back", () => {
    const [first, ...more] = composeDrift(container(labels(1)), "app:2");
    expect(first).toBe(
      '/srv/chat/compose.yaml says app:1 for app: "docker compose up" in /srv/chat (project chat) would put that back; set services.app.image to app:2',
    );
    expect(more.join("\n")).toMatch(/recreates app once.*\n.*"retire"/);
  });

  test("a name that stays needs no change of the file", () => {
    expect(composeDrift(container(labels(1)), "app:1")).toEqual([
      expect.stringContaining("need not be changed"),
    ]);
  });

  test("a container that Compose has not made has none", () => {
    expect(composeDrift(container({}), "app:2")).toEqual([]);
  });
});
