// A clone from the same image, asked of a real engine: an inspect of it says what that of the first one said, but for
// ids, times and names.

import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { cloneContainer, joinsOf, noChange } from "../../src/docker/clone-container.ts";
import { connectEngine } from "../../src/docker/connect-engine.ts";
import type { ContainerInspect } from "../../src/docker/engine.ts";
import { namesOfShared } from "../../src/docker/names-of-shared.ts";
import type { ContainerOptions } from "../support/docker/container-body.ts";
import { openSandbox } from "../support/docker/sandbox.ts";
import { whyLeftOut } from "../support/requirements.ts";

const leftOut = whyLeftOut("docker");
const sandbox = openSandbox("clone");
const engine = connectEngine();

beforeEach(({ skip }) => skip(leftOut !== null, leftOut ?? ""));
afterAll(async () => {
  engine.close();
  if (leftOut === null) await sandbox.close();
});

async function inspect(id: string): Promise<ContainerInspect> {
  const found = await engine.containers.inspect(id);
  if (found === undefined) throw new Error(`${id} is gone`);
  return found;
}

/** Both as they ran, one after the other. */
async function roundTrip(
  part: string,
  options: ContainerOptions,
): Promise<[ContainerInspect, ContainerInspect]> {
  const id = await sandbox.run(part, options);
  const before = await inspect(id);
  const image = await engine.images.inspect(before.Image);
  const body = cloneContainer({
    container: before,
    oldImage: image,
    image: before.Config.Image,
    imageId: before.Image,
    change: noChange("in-place"),
    labels: {},
    nameOf: await namesOfShared(before, engine),
  });
  const name = sandbox.name(`${part}-again`);
  const again = await engine.containers.create({ name, body });
  for (const { network, endpoint } of joinsOf(before, "in-place").others) {
    await engine.networks.connect(network, again, endpoint);
  }
  await engine.containers.stop(id, { timeoutS: 0 });
  await engine.containers.start(again);
  return [before, await inspect(again)];
}

const OWN = /^(?:Id|Created|Name|State|RestartCount|\w+Path|SandboxID|SandboxKey|EndpointID|GraphDriver)$/;

/** Without what belongs to one container alone; the short id stands among the aliases and may be the host name. */
function lasting({ Id, ...inspected }: ContainerInspect): ContainerInspect {
  const { Mounts, ...rest } = inspected;
  const text = JSON.stringify(rest, (key, value: unknown) => (OWN.test(key) ? undefined : value));
  return { ...JSON.parse(text.replaceAll(Id.slice(0, 12), "its-own-id")), Mounts };
}

const sleep = ["sh", "-c", "trap 'exit 0' TERM; sleep 1000 & wait"];

function plainImage(Volumes: Record<string, object> = {}): Promise<{ ref: string }> {
  return sandbox.image(Object.keys(Volumes).length === 0 ? "plain" : "stateful", {
    base: "busybox",
    files: {},
    config: {
      Env: ["PATH=/bin", "VERSION=1"],
      Cmd: sleep,
      Labels: { version: "1" },
      ExposedPorts: { "8080/tcp": {} },
      Volumes,
      Healthcheck: { Test: ["CMD", "true"], Interval: 60_000_000_000 },
    },
  });
}

const CONFINED = {
  ReadonlyRootfs: true,
  Tmpfs: { "/run": "size=1m" },
  CapDrop: ["ALL"],
  CapAdd: ["NET_BIND_SERVICE"],
  SecurityOpt: ["no-new-privileges"],
  Memory: 64 * 1024 ** 2,
  NanoCpus: 500_000_000,
  PidsLimit: 50,
  Ulimits: [{ Name: "nofile", Soft: 100, Hard: 200 }],
  LogConfig: { Type: "json-file", Config: { "max-size": "1m", "max-file": "2" } },
  ExtraHosts: ["other:10.1.2.3"],
  Dns: ["10.1.2.3"],
  Sysctls: { "net.ipv4.ip_unprivileged_port_start": "0" },
  Init: true,
  ShmSize: 8 * 1024 ** 2,
  OomScoreAdj: 100,
  GroupAdd: ["1234"],
};

