// What a test looks at of Chatalot when an upgrade has ended: its data, its containers, its images.

import { expect } from "vitest";
import { askEngine, filters } from "../../docker/call-engine.ts";
import { eventually } from "../../eventually.ts";
import { inspectForComparison } from "../compare-inspect.ts";
import { accountFor, type StoreAccount } from "../traffic.ts";
import type { ChatalotScene } from "./chatalot-scene.ts";
import { DB, SERVER } from "./chatalot.ts";

export const NOTHING_AMISS: StoreAccount = { missing: [], doubled: [], uninvited: [] };

/** Of every message that was posted. */
export async function accountOf(scene: ChatalotScene): Promise<StoreAccount> {
  return accountFor(scene.traffic, await messagesOf(scene));
}

/** The lines of the store. */
export async function messagesOf({ stage }: ChatalotScene): Promise<string> {
  return (await stage.sandbox.readVolume(stage.volumes.db, "messages.jsonl")) ?? "";
}

export async function schemaOf({ stage }: ChatalotScene): Promise<number> {
  return Number((await stage.sandbox.readVolume(stage.volumes.db, "schema")) ?? 1);
}

/** How many were carried out. */
export async function migrationsOf({ stage }: ChatalotScene): Promise<number> {
  const lines = (await stage.sandbox.readVolume(stage.volumes.db, "migrations.jsonl")) ?? "";
  return lines.split("\n").filter((line) => line !== "").length;
}

/** Names of all containers that there are, running or not. */
export async function containersOf({ stage }: ChatalotScene): Promise<string[]> {
  const label = Object.entries(stage.sandbox.labels).map(([name, value]) => `${name}=${value}`);
  const query = `all=1&${filters({ label })}`;
  const all = await askEngine<{ Names: string[] }[]>("GET", `/containers/json?${query}`);
  return all.map(({ Names }) => (Names[0] ?? "").slice(1)).toSorted();
}

/** Tags under which a run keeps images. */
export async function keptImages(run: string): Promise<string[]> {
  const query = filters({ reference: [`holdgate/rollback:${run}-*`] });
  const images = await askEngine<{ RepoTags: string[] | null }[]>("GET", `/images/json?${query}`);
  return images.flatMap(({ RepoTags }) => RepoTags ?? []).filter((tag) => tag.includes(run));
}

export interface Before {
  server: Awaited<ReturnType<typeof inspectForComparison>>;
  db: Awaited<ReturnType<typeof inspectForComparison>>;
}

export async function lookAtContainers(): Promise<Before> {
  return { server: await inspectForComparison(SERVER), db: await inspectForComparison(DB) };
}

/** The same containers with the same settings, and nothing of the run beside them. */
export async function expectUntouched(scene: ChatalotScene, before: Before, run: string): Promise<void> {
  // Its health is known a second after its start.
  await eventually(async () => expect(await inspectForComparison(SERVER)).toEqual(before.server));
  expect(await inspectForComparison(DB)).toEqual(before.db);
  expect(await containersOf(scene)).toEqual([DB, SERVER]);
  expect(await keptImages(run)).toEqual([]);
  const { volumes, sandbox } = scene.stage;
  expect(await sandbox.readVolume(volumes.files, "upload.png")).toBe("a picture\n");
}
