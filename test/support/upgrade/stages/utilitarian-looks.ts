// What a test looks at of Utilitarian when an upgrade has ended: what happened in which order, its data, its containers.

import { expect } from "vitest";
import { askEngine, filters } from "../../docker/call-engine.ts";
import type { Heartbeat } from "../../docker/stand-in/heartbeat.ts";
import { eventually } from "../../eventually.ts";
import { inspectForComparison } from "../compare-inspect.ts";
import { accountFor, idsIn, type SentRequest } from "../traffic.ts";
import type { EngineEvent } from "../watch-engine.ts";
import type { UtilitarianScene } from "./utilitarian-scene.ts";
import { BEAT, CONTAINERS, DB, EDGE, OLD_VERSION, POSTER, QUEUE } from "./utilitarian.ts";

type Line = Record<string, unknown>;

async function readData({ stage }: UtilitarianScene, file: string): Promise<string> {
  return (await stage.sandbox.readVolume(stage.volumes.db, file)) ?? "";
}

export async function schemaOf(scene: UtilitarianScene): Promise<number> {
  return Number((await readData(scene, "schema")) || 1);
}

/** The versions that have migrated, in order. */
export async function migrationsOf(scene: UtilitarianScene): Promise<string[]> {
  const lines = (await readData(scene, "migrations.jsonl")).split("\n").filter((line) => line !== "");
  return lines.map((line): string => JSON.parse(line).version);
}

/** Which versions have made the static files. */
export async function assetsOf({ stage }: UtilitarianScene): Promise<(string | undefined)[]> {
  const files = ["collectstatic.txt", "compress.txt"];
  return Promise.all(files.map((file) => stage.sandbox.readVolume(stage.volumes.static, file)));
}

/** `stop …` and `start …` of containers, and the commands of the database; without the run in their names. */
export function storyOf(events: readonly EngineEvent[]): string[] {
  return events.flatMap(({ action, name }) => {
    const container = name.replace(/-\d{8}-\d{6}-\w+$/, "");
    if (action === "die") return [`stop ${container}`];
    if (action === "start") return [`start ${container}`];
    const [, command] = /^exec_start: (pg_\w+.*)$/.exec(action) ?? [];
    return command === undefined ? [] : [command];
  });
}

/** Names of all containers that there are, running or not. */
export async function containersOf({ stage }: UtilitarianScene): Promise<string[]> {
  const label = Object.entries(stage.sandbox.labels).map(([name, value]) => `${name}=${value}`);
  const query = `all=1&${filters({ label })}`;
  const all = await askEngine<{ Names: string[] }[]>("GET", `/containers/json?${query}`);
  return all.map(({ Names }) => (Names[0] ?? "").slice(1)).toSorted();
}

export type Before = Record<string, unknown>;

export async function lookAt(): Promise<Before> {
  const looks = CONTAINERS.map(async (name) => [name, await inspectForComparison(name)] as const);
  return Object.fromEntries(await Promise.all(looks));
}

/** Of what must never have stopped: the edge, the queue, the database. */
export async function livesOf({ stage }: UtilitarianScene): Promise<unknown> {
  const found = await Promise.all([EDGE, QUEUE, DB].map((name) => stage.sandbox.inspect(name)));
  return found.map((container) => ({ id: container?.Id, state: container?.State }));
}

/** All as it was, and nothing beside it. */
export async function expectAsBefore(scene: UtilitarianScene, before: Before): Promise<void> {
  expect(await containersOf(scene)).toEqual(CONTAINERS);
  expect(await lookAt()).toEqual(before);
  expect(await schemaOf(scene)).toBe(1);
  expect(scene.traffic.versions).toEqual([OLD_VERSION]);
}

/** Every message and every reading is stored once, and the poster has never met an API that refused it. */
export async function expectNothingLost(scene: UtilitarianScene): Promise<void> {
  const { traffic, meters, stage } = scene;
  await meters.stop();
  await eventually(() => expect(meters.taken.toSorted()).toEqual(meters.sent.toSorted()));
  await eventually(async () => {
    const stored = new Set(idsIn(await readData(scene, "messages.jsonl")));
    expect(meters.sent.filter((id) => !stored.has(id))).toEqual([]);
  });
  const account = accountFor(traffic, await readData(scene, "messages.jsonl"));
  expect(account).toEqual({ missing: [], doubled: [], uninvited: [] });
  expect(await stage.sandbox.logs(POSTER)).not.toContain("refused");
}

/** What users were refused with outside of the maintenance that the run had declared. */
export function refusedOutside({ traffic }: UtilitarianScene, lines: readonly Line[]): SentRequest[] {
  const [from = Infinity] = timesOf(lines, (line) => line["step"] === "maintenance");
  const until = timesOf(lines, endsMaintenance).at(-1) ?? 0;
  return traffic.failed.filter(({ status, retryAfter, at, answeredAt }) => {
    return status !== 503 || retryAfter === null || at > until || (answeredAt ?? 0) < from;
  });
}

/** The step that ends it, the undoing of the one that began it, or the end of a run that left it on. */
function endsMaintenance(line: Line): boolean {
  const { step, state, type } = line;
  if (type === "finished") return state === "paused";
  return (step === "maintenance-2" && state === "done") || (step === "maintenance" && state === "undone");
}

function timesOf(lines: readonly Line[], matches: (line: Line) => boolean): number[] {
  return lines.filter(matches).map(({ at }) => Date.parse(String(at)));
}

interface BeatLife {
  host: string;
  version: string;
  from: number;
  to: number;
}

/** Each process that was a beat, from its first sign of life to its last. */
async function beatLives(scene: UtilitarianScene): Promise<BeatLife[]> {
  const lines = (await readData(scene, "beats.jsonl")).split("\n").filter((line) => line !== "");
  const beats = lines.map((line): Heartbeat => JSON.parse(line)).filter(({ role }) => role === "beat");
  const lives: BeatLife[] = [];
  for (const { event, host, version, at } of beats) {
    const life = event === "start" ? undefined : lives.findLast((each) => each.host === host);
    if (life === undefined) lives.push({ host, version, from: at, to: at });
    else life.to = at;
  }
  return lives;
}

/** By their signs of life, and by the engine's word. @returns the versions of those that lived, in order. */
export async function expectOneBeatAtATime(scene: UtilitarianScene): Promise<string[]> {
  const lives = await beatLives(scene);
  for (const [index, { from }] of lives.entries()) {
    expect(from).toBeGreaterThan(Math.max(0, ...lives.slice(0, index).map(({ to }) => to)));
  }
  const ofBeats = scene.events.filter(({ name }) => name.startsWith(BEAT));
  // The first to be heard of is the one that ran before.
  const running = new Set(ofBeats.slice(0, 1).map(({ id }) => id));
  for (const { action, name, id } of ofBeats) {
    if (action === "die") running.delete(id);
    if (action === "start") running.add(id);
    expect(running.size, `at ${action} of ${name}`).toBeLessThanOrEqual(1);
  }
  return lives.map(({ version }) => version);
}
