// Networks, addresses, volumes and tags, against a real engine.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { connectEngine } from "../../src/docker/connect-engine.ts";
import type { Engine } from "../../src/docker/engine.ts";
import { busyboxImage } from "../support/docker/images.ts";
import { openSandbox, type SandboxNetwork } from "../support/docker/sandbox.ts";
import { whyLeftOut } from "../support/requirements.ts";

const leftOut = whyLeftOut("docker");
const sandbox = openSandbox("docker-networks");
const FOREVER = ["sleep", "1000"];

let engine: Engine;
let image: string;
let network: SandboxNetwork;

beforeAll(async () => {
  if (leftOut !== null) return;
  engine = connectEngine();
  image = (await busyboxImage()).ref;
  network = await sandbox.network("net");
});

afterAll(async () => {
  if (leftOut !== null) return;
  engine.close();
  await sandbox.close();
});

beforeEach(({ skip }) => skip(leftOut !== null, leftOut ?? ""));

function createAt(part: string, address: string): Promise<string> {
  const EndpointsConfig = { [network.name]: { IPAMConfig: { IPv4Address: address } } };
  const body = {
    Image: image,
    Cmd: FOREVER,
    Labels: sandbox.labels,
    HostConfig: { NetworkMode: network.name },
    NetworkingConfig: { EndpointsConfig },
  };
  return engine.containers.create({ name: sandbox.name(part), body });
}

describe("a static address", () => {
  test("can be promised to two containers, and only the start of the second is a conflict", async () => {
    const first = await createAt("first", network.address(10));
    const second = await createAt("second", network.address(10));
    await engine.containers.start(first);
    await expect(engine.containers.start(second)).rejects.toMatchObject({ kind: "conflict" });
    await engine.containers.stop(first, { timeoutS: 0 });
    await engine.containers.start(second);
    const found = await engine.containers.inspect(second);
    expect(found?.NetworkSettings.Networks[network.name]).toMatchObject({
      IPAMConfig: { IPv4Address: network.address(10) },
      IPAddress: network.address(10),
    });
  });
});

describe("connecting", () => {
  test("twice with one address is once; with another address it is refused", async () => {
    const id = await sandbox.run("connected", { image, command: FOREVER });
    const endpoint = { IPAMConfig: { IPv4Address: network.address(20) }, Aliases: ["chat"] };
    await engine.networks.connect(network.name, id, endpoint);
    await engine.networks.connect(network.name, id, endpoint);
    const other = { IPAMConfig: { IPv4Address: network.address(21) } };
    await expect(engine.networks.connect(network.name, id, other)).rejects.toMatchObject({
      kind: "conflict",
    });
    const there = await engine.networks.inspect(network.id);
    expect(there?.Containers[id]?.IPv4Address).toBe(`${network.address(20)}/24`);
  });

  test("and disconnecting twice is disconnected", async () => {
    const id = await sandbox.run("disconnected", { image, command: FOREVER });
    await engine.networks.connect(network.name, id, {});
    await engine.networks.disconnect(network.name, id, { force: false });
    await engine.networks.disconnect(network.name, id, { force: false });
    expect((await engine.networks.inspect(network.name))?.Containers[id]).toBeUndefined();
  });
});

describe("a port", () => {
  test("that another container has published is a conflict", async () => {
    const first = await sandbox.run("port", { image, command: FOREVER, ports: { "80/tcp": 0 } });
    const ports = (await engine.containers.inspect(first))?.NetworkSettings.Ports["80/tcp"];
    const taken = Number(ports?.[0]?.HostPort);
    const second = await sandbox.create("port-too", { image, command: FOREVER, ports: { "80/tcp": taken } });
    await expect(engine.containers.start(second)).rejects.toMatchObject({ kind: "conflict" });
  });
});

describe("volumes and tags", () => {
  test("a volume is found by its name", async () => {
    const name = await sandbox.volume("data");
    expect(await engine.volumes.inspect(name)).toMatchObject({ Name: name, Driver: "local" });
    expect(await engine.volumes.inspect(`${name}-too`)).toBeUndefined();
  });

  test("a tag keeps an image, and is taken off once and for all", async () => {
    const own = await sandbox.image("own", { base: "busybox", files: { "/own": "" }, config: {} });
    const tag = `${sandbox.name("kept")}:before`;
    await engine.images.tag(own.id, tag);
    const kept = await engine.images.inspect(tag);
    expect(kept?.RepoTags).toContain(tag);
    await engine.images.untag(tag);
    await engine.images.untag(tag);
    expect(await engine.images.inspect(tag)).toBeUndefined();
    expect((await engine.images.inspect(own.ref))?.Id).toBe(kept?.Id);
  });
});
