// What a test looks at of mcloud while it is upgraded and afterwards: its data, its containers, what the engine did.

import { request } from "node:http";
import { text } from "node:stream/consumers";
import { expect } from "vitest";
import { auditAnswer } from "../../../../src/admin/schemas/answer-schemas.ts";
import { callAdmin } from "../../call-admin.ts";
import { askEngine, callEngine, filters } from "../../docker/call-engine.ts";
import { eventually } from "../../eventually.ts";
import { inspectForComparison } from "../compare-inspect.ts";
import { accountFor, type StoreAccount } from "../traffic.ts";
import { type McloudScene, TEST_HOST } from "./mcloud-scene.ts";
import type { Tenant, TenantName } from "./mcloud.ts";

/** Of every message that was posted, in the files of a tenant and in the memory of its Redis. */
export async function accountsOf(
  { stage, traffic }: McloudScene,
  tenant: TenantName,
): Promise<{ data: StoreAccount; redis: StoreAccount }> {
  const { data, redis } = stage.tenants[tenant];
  const file = (await stage.sandbox.readVolume(data, "messages.jsonl")) ?? "";
  const list = await stage.sandbox.exec(redis, "redis-cli", "LRANGE", "messages", "0", "-1");
  return { data: accountFor(traffic, file), redis: accountFor(traffic, list.output) };
}

/** The version behind the test host; what it answered when there is none. */
export async function versionAtTestHost({ gateway: { port } }: McloudScene): Promise<string> {
  const headers = { Host: TEST_HOST };
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const outgoing = request({ host: "127.0.0.1", port, path: "/version", headers, agent: false });
  outgoing.on("error", reject).on("response", (answer) => {
    const version = answer.headers["x-version"]?.toString() ?? `status ${answer.statusCode}`;
    text(answer).then(() => resolve(version), reject);
  });
  outgoing.end();
  return promise;
}

/** `running`, `exited`, `paused`, by the name of the container. */
export async function statesOf({ stage: { sandbox } }: McloudScene): Promise<Record<string, string>> {
  const label = Object.entries(sandbox.labels).map(([name, value]) => `${name}=${value}`);
  const query = `all=1&${filters({ label })}`;
  const all = await askEngine<{ Names: string[]; State: string }[]>("GET", `/containers/json?${query}`);
  return Object.fromEntries(all.map(({ Names, State }) => [(Names[0] ?? "").slice(1), State]));
}

/** Containers and images that a run has left. */
export async function leftOf(run: string): Promise<string[]> {
  const query = `all=1&${filters({ label: [`holdgate.run=${run}`] })}`;
  const containers = await askEngine<{ Names: string[] }[]>("GET", `/containers/json?${query}`);
  const images = await askEngine<{ RepoTags: string[] | null }[]>("GET", "/images/json");
  const tags = images.flatMap(({ RepoTags }) => RepoTags ?? []).filter((tag) => tag.includes(run));
  return [...containers.flatMap(({ Names }) => Names.map((name) => name.slice(1))), ...tags].toSorted();
}

export interface Before {
  containers: Record<string, Awaited<ReturnType<typeof inspectForComparison>>>;
  states: Record<string, string>;
}

/** All containers as they are. */
export async function lookAt(scene: McloudScene): Promise<Before> {
  const names = Object.values(scene.stage.tenants).flatMap(({ flask, redis }) => [flask, redis]);
  const found = await Promise.all(names.map(async (name) => [name, await inspectForComparison(name)]));
  return { containers: Object.fromEntries(found), states: await statesOf(scene) };
}

/** The same containers with the same settings, and nothing of the run beside them. */
export async function expectUntouched(scene: McloudScene, before: Before, run: string): Promise<void> {
  expect(await lookAt(scene)).toEqual(before);
  expect(await leftOf(run)).toEqual([]);
}

/** Ids of messages that this version said it has stored. */
export function storedBy({ traffic }: McloudScene, by: string): string[] {
  const posts = traffic.sent.filter(({ method, status }) => method === "POST" && status === 201);
  return posts.filter(({ version }) => version === by).map(({ id }) => id);
}

/** Whether all users are served again, those on WebSockets included. */
export async function everybodyIsBack({ traffic }: McloudScene): Promise<void> {
  await traffic.goesOn(20);
  await eventually(() => expect(traffic.sockets.every(({ isOnline }) => isOnline)).toBe(true));
}

interface EngineEvent {
  Action: string;
  Actor: { Attributes: { name?: string } };
}

/** What was done to the containers of a tenant since then, in order: `pause flask.tenanta_…`. */
export async function doneTo({ flask, redis }: Tenant, sinceMs: number): Promise<string[]> {
  const until = Date.now() / 1000;
  const which = filters({ type: ["container"], container: [flask, redis] });
  const { body } = await callEngine("GET", `/events?since=${sinceMs / 1000}&until=${until}&${which}`);
  const lines = body
    .toString()
    .split("\n")
    .filter((line) => line !== "");
  const events = lines.map((line): EngineEvent => JSON.parse(line));
  const told = events.filter(({ Action }) => /^(pause|unpause|start|die|exec_start: .*SAVE)/.test(Action));
  return told.map(({ Action, Actor }) => `${Action.replace(/^exec_start: /, "")} ${Actor.Attributes.name}`);
}

/** What the gateway was told and has done, in order: `hold`, `cutover`, `release`. */
export async function ordersOf({ gateway }: McloudScene): Promise<string[]> {
  const { body } = await callAdmin(gateway.adminSocket, "GET", "/admin/audit");
  const { entries } = auditAnswer.parse(body);
  const done = entries.filter(({ outcome }) => outcome === "done");
  return done.toSorted((one, other) => one.version - other.version).map(({ action }) => action);
}
