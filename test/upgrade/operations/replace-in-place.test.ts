// A container replaced in place on a real engine, and put back.

import { readFile } from "node:fs/promises";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { connectEngine } from "../../../src/docker/connect-engine.ts";
import type { ContainerInspect } from "../../../src/docker/engine.ts";
import { retireContainers } from "../../../src/upgrade/operations/retire-containers.ts";
import { askEngine } from "../../support/docker/call-engine.ts";
import { openSandbox, type SandboxNetwork } from "../../support/docker/sandbox.ts";
import { whyLeftOut } from "../../support/requirements.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { OperationRunner } from "../../support/upgrade/operation-runner.ts";
import { performContext } from "../../support/upgrade/perform-context.ts";
import { common } from "./on-engine.ts";

const leftOut = whyLeftOut("docker");
const sandbox = openSandbox("replace-in-place");
const engine = connectEngine();
const serve = ["sh", "-c", "echo $VERSION; trap 'exit 0' TERM; sleep 1000 & wait"];

beforeEach(({ skip }) => skip(leftOut !== null, leftOut ?? ""));
afterAll(async () => {
  engine.close();
  if (leftOut === null) await sandbox.close();
});

async function image(version: string): Promise<string> {
  const config = { Env: ["PATH=/bin", `VERSION=${version}`], Cmd: serve, Volumes: { "/data": {} } };
  const { ref } = await sandbox.image(`app${version}`, { base: "busybox", files: {}, config });
  return ref;
}

async function runner(meanwhile?: () => Promise<void>): Promise<OperationRunner> {
  const directory = await temporaryDirectory();
  const run = `r${Math.random().toString(36).slice(2, 8)}`;
  return new OperationRunner({ engine, run, directory, ...(meanwhile && { meanwhile }) });
}

async function inspect(name: string): Promise<ContainerInspect> {
  const found = await engine.containers.inspect(name);
  if (found === undefined) throw new Error(`there is no container ${name}`);
  return found;
}

/** What must be as before when a replacement was undone. */
function standing({ State, Config, HostConfig, Mounts, NetworkSettings, Name, Image, Id }: ContainerInspect) {
  const endpoints = Object.entries(NetworkSettings.Networks).map(([network, endpoint]) => {
    const { IPAMConfig, Aliases, Links, IPAddress, MacAddress } = endpoint;
    return { network, IPAMConfig, Aliases, Links, IPAddress, MacAddress };
  });
  return { Id, Name, Image, Config, HostConfig, Mounts, running: State.Running, endpoints };
}

interface App {
  name: string;
  front: SandboxNetwork;
  back: SandboxNetwork;
}

/** One that has all that makes a replacement hard. */
async function startApp(part: string): Promise<App> {
  const front = await sandbox.network(`${part}-front`);
  const back = await sandbox.network(`${part}-back`);
  const id = await sandbox.run(part, {
    image: await image("1"),
    networks: [
      { network: front.name, address: front.address(9), aliases: ["web"] },
      { network: back.name, address: back.address(9), aliases: ["app"] },
    ],
    env: { SECRET: "hush" },
    ports: { "8080/tcp": 0 },
    restart: "always",
  });
  await sandbox.exec(
    id,
    "sh",
    "-c",
    "echo kept > /data/row; echo conf > /root/app.conf; chmod 600 /root/app.conf",
  );
  return { name: sandbox.name(part), front, back };
}

function planFor(name: string, to: string, more = ""): string {
  return `name: x\ntargets: { app: { container: ${name} } }\nsteps:\n  - replace: { target: app, image: "${to}"${more} }\n`;
}

