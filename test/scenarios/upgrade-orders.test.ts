// Upgrades through the API, in real processes: a gateway, a runner, and a plan that needs no engine.

import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { upgradeReport } from "../../src/admin/schemas/upgrade-schemas.ts";
import { callAdmin } from "../support/call-admin.ts";
import { eventually } from "../support/eventually.ts";
import { startScriptedUpstream } from "../support/scripted-upstream.ts";
import { type HoldgateProcess, startHoldgate } from "../support/start-holdgate.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { runUpgrade } from "../support/upgrade/run-upgrade.ts";
import { startRunner } from "../support/upgrade/start-runner.ts";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

const PLAN = `
name: demo
service: chat
steps:
  - hold: { lease: 3m }
  - confirm: { prompt: "Is it good?" }
  - release: {}
`;

async function openStage() {
  const dir = await temporaryDirectory();
  const upstream = await startScriptedUpstream({ onArrival: (arrival) => arrival.answer() });
  const start = async (port: number): Promise<HoldgateProcess> => {
    const holdgate = await startHoldgate(
      dir,
      `services: { chat: { upstreams: { blue: "${upstream.url}" } } }\n`,
      port,
    );
    onTestFinished(async () => void (await holdgate.end("SIGKILL")));
    return holdgate;
  };
  let holdgate = await start(0);
  const call = (method: string, path: string, body?: object) =>
    callAdmin(holdgate.adminSocket, method, path, body);
  return {
    dir,
    call,
    async order(): Promise<string> {
      const { status, body } = await call("POST", "/admin/upgrades", { plan: PLAN });
      expect(status).toBe(202);
      return z.object({ id: z.string() }).parse(body).id;
    },
    /** As soon as the run is in this state. */
    until: (id: string, state: string) =>
      eventually(async () => {
        const report = upgradeReport.parse((await call("GET", `/admin/upgrades/${id}`)).body);
        expect(report.state).toBe(state);
        return report;
      }),
    mode: async () =>
      z
        .object({ services: z.array(z.object({ mode: z.object({ name: z.string() }) })) })
        .parse((await call("GET", "/admin/status")).body).services[0]?.mode.name,
    async page(): Promise<unknown> {
      return (await fetch(`http://127.0.0.1:${holdgate.port}/.holdgate/status`)).json();
    },
    async crash(): Promise<void> {
      await holdgate.end("SIGKILL");
      holdgate = await start(holdgate.port);
    },
  };
}

describe("a plan that is handed in through the API", () => {
  test("is carried out by the runner; an answer through the API lets it go on", async () => {
    const stage = await openStage();
    await startRunner(stage.dir);
    const id = await stage.order();
    await stage.until(id, "waiting");
    expect(await stage.mode()).toBe("hold");
    expect(await stage.page()).toMatchObject({ mode: "hold", progress: { percent: 33 } });
    const second = await stage.call("POST", "/admin/upgrades", { plan: PLAN });
    expect(second).toMatchObject({ status: 409, body: { code: "upgrade_running" } });
    await stage.call("POST", `/admin/upgrades/${id}/approve`, { answer: "continue" });
    expect(await stage.until(id, "kept")).toMatchObject({ exitCode: 0, percent: 100 });
    expect(await stage.mode()).toBe("open");
    expect(await stage.page()).toMatchObject({ progress: null });
  });

  test("outlives a kill -9 of the gateway, and is known to the new one", async () => {
    const stage = await openStage();
    await startRunner(stage.dir);
    const id = await stage.order();
    await stage.until(id, "waiting");
    await stage.crash();
    await stage.until(id, "waiting");
    await eventually(async () => {
      const { status } = await stage.call("POST", `/admin/upgrades/${id}/cancel`);
      expect(status).toBe(202);
    });
    expect(await stage.until(id, "rolled_back")).toMatchObject({ exitCode: 10 });
    expect(await stage.mode()).toBe("open");
  });

  test("goes on with the next runner when this one is killed", async () => {
    const stage = await openStage();
    const runner = await startRunner(stage.dir);
    const id = await stage.order();
    await stage.until(id, "waiting");
    await runner.end("SIGKILL");
    const next = await startRunner(stage.dir);
    expect(next.lines[0]).toContain(`the run ${id} of chat broke off; going on with it`);
    // Again and again: before the next runner asks, nobody hears an answer.
    await eventually(async () => {
      await stage.call("POST", `/admin/upgrades/${id}/approve`, { answer: "continue" });
      expect((await stage.call("GET", `/admin/upgrades/${id}`)).body).toMatchObject({ state: "kept" });
    });
    expect(await next.end("SIGTERM")).toBe(0);
  });
});

describe("holdgate upgrade", () => {
  test("leaves with 40 while a runner upgrades the service, and touches nothing", async () => {
    const stage = await openStage();
    await startRunner(stage.dir);
    const id = await stage.order();
    await stage.until(id, "waiting");
    await writeFile(join(stage.dir, "plan.yaml"), PLAN);
    const { code, lines } = await runUpgrade({ dir: stage.dir, args: ["plan.yaml", "--yes"] });
    expect(code).toBe(40);
    expect(lines.at(-1)).toMatchObject({ type: "finished", state: "refused" });
    await stage.until(id, "waiting");
  });

  test("leaves with 50 for a plan with a mistake, or none at all", async () => {
    const stage = await openStage();
    await writeFile(join(stage.dir, "plan.yaml"), "name: x\nsteps:\n  - frobnicate: {}\n");
    const wrong = await runUpgrade({ dir: stage.dir, args: ["plan.yaml"] });
    expect(wrong.code).toBe(50);
    expect(wrong.lines.at(-1)).toMatchObject({ message: expect.stringContaining("plan.yaml:3:5") });
    const missing = await runUpgrade({ dir: stage.dir, args: ["missing.yaml"] });
    expect(missing.code).toBe(50);
  });
});