describe("a clone on a real engine", () => {
  test("has the networks, the static addresses, the aliases and the links", async () => {
    const { ref: image } = await plainImage();
    const [front, back] = [await sandbox.network("front"), await sandbox.network("back", { internal: true })];
    await sandbox.run("db", { image, networks: [{ network: back.name }] });
    const networks = [
      { network: front.name, address: front.address(9), aliases: ["web", "www"] },
      { network: back.name, address: back.address(9), aliases: ["app"] },
    ];
    const [before, after] = await roundTrip("web", {
      image,
      networks,
      config: { Hostname: "the-web", Domainname: "example.com", MacAddress: "02:42:0a:00:00:77" },
    });
    expect(lasting(after)).toEqual(lasting(before));
    expect(after.NetworkSettings.Networks[back.name]).toMatchObject({ IPAddress: back.address(9) });
    expect(after.Config.Hostname).toBe("the-web");
  });

  test("has its confinement, its limits, its log options and its restart policy", async () => {
    const { ref: image } = await plainImage();
    const [before, after] = await roundTrip("confined", {
      image,
      env: { SECRET: "s", VERSION: "mine" },
      labels: { "com.example": "x" },
      restart: "unless-stopped",
      config: {
        User: "1000",
        WorkingDir: "/tmp",
        StopSignal: "SIGINT",
        StopTimeout: 33,
        Tty: true,
        OpenStdin: true,
        Healthcheck: { Test: ["CMD", "true"], Interval: 5_000_000_000, Retries: 7 },
      },
      hostConfig: CONFINED,
    });
    expect(lasting(after)).toEqual(lasting(before));
  });
});

describe("what a clone on a real engine takes over from others", () => {
  test("has the data of volumes with and without a name, and the published port", async () => {
    const { ref: image } = await plainImage({ "/data": {} });
    const named = await sandbox.volume("named");
    const write = ["sh", "-c", "test -e /data/is || echo kept > /data/is; exec sleep 1000"];
    const [before, after] = await roundTrip("stateful", {
      image,
      command: write,
      binds: [`${named}:/named`, "/tmp:/host:ro"],
      ports: { "8080/tcp": 0 },
      config: { Volumes: { "/more": {} } },
      hostConfig: {
        Mounts: [
          { Type: "volume", Target: "/nameless" },
          { Type: "tmpfs", Target: "/scratch" },
        ],
      },
    });
    const volumes = (of: ContainerInspect) =>
      Object.fromEntries(of.Mounts.map((each) => [each.Destination, each.Name]));
    expect(volumes(after)).toEqual(volumes(before));
    expect(Object.keys(volumes(after))).toContain("/nameless");
    expect((await sandbox.exec(after.Id, "cat", "/data/is")).output).toBe("kept\n");
    expect(after.HostConfig.PortBindings).toEqual(before.HostConfig.PortBindings);
  });

  test("shares the network of another container, and its volumes", async () => {
    const { ref: image } = await plainImage();
    const provider = await sandbox.run("vpn", { image });
    const hostConfig = { NetworkMode: `container:${provider}`, VolumesFrom: [sandbox.name("vpn")] };
    const [before, after] = await roundTrip("inside", { image, hostConfig });
    expect(after.HostConfig.NetworkMode).toBe(before.HostConfig.NetworkMode);
    expect(after.HostConfig.VolumesFrom).toEqual(before.HostConfig.VolumesFrom);
  });

  test("is linked to the same container, under the same alias", async () => {
    const { ref: image } = await plainImage();
    await sandbox.run("linked", { image });
    const hostConfig = { Links: [`${sandbox.name("linked")}:database`] };
    const [, after] = await roundTrip("linking", { image, hostConfig });
    expect(after.HostConfig.Links).toEqual([
      `/${sandbox.name("linked")}:/${sandbox.name("linking-again")}/database`,
    ]);
  });
});