describe("replacing in place", () => {
  test("gives the new container everything that the old one had, and keeps the old one down", async () => {
    const { name, front, back } = await startApp("app");
    const old = await inspect(name);
    const upgrade = await runner();
    await upgrade.upgrade(planFor(name, await image("2"), ", carryFiles: [/root/app.conf]"));

    const now = await inspect(name);
    expect(now.State.Running).toBe(true);
    expect(now.Config.Env).toEqual(["SECRET=hush", "PATH=/bin", "VERSION=2"]);
    expect(now.NetworkSettings.Networks[front.name]?.IPAddress).toBe(front.address(9));
    expect(now.NetworkSettings.Networks[back.name]).toMatchObject({ IPAddress: back.address(9) });
    expect(now.NetworkSettings.Networks[back.name]?.Aliases).toContain("app");
    expect((await sandbox.exec(now.Id, "cat", "/data/row", "/root/app.conf")).output).toBe("kept\nconf\n");
    expect((await sandbox.exec(now.Id, "stat", "-c", "%a", "/root/app.conf")).output).toBe("600\n");
    const kept = await inspect(old.Id);
    expect(kept.State.Running).toBe(false);
    expect(kept.Name).toMatch(/\.holdgate-old-r/);
    expect(kept.HostConfig.RestartPolicy.Name).toBe("no");
    const tags = (await engine.images.inspect(old.Image))?.RepoTags ?? [];
    expect(tags.filter((tag) => tag.startsWith("holdgate/rollback:"))).not.toEqual([]);
  });

  test("is undone without a trace, but for the log of the container that went", async () => {
    const { name } = await startApp("undone");
    const before = standing(await inspect(name));
    const upgrade = await runner();
    await upgrade.upgrade(planFor(name, await image("2")));
    const failed = await inspect(name);
    await upgrade.rollBack();

    expect(standing(await inspect(name))).toEqual(before);
    expect(await engine.containers.inspect(failed.Id)).toBeUndefined();
    const log = await readFile(`${upgrade.directory}/logs/${name}.holdgate-new-${upgrade.run}.log`, "utf8");
    expect(log).toBe("2\n");
  });
});

test("a replacement whose new container somebody has removed by hand is undone all the same", async () => {
  const { name } = await startApp("removed");
  const before = standing(await inspect(name));
  const upgrade = await runner();
  await upgrade.upgrade(planFor(name, await image("2")));
  await engine.containers.remove((await inspect(name)).Id, { force: true, volumes: false });
  await upgrade.rollBack();
  expect(standing(await inspect(name))).toEqual(before);
});

describe("a thief", () => {
  test("of the address is named, and the start succeeds once it has gone", async () => {
    const { name, front } = await startApp("robbed");
    const thief = await sandbox.create("thief", {
      image: await image("1"),
      networks: [{ network: front.name, address: front.address(9) }],
    });
    const upgrade = await runner();
    const operations = await upgrade.operationsOf(planFor(name, await image("2")));
    await upgrade.perform(operations.slice(0, -1));
    await engine.containers.start(thief);
    const start = upgrade.perform(operations.slice(-1));
    await expect(start).rejects.toMatchObject({
      kind: "failed",
      message: expect.stringContaining(
        `${front.address(9)} in ${front.name} belongs to the container ${sandbox.name("thief")}`,
      ),
    });
    await engine.containers.remove(thief, { force: true, volumes: true });
    await upgrade.perform(operations.slice(-1));
    expect((await inspect(name)).State.Running).toBe(true);
  });

  test("of the port is named, and the old container comes back when it has gone", async () => {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const id = await sandbox.run("published", { image: await image("1"), ports: { "8080/tcp": port } });
    const thief = await sandbox.create("port-thief", { image: await image("1"), ports: { "9/tcp": port } });
    const upgrade = await runner();
    const name = sandbox.name("published");
    const operations = await upgrade.operationsOf(planFor(name, await image("2")));
    await upgrade.perform(operations.slice(0, -1));
    await engine.containers.start(thief);
    await expect(upgrade.perform(operations.slice(-1))).rejects.toThrow(
      `the port ${port}/tcp is published by the container ${sandbox.name("port-thief")}`,
    );
    await engine.containers.remove(thief, { force: true, volumes: true });
    await upgrade.rollBack();
    expect(await inspect(name)).toMatchObject({ Id: id, State: { Running: true } });
  });
});

