// What a test looks at of CometChat when an upgrade has ended: its services and tasks, its data, what is left over.

import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { askEngine, filters } from "../../docker/call-engine.ts";
import { eventually } from "../../eventually.ts";
import { accountFor, type StoreAccount } from "../traffic.ts";
import type { CometChatScene } from "./cometchat-scene.ts";
import {
  type InspectedService,
  listServices,
  OLD_VERSION,
  REPLICAS,
  SERVICES,
  type ServiceName,
  type ServiceSpec,
  tasksOf,
} from "./cometchat.ts";

export const NOTHING_AMISS: StoreAccount = { missing: [], doubled: [], uninvited: [] };

/** Of every message that was posted, to whichever service. */
export async function accountOf(scene: CometChatScene): Promise<StoreAccount[]> {
  const messages = (await readData(scene, "messages.jsonl")) ?? "";
  return [accountFor(scene.traffic, messages), accountFor(scene.others, messages)];
}

/** The lines that the migrations have left, of each one that was carried out. */
export async function migrationsOf(scene: CometChatScene): Promise<string[]> {
  const lines = (await readData(scene, "migrations.jsonl")) ?? "";
  return lines.split("\n").filter((line) => line !== "");
}

function readData({ stage }: CometChatScene, file: string): Promise<string | undefined> {
  return stage.sandbox.readVolume(stage.volume, file);
}

/** By name: the whole spec of every service of the stack. The version of a spec, which every change raises, is no part. */
export async function lookAtSpecs(): Promise<Record<string, ServiceSpec>> {
  return byName(({ Spec }) => Spec);
}

/** By name: raised by every change, whatever it changes. */
export async function lookAtIndexes(): Promise<Record<string, number>> {
  return byName(({ Version }) => Version.Index);
}

async function byName<Value>(of: (service: InspectedService) => Value): Promise<Record<string, Value>> {
  const services = await listServices();
  return Object.fromEntries(services.map((service) => [service.Spec.Name, of(service)]));
}

/** By service: the ids of the tasks that are to run. */
export async function lookAtTasks(): Promise<Record<string, string[]>> {
  const all = await Promise.all(SERVICES.map(async (name) => [name, await tasksOf(name)] as const));
  return Object.fromEntries(all.map(([name, tasks]) => [name, tasks.map(({ ID }) => ID).toSorted()]));
}

/** Every service has all its tasks, they run, and all have the image of that version. */
export async function expectAllOn(scene: CometChatScene, version: string): Promise<void> {
  const { host } = scene.stage.registry;
  for (const name of SERVICES) {
    const tasks = await tasksOf(name);
    const image = expect.stringMatching(`^${host}/cometchat/${name}:${version}@sha256:[0-9a-f]{64}$`);
    const task = {
      DesiredState: "running",
      Status: { State: "running" },
      Spec: { ContainerSpec: { Image: image } },
    };
    expect(tasks).toMatchObject(Array.from({ length: REPLICAS[name] }, () => task));
  }
}

/** The specs, whole, are those of before, their tasks run, and of the run there is nothing but what Swarm keeps. */
export async function expectUntouched(
  scene: CometChatScene,
  before: Record<string, ServiceSpec>,
): Promise<void> {
  expect(await lookAtSpecs()).toEqual(before);
  await expectAllOn(scene, OLD_VERSION);
  // The last one is told to end two seconds after the last of before is there.
  await eventually(async () => expect(await runningContainersOfRuns(scene)).toEqual([]));
}

/** Containers of tasks that have ended are Swarm's to keep. */
async function runningContainersOfRuns({ stage }: CometChatScene): Promise<string[]> {
  const sandbox = `holdgate.sandbox=${stage.sandbox.prefix}`;
  const query = filters({ label: [sandbox, "holdgate.run"] });
  const found = await askEngine<{ Names: string[] }[]>("GET", `/containers/json?${query}`);
  return found.flatMap(({ Names }) => Names);
}

/** What the update by the plan is to make of a spec: another image, its mark, and how it was updated. */
export function updatedSpec(before: ServiceSpec, name: ServiceName, version: string): unknown {
  const [image = ""] = before.TaskTemplate.ContainerSpec.Image.split(":4.");
  const marked = (labels: Record<string, string>) => ({
    ...labels,
    "holdgate.run": expect.any(String),
    "holdgate.step": expect.stringMatching(/^update-/),
    "holdgate.role": "new",
    "holdgate.update": expect.any(String),
  });
  const { ContainerSpec } = before.TaskTemplate;
  return {
    ...before,
    Labels: marked(before.Labels),
    TaskTemplate: {
      ...before.TaskTemplate,
      ContainerSpec: {
        ...ContainerSpec,
        Image: expect.stringMatching(`^${image}:${version}@sha256:[0-9a-f]{64}$`),
        Labels: marked(ContainerSpec.Labels),
      },
    },
    UpdateConfig: {
      Parallelism: 1,
      ...(REPLICAS[name] > 1 && { Delay: 500_000_000 }),
      FailureAction: "rollback",
      Monitor: 1_000_000_000,
      MaxFailureRatio: 0,
      Order: "start-first",
    },
  };
}

export interface RunFiles {
  journal: string;
  /** What the vault has of services, by key. */
  vault: Record<string, ServiceSpec>;
  /** Of the vault, as `ls` would say it in octal. */
  vaultMode: string;
}

export async function readRunFiles({ dir }: CometChatScene, run: string): Promise<RunFiles> {
  const directory = join(dir, "data", "upgrades", run);
  const vault = join(directory, "private.json");
  const { entries } = JSON.parse(await readFile(vault, "utf8"));
  const services = Object.entries<ServiceSpec>(entries).filter(([, entry]) => "TaskTemplate" in entry);
  const vaultMode = ((await stat(vault)).mode & 0o777).toString(8);
  return {
    journal: await readFile(join(directory, "journal.jsonl"), "utf8"),
    vault: Object.fromEntries(services),
    vaultMode,
  };
}
