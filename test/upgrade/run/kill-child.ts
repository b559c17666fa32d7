// A runner of its own, over real files, in a world that is kept in a file. It kills itself with SIGKILL as soon as it
// has shown so many reports: one follows each record of the journal.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "../../../src/lib/json.ts";
import type { Plan } from "../../../src/upgrade/plan/plan.ts";
import type { ProcessHost } from "../../../src/process/process-host.ts";
import { Upgrades } from "../../../src/upgrade/upgrades.ts";
import type { Mode } from "../../../src/client/status.ts";
import { check, hold, program, release, replace, work } from "./support/programs.ts";
import { hastyClock } from "./support/run-in-world.ts";
import { SimulatedWorld } from "./support/simulated-world.ts";

const [directory = "", way = "", run = "", killAt = "0"] = process.argv.slice(2);
const path = join(directory, "world.json");

interface Kept {
  running: string[];
  worked: [string, number][];
  mode: Mode;
}

class KeptWorld extends SimulatedWorld {
  override trouble(id: string, effect: () => JsonObject): Promise<JsonObject> {
    return super.trouble(id, () => {
      const outcome = effect();
      keep();
      return outcome;
    });
  }
}

const world = new KeptWorld(hastyClock, { running: ["old-app"], troubles: { "proof.look": "fails" } });
load();
let reports = 0;
world.gateway.after = keep;
world.gateway.report = () => {
  reports += 1;
  if (reports === Number(killAt)) process.kill(process.pid, "SIGKILL");
};

const steps = [hold(), replace("app"), work("once"), check("proof"), release()];
const plan: Plan = {
  name: "chat",
  service: null,
  targets: {},
  secrets: {},
  registries: {},
  schema: null,
  steps: [],
};
const deps = {
  dataDir: directory,
  engine: async () => null,
  driverFor: () => world.gateway,
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- no operation of this program is a command
  processesFor: () => ({}) as ProcessHost,
  gatewayAddress: null,
  clock: { ...hastyClock, wall: () => Date.now() },
  env: {},
  log: () => {},
};
const upgrades = new Upgrades(deps, {
  handlers: world.handlers,
  check: () => plan,
  prepare: async () => ({ plan, program: program(steps), describe: async () => "" }),
});
const order = { plan: { text: "", file: "/plan.yaml", vars: {} }, dryRun: false, id: run };
const result = way === "run" ? await upgrades.run(order) : await upgrades.resume(run);
process.stdout.write(`${JSON.stringify(result)}\n`);

function load(): void {
  if (!existsSync(path)) return;
  const kept: Kept = JSON.parse(readFileSync(path, "utf8"));
  world.running.clear();
  for (const name of kept.running) world.running.add(name);
  for (const [id, times] of kept.worked) world.worked.set(id, times);
  world.gateway.service.mode = kept.mode;
}

function keep(): void {
  const { mode } = world.gateway.service;
  const kept: Kept = { running: [...world.running], worked: [...world.worked], mode };
  writeFileSync(path, JSON.stringify(kept));
}
