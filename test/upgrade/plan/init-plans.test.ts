import { describe, expect, it } from "vitest";
import type { App, DatabaseKind, Found } from "../../../src/init/app.ts";
import { planText } from "../../../src/init/write-plan-text.ts";
import { checkPlan } from "../../../src/upgrade/plan/read-plan.ts";

const FOUND: Found[] = [
  { kind: "container", container: "chat" },
  { kind: "compose", container: "chat-app-1", project: "chat", service: "app", files: [] },
  { kind: "swarm", service: "chat_app" },
];
const DATABASES: (DatabaseKind | null)[] = [null, "postgres", "mysql", "mariadb", "mongo", "redis"];

function app(found: Found, database: DatabaseKind | null, bare: boolean): App {
  return {
    name: "chat",
    found,
    image: { repository: "ghcr.io/team/chat", tag: bare ? "latest" : "1.10", local: false },
    port: bare ? null : 8080,
    published: [],
    networks: [],
    healthPath: bare ? null : "/_health/",
    hasHealthCheck: !bare,
    dataPaths: bare ? [] : ["/data", "/srv/files"],
    databases: database === null ? [] : [{ kind: database, container: "db", user: "u", database: "chat" }],
  };
}

describe("a plan that init writes", () => {
  const cases = FOUND.flatMap((found) =>
    DATABASES.flatMap((database) =>
      [true, false].map((bare) => [found.kind, database, bare, found] as const),
    ),
  );

  it.each(cases)(
    "for a %s with the database %s (bare: %s) is read without a problem",
    (_, database, bare, found) => {
      expect(checkPlan(planText(app(found, database, bare), "chat"), "upgrade.yaml").service).toBe("chat");
    },
  );
});