describe("what does not let itself be carried over", () => {
  test("a file of a container whose root is read-only, with the remedy", async () => {
    await sandbox.run("sealed", { image: await image("1"), hostConfig: { ReadonlyRootfs: true } });
    const upgrade = await runner();
    const plan = planFor(sandbox.name("sealed"), await image("2"), ", carryFiles: [/etc/passwd]");
    await expect(upgrade.upgrade(plan)).rejects.toThrow(
      "is read-only; mount the file into the container instead",
    );
    expect(await inspect(sandbox.name("sealed"))).toMatchObject({ State: { Running: true } });
    await upgrade.rollBack();
  });

  test("a new image that is not here, before anything has stopped", async () => {
    await sandbox.run("early", { image: await image("1") });
    const upgrade = await runner();
    await expect(upgrade.upgrade(planFor(sandbox.name("early"), "nowhere/app:9"))).rejects.toThrow(
      "is not on this engine",
    );
    expect(await inspect(sandbox.name("early"))).toMatchObject({ State: { Running: true } });
  });
});

describe("retiring", () => {
  test("removes all old containers but the newest, and their tags", async () => {
    const id = await sandbox.run("aged", { image: await image("1") });
    const name = sandbox.name("aged");
    const runs = [await runner(), await runner()];
    for (const upgrade of runs)
      await upgrade.upgrade(planFor(name, await image("2"), ", labels: { holdgate.test: x }"));
    const last = await runner();
    const steps = "steps:\n  - retire: { target: app, keep: 1 }\n";
    await last.upgrade(`name: x\ntargets: { app: { container: ${name} } }\n${steps}`);

    expect(await engine.containers.inspect(id)).toBeUndefined();
    const left = await engine.containers.list({ labels: [`holdgate.sandbox=${sandbox.prefix}`] });
    const names = left.map((each) => each.name).filter((each) => each.startsWith(name));
    expect(names.toSorted()).toEqual([name, `${name}.holdgate-old-${runs[1]?.run}`]);
    const images = await askEngine<{ RepoTags: string[] | null }[]>("GET", "/images/json");
    const tags = images.flatMap(({ RepoTags }) => RepoTags ?? []);
    expect(tags).not.toContain(`holdgate/rollback:${runs[0]?.run}-app`);
    expect(tags).toContain(`holdgate/rollback:${runs[1]?.run}-app`);
  });
});

test("a retiring whose runner was killed between a container and its tag lets go of the tag too", async () => {
  const old = await sandbox.run("half-gone", { image: await image("1") });
  const name = sandbox.name("half-gone");
  const upgrade = await runner();
  await upgrade.upgrade(planFor(name, await image("2"), ", labels: { holdgate.test: x }"));
  const retire = { ...common("retire.remove-old"), kind: "retire-containers", name } as const;
  const operation = { ...retire, target: "app", keep: 0 };
  const kill = () => Promise.reject(new Error("kill -9"));
  const context = performContext({ engine: { ...engine, images: { ...engine.images, untag: kill } } });
  await expect(retireContainers.perform(operation, context)).rejects.toThrow("kill -9");
  expect(await engine.containers.inspect(old)).toBeUndefined();

  const tag = `holdgate/rollback:${upgrade.run}-app`;
  expect(await engine.images.inspect(tag)).toBeDefined();
  const next = Object.assign(performContext({ engine }), { again: true, notes: context.notes });
  expect(await retireContainers.perform(operation, next)).toMatchObject({ untagged: [tag] });
  expect(await engine.images.inspect(tag)).toBeUndefined();
});

test("a replacement by an image that has taken the old one's name is undone, and the old image stays", async () => {
  const part = { base: "busybox", config: { Cmd: serve } } as const;
  const { ref } = await sandbox.image("moving", { ...part, files: { "/v": "1" } });
  const next = await sandbox.image("moved", { ...part, files: { "/v": "2" } });
  const id = await sandbox.run("moving", { image: ref });
  const { Image } = await inspect(id);
  await engine.images.tag(next.ref, ref);
  const upgrade = await runner();
  await upgrade.upgrade(planFor(sandbox.name("moving"), ref));
  await upgrade.rollBack();
  expect(await inspect(id)).toMatchObject({ Name: `/${sandbox.name("moving")}`, State: { Running: true } });
  expect(await engine.images.inspect(Image)).toBeDefined();
});
