import { describe, expect, it } from "vitest";
import { downtimes } from "../../../src/upgrade/dry-run/downtime.ts";
import { renderDryRun } from "../../../src/upgrade/dry-run/render-dry-run.ts";
import type { ProgramStep } from "../../../src/upgrade/program.ts";
import { CHATALOT, chatalotEngine } from "./chatalot.ts";
import { dryRunOf } from "./dry-run-of.ts";

const EXPECTED = `chatalot: what a run would do to the service chat. Nothing has been changed.

1. pull: pull chatalot:0.18.0
   - docker: pull chatalot:0.18.0
       the image must be here before anything is stopped

2. hold: hold requests for at most 3m
   - gateway: hold for at most 3m, and wait until nothing is in flight
       requests wait instead of failing, while the app cannot answer

3. dump: back up pg_dump in db to x.dump
   - write pg_dump -Fc in chatalot-db to x.dump
       what is changed from here on can be put back

4. replace-app: replace app with chatalot:0.18.0
   - docker: tag sha256:old as holdgate/rollback:r1-app
       the way back needs the old image, also when its name has moved on
   - docker: create the container chatalot.holdgate-new-r1 like chatalot, from chatalot:0.18.0
       app gets a new container like chatalot; what is wrong with it shows before anything stops
   - docker: set the restart policy of chatalot to no (was always)
       with always it would come back beside the new one when the machine starts
   - docker: stop chatalot
       the port 8080 must be free for the new container
   - docker: rename chatalot to chatalot.holdgate-old-r1
       the new container gets the name chatalot
   - docker: rename chatalot.holdgate-new-r1 to chatalot
       before it starts, because names of running containers do not follow in DNS
   - docker: start chatalot (new)
       the new version takes over
   ≠ chatalot
       image: chatalot:0.17.0 → chatalot:0.18.0
       what the new image sets by itself is known when it has been pulled
       environment: +TOKEN
   ↩ put the backup dump.write into pg_restore in chatalot-db
       puts back what dump has kept

5. healthy: wait until it is good for 5s: GET /api/health
   - look at http, until good for 5s, for at most 1m
       what follows needs it good for 5s

6. release: let requests through
   - gateway: release, and wait until nothing is held
       the app answers again

7. observe: observe for 15m
   - watch app for 15m
       a new version can still fail when its users are back

8. retire-app: retire the old containers of app, but for 1
   - docker: remove old containers of chatalot, but for the newest 1; volumes stay
       the newest 1 are enough for a way back

Users
  hold: they wait for their answers, as long as the hold lasts
  dump: they wait for their answers, as long as the hold lasts
  replace-app: they wait for their answers, as long as the hold lasts; their WebSockets are closed, and come back
  healthy: they wait for their answers, as long as the hold lasts

Point of no return
  replace-app, if it changes the schema: after it the way back is put the backup dump.write into pg_restore in chatalot-db

Images
  chatalot:0.18.0: not here → sha256:736861323536`;

describe("a dry run", () => {
  it("prints every call with its cause, what changes, what users notice, and the way back", async () => {
    const text = renderDryRun({ ...(await dryRunOf(CHATALOT, chatalotEngine())), drift: [] });
    // Which labels Compose has is a matter of another test.
    expect(text.replace(/\n +labels: .*/, "")).toBe(EXPECTED);
  });

  it("only reads", async () => {
    const engine = chatalotEngine();
    await dryRunOf(CHATALOT, engine);
    expect(new Set(engine.calls.map(({ name }) => name))).toEqual(
      new Set(["containers.list", "containers.inspect", "images.inspect", "images.distribution"]),
    );
  });

  it("shows no value of an environment", async () => {
    const dryRun = await dryRunOf(CHATALOT, chatalotEngine());
    expect(JSON.stringify(dryRun) + renderDryRun(dryRun)).not.toContain("hunter2");
  });

  it("says what Docker Compose will make of it", async () => {
    const { drift } = await dryRunOf(CHATALOT, chatalotEngine());
    expect(drift.join("\n")).toContain("set services.server.image to chatalot:0.18.0");
  });

  it("says that a registry does not say", async () => {
    const engine = chatalotEngine();
    engine.images.registry.clear();
    expect(renderDryRun(await dryRunOf(CHATALOT, engine))).toContain(
      "chatalot:0.18.0: not here; the registry does not say (",
    );
  });
});

describe("what users notice", () => {
  async function noticed(...steps: string[]): Promise<string[]> {
    const text = `name: x\ntargets: { app: { container: chatalot } }\nsteps:\n  - ${steps.join("\n  - ")}\n`;
    const dryRun = await dryRunOf(text, chatalotEngine());
    return dryRun.steps.map(
      ({ noticed: { downtime, closesTunnels } }) => downtime + (closesTunnels ? " tunnels" : ""),
    );
  }

  it.each([
    [["wait: 1s"], ["none"]],
    [["stop: app"], ["automatic-hold tunnels"]],
    [
      ["hold:", "stop: app", "release:", "wait: 1s"],
      ["hold", "hold tunnels", "none", "none"],
    ],
    [
      ["maintenance: on", "stop: app", "maintenance: off"],
      ["maintenance", "maintenance tunnels", "none"],
    ],
    [["parallel: [{ stop: app }, { wait: 1s }]"], ["automatic-hold tunnels"]],
  ])("of %j is %j", async (steps, expected) => {
    expect(await noticed(...steps)).toEqual(expected);
  });

  it("of a service that is in maintenance already is maintenance", () => {
    const step: ProgramStep = {
      id: "a",
      verb: "wait",
      title: "",
      when: null,
      timeoutMs: null,
      retry: { attempts: 1, backoffMs: 0 },
      onFailure: "rollback",
      pointOfNoReturn: null,
      operations: [],
      branches: [],
      undo: null,
      loses: null,
    };
    expect(downtimes([step], "maintenance")).toEqual([{ downtime: "maintenance", closesTunnels: false }]);
  });
});
