// What a test looks at of makechat when an upgrade has ended: what users were told, the data, the containers.

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect } from "vitest";
import { askEngine, filters } from "../../docker/call-engine.ts";
import { inspectForComparison } from "../compare-inspect.ts";
import { accountFor, idsIn, type SentRequest, type Traffic } from "../traffic.ts";
import { GATEWAY, type MakechatScene } from "./makechat-scene.ts";
import { APP, MONGO, NETWORK, WEB } from "./makechat.ts";

const NOTHING_AMISS = { missing: [], doubled: [], uninvited: [] };

/** Milliseconds since 1970. */
export interface Span {
  from: number;
  to: number;
}

/**
 * Each request that failed was told so by the maintenance of the gateway, in the form that its sender wanted, and
 * while it was on nobody was told anything else. @returns from the first such answer to the last; null without one
 */
export function expectOnlyMaintenance({ programs, browsers }: MakechatScene): Span | null {
  for (const [traffic, type] of [
    [programs, "application/problem+json"],
    [browsers, "text/html"],
  ] as const) {
    const otherwise = traffic.failed.filter((request) => !isMaintenance(request, type));
    expect(otherwise).toEqual([]);
  }
  const refused = [...programs.failed, ...browsers.failed];
  if (refused.length === 0) return null;
  const answers = refused.map(({ answeredAt }) => answeredAt ?? 0);
  const span = { from: Math.min(...answers), to: Math.max(...answers) };
  const within = [...programs.sent, ...browsers.sent].filter(
    ({ at, answeredAt }) => at > span.from && (answeredAt ?? Infinity) < span.to,
  );
  expect(within.filter(({ status }) => status !== 503)).toEqual([]);
  return span;
}

/** Its Retry-After counts down to the end that the plan expects. */
function isMaintenance({ status, retryAfter, contentType }: SentRequest, type: string): boolean {
  const waitS = Number(retryAfter ?? 0);
  return status === 503 && waitS > 0 && waitS <= 120 && (contentType ?? "").startsWith(type);
}

/** Users go on for a while, and then no more. */
export async function settle({ programs, browsers }: MakechatScene): Promise<void> {
  await Promise.all([programs.goesOn(10), browsers.goesOn(10)]);
  await Promise.all([programs.stop(), browsers.stop()]);
}

/** Every message that the app took is there once, and none that was refused. */
export async function expectMessagesIntact(scene: MakechatScene): Promise<void> {
  const messages = await messagesOf(scene);
  for (const traffic of [scene.programs, scene.browsers]) {
    expect(accountFor(traffic, messages)).toEqual(NOTHING_AMISS);
  }
}

/** The lines of the store. */
export function messagesOf({ stage }: MakechatScene): Promise<string> {
  return readFile(join(stage.directories.mongo, "messages.jsonl"), "utf8");
}

/** Ids of the messages in the dump that a run has made. */
export async function idsInBackup({ dir }: MakechatScene, run: string): Promise<string[]> {
  const backups = join(dir, "data", "upgrades", run, "backups");
  expect(await readdir(backups)).toEqual([`makechat-${run}.archive.gz`]);
  const dump = gunzipSync(await readFile(join(backups, `makechat-${run}.archive.gz`))).toString();
  const { messages }: { messages: string } = JSON.parse(dump.split("\n")[1] ?? "");
  return idsIn(messages);
}

/** What the app had said is stored, of requests that were answered by then. */
export function storedUntil(traffic: Traffic, at: number): string[] {
  const posts = traffic.sent.filter(({ status, answeredAt }) => status === 201 && (answeredAt ?? at) < at);
  return posts.map(({ id }) => id);
}

/** Names of all containers of the sandbox, running or not, without the gateway's. */
export async function containersOf({ stage }: MakechatScene): Promise<string[]> {
  const label = Object.entries(stage.sandbox.labels).map(([name, value]) => `${name}=${value}`);
  const all = await askEngine<{ Names: string[] }[]>("GET", `/containers/json?all=1&${filters({ label })}`);
  const names = all.map(({ Names }) => (Names[0] ?? "").slice(1));
  return names.filter((name) => name !== stage.sandbox.name(GATEWAY)).toSorted();
}

/** What a replacement takes over, whatever the new container's id. */
export async function belongingsOf({ stage }: MakechatScene, container: string) {
  const { Mounts = [], NetworkSettings, HostConfig } = (await stage.sandbox.inspect(container)) ?? {};
  const volumes = Mounts.map(({ Type, Name, Destination }) => ({ Type, Name, Destination }));
  return {
    volumes: volumes.toSorted((one, other) => one.Destination.localeCompare(other.Destination)),
    address: NetworkSettings?.Networks[NETWORK]?.IPAddress,
    restart: HostConfig?.RestartPolicy,
  };
}

/** By which a run keeps the images of before. */
export async function rollbackTagsOf(run: string): Promise<string[]> {
  const images = await askEngine<{ RepoTags: string[] | null }[]>("GET", "/images/json");
  const tags = images.flatMap(({ RepoTags }) => RepoTags ?? []);
  return tags.filter((tag) => tag.startsWith(`holdgate/rollback:${run}`)).toSorted();
}

export type Before = Awaited<ReturnType<typeof lookAtAll>>;

export async function lookAtAll() {
  return Promise.all([APP, WEB, MONGO].map((name) => inspectForComparison(name)));
}

/** The same containers with the same settings, and nothing beside them. */
export async function expectAsBefore(scene: MakechatScene, before: Before): Promise<void> {
  expect(await lookAtAll()).toEqual(before);
  expect(await containersOf(scene)).toEqual([APP, MONGO, WEB]);
}
