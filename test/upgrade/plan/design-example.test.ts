import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { checkPlan, readPlan } from "../../../src/upgrade/plan/read-plan.ts";

// As docs and design show it, to the letter.
const CHATALOT = `name: chatalot
service: chat
vars: { version: 0.18.0 }
targets:
  app: { container: chatalot-server }
  db:  { compose: { project: chatalot, service: postgres } }
steps:
  - preflight: { diskFree: 2GiB, noDrift: app }
  - pull:      { image: "ghcr.io/purpleneutral/chatalot:\${version}" }
  - hold:      { lease: 3m }
  - backup:    { exec: { target: db, command: [pg_dump, -Fc, -U, chatalot, chatalot] }, to: "backups/\${run}.dump", verify: { command: [pg_restore, -l] } }
  - replace:   { target: app, image: "ghcr.io/purpleneutral/chatalot:\${version}", mode: in-place }
    pointOfNoReturn: { when: migrated }
  - healthy:   { http: /api/health, expect: { json: { status: ok, db_healthy: true, version: "\${version}" } }, for: 5s, timeout: 60s }
  - release: {}
  - observe:   { for: 15m, maxErrorRate: 1%, maxRestarts: 0 }
  - retire:    { target: app, keep: 1 }
`;

const BUILT_INS = { run: "20261121-k3f9", service: "chat", active: "blue", idle: null };
const plan = readPlan(CHATALOT, "upgrade.yaml", { builtIns: BUILT_INS });

describe("the plan of the design", () => {
  it("is understood as it is written", () => {
    const container = { kind: "containers", port: null, network: null, host: null };
    expect(plan.targets).toEqual({
      app: { ...container, select: { by: "name", name: "chatalot-server" } },
      db: { ...container, select: { by: "compose", project: "chatalot", service: "postgres" } },
    });
    expect(plan.steps.map(({ id }) => id).join(" ")).toBe(
      "preflight-app pull hold backup-db replace-app healthy release observe retire-app",
    );
    expect(plan.steps[5]).toMatchObject({
      forMs: 5000,
      timeoutMs: 60_000,
      checks: [
        { kind: "http", url: "/api/health", json: { status: "ok", db_healthy: true, version: "0.18.0" } },
      ],
    });
  });

  it("has every default filled in", () => {
    expect(plan.steps[4]).toEqual({
      id: "replace-app",
      when: null,
      timeoutMs: null,
      retry: { attempts: 1, backoffMs: 2000 },
      onFailure: "rollback",
      undo: null,
      pointOfNoReturn: { when: "migrated" },
      verb: "replace",
      replace: {
        target: "app",
        image: "ghcr.io/purpleneutral/chatalot:0.18.0",
        mode: "in-place",
        name: null,
        env: {},
        labels: {},
        command: null,
        carryFiles: [],
        graceMs: null,
        assumeAllExplicit: false,
      },
    });
  });
});

describe("the plan of the design, with other values", () => {
  it("takes another version from the command line, and knows the run", () => {
    const other = readPlan(CHATALOT, "upgrade.yaml", { vars: { version: "0.19.1" }, builtIns: BUILT_INS });
    expect(other.steps[1]).toMatchObject({ image: "ghcr.io/purpleneutral/chatalot:0.19.1" });
    expect(other.steps[3]).toMatchObject({ to: "backups/20261121-k3f9.dump" });
  });

  it("is found good before anything is known of gateway and engine", () => {
    expect(checkPlan(CHATALOT, "upgrade.yaml").name).toBe("chatalot");
  });
});

describe("the example plans", () => {
  const directory = new URL("../../../examples/plans/", import.meta.url);
  const files = readdirSync(directory).filter((file) => file.endsWith(".yaml"));

  it.each(files)("%s is read without a problem", (file) => {
    const builtIns = { run: "r1", service: "chat", active: "tenanta", idle: "tenantb" };
    const text = readFileSync(new URL(file, directory), "utf8");
    expect(checkPlan(text, file).steps.length).toBeGreaterThan(5);
    expect(readPlan(text, file, { builtIns }).steps.length).toBeGreaterThan(5);
  });
});
