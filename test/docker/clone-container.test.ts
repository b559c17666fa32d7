// What is carried over to a clone, as tables; clone-round-trip.test.ts asks a real engine.

import { describe, expect, test } from "vitest";
import { cloneContainer, noChange } from "../../src/docker/clone-container.ts";
import type { CloneChange } from "../../src/docker/clone-container.ts";
import { joinsOf } from "../../src/docker/clone/network-joins.ts";
import { ownConfig } from "../../src/docker/clone/own-config.ts";
import type { ContainerConfig, ContainerInspect, ImageInspect } from "../../src/docker/engine.ts";
import { fakeEndpoint, fakeInspect } from "../support/docker/fake-inspect.ts";

const ID = "0123456789ab".padEnd(64, "f");

function imageWith(Config: Partial<ContainerConfig>): ImageInspect {
  return {
    Id: "sha256:old",
    RepoTags: [],
    RepoDigests: [],
    Os: "linux",
    Architecture: "amd64",
    Size: 1,
    Config,
  };
}

interface Clone {
  container?: Partial<ContainerInspect>;
  config?: Partial<ContainerConfig>;
  host?: Partial<ContainerInspect["HostConfig"]>;
  networks?: ContainerInspect["NetworkSettings"]["Networks"];
  image?: Partial<ContainerConfig>;
  change?: Partial<CloneChange>;
  names?: Record<string, string>;
}

function containerOf({ container, config, host, networks = {} }: Clone): ContainerInspect {
  const base = fakeInspect(ID, { name: "web" });
  return {
    ...base,
    Config: { ...base.Config, Hostname: ID.slice(0, 12), ...config },
    HostConfig: { ...base.HostConfig, ...host },
    NetworkSettings: { Networks: networks, Ports: {} },
    ...container,
  };
}

function clone(given: Clone): Record<string, unknown> & { HostConfig: Record<string, unknown> } {
  const body = cloneContainer({
    container: containerOf(given),
    oldImage: imageWith(given.image ?? {}),
    image: "app:2",
    imageId: "sha256:new",
    change: { ...noChange("in-place"), ...given.change },
    labels: {},
    nameOf: (id) => given.names?.[id],
  });
  return { ...body, HostConfig: { ...Object(body["HostConfig"]) } };
}

describe("what is the container's own", () => {
  const base = containerOf({}).Config;
  const own = (config: Partial<ContainerConfig>, image: Partial<ContainerConfig>) =>
    ownConfig({ ...base, Cmd: null, Env: null, ...config }, image);

  test("variables count as a whole, name and value", () => {
    const config = own({ Env: ["PATH=/bin", "A=1", "B=2"] }, { Env: ["PATH=/bin", "A=0"] });
    expect(config["Env"]).toEqual(["A=1", "B=2"]);
  });

  test("labels, ports and volumes that the image has are left to the image", () => {
    const both = { "8080/tcp": {} };
    const config = own(
      {
        Labels: { a: "1", b: "2" },
        ExposedPorts: { ...both, "9/udp": {} },
        Volumes: { "/data": {}, "/x": {} },
      },
      { Labels: { a: "1", b: "0" }, ExposedPorts: both, Volumes: { "/data": {} } },
    );
    expect(config).toMatchObject({
      Labels: { b: "2" },
      ExposedPorts: { "9/udp": {} },
      Volumes: { "/x": {} },
    });
    expect(config["ExposedPorts"]).not.toHaveProperty("8080/tcp");
  });

  test.each([
    ["nothing of its own", { Entrypoint: ["/e"], Cmd: ["c"] }, {}],
    ["a command", { Entrypoint: ["/e"], Cmd: ["d"] }, { Cmd: ["d"] }],
    [
      "an entrypoint, and so the command too",
      { Entrypoint: ["/x"], Cmd: ["c"] },
      { Entrypoint: ["/x"], Cmd: ["c"] },
    ],
    ["an entrypoint that was taken away", { Entrypoint: null, Cmd: ["c"] }, { Entrypoint: [""], Cmd: ["c"] }],
  ])("%s", (_, config, expected) => {
    const { Entrypoint, Cmd } = own(config, { Entrypoint: ["/e"], Cmd: ["c"] });
    expect(JSON.parse(JSON.stringify({ Entrypoint, Cmd }))).toEqual(expected);
  });

  test.each([
    ["inherited", { Test: ["CMD", "a"], Retries: 3 }, undefined],
    ["with another interval, the test stays the image's", { Test: ["CMD", "a"], Retries: 9 }, { Retries: 9 }],
    ["switched off", { Test: ["NONE"] }, { Test: ["NONE"] }],
  ])("a health check %s", (_, Healthcheck, expected) => {
    expect(own({ Healthcheck }, { Healthcheck: { Test: ["CMD", "a"], Retries: 3 } })["Healthcheck"]).toEqual(
      expected,
    );
  });

  test("without the old image's configuration everything is", () => {
    const given = { config: { Env: ["PATH=/bin"], User: "app" }, image: { Env: ["PATH=/bin"], User: "app" } };
    expect(clone(given)).toMatchObject({ Env: [] });
    expect(clone(given)).not.toHaveProperty("User");
    expect(clone({ ...given, change: { assumeAllExplicit: true } })).toMatchObject({
      Env: ["PATH=/bin"],
      User: "app",
    });
  });
});

describe("the identity of a container", () => {
  test("a host name that the engine made is not carried over, one that was given is", () => {
    expect(clone({})).not.toHaveProperty("Hostname");
    expect(clone({ config: { Hostname: "db" } })).toMatchObject({ Hostname: "db" });
    const shared = { config: { Hostname: "db" }, host: { NetworkMode: "container:abc" } };
    expect(clone(shared)).not.toHaveProperty("Hostname");
  });

  const endpoint = {
    IPAMConfig: { IPv4Address: "10.0.0.5" },
    Aliases: ["web", ID.slice(0, 12), "web"],
    IPAddress: "10.0.0.5",
    MacAddress: "02:42:00:00:00:05",
    DriverOpts: { a: "b" },
  };
  const networks = { back: fakeEndpoint("back"), front: { ...fakeEndpoint("front"), ...endpoint } };
  const host = { NetworkMode: "front" };

  test("in place it has its address and aliases; the other networks are joined later", () => {
    const container = containerOf({ networks, host });
    expect(clone({ networks, host })["NetworkingConfig"]).toEqual({
      EndpointsConfig: {
        front: { IPAMConfig: { IPv4Address: "10.0.0.5" }, Aliases: ["web"], DriverOpts: { a: "b" } },
      },
    });
    expect(joinsOf(container, "in-place").others).toEqual([{ network: "back", endpoint: {} }]);
  });

  test.each(["beside", "one-off"] as const)(
    "%s it has neither, nor ports, nor a hardware address",
    (mode) => {
      const config = { MacAddress: "02:42:00:00:00:05" };
      const ports = { PortBindings: { "80/tcp": [{ HostIp: "", HostPort: "80" }] }, PublishAllPorts: true };
      const body = clone({ networks, config, host: { ...host, ...ports }, change: { mode } });
      expect(body["NetworkingConfig"]).toEqual({ EndpointsConfig: { front: { DriverOpts: { a: "b" } } } });
      expect(body["MacAddress"]).toBe("");
      expect(body.HostConfig).toMatchObject({ PortBindings: {}, PublishAllPorts: false });
    },
  );

  test("a network named by its id, and one that was left since", () => {
    const byId = { ...fakeEndpoint("front"), NetworkID: "a".repeat(64) };
    const found = joinsOf(
      containerOf({
        networks: { back: fakeEndpoint("back"), front: byId },
        host: { NetworkMode: "a".repeat(64) },
      }),
      "in-place",
    );
    expect(found.first?.network).toBe("front");
    expect(clone({ networks: { back: fakeEndpoint("back") }, host }).HostConfig["NetworkMode"]).toBe("back");
    expect(clone({ networks: {}, host }).HostConfig["NetworkMode"]).toBe("none");
  });
});

describe("what a container shares", () => {
  test.each(["host", "none", "container:abc"])("the network mode %s has no endpoints", (NetworkMode) => {
    const body = clone({ networks: { [NetworkMode]: fakeEndpoint("x") }, host: { NetworkMode } });
    expect(body["NetworkingConfig"]).toEqual({ EndpointsConfig: {} });
    expect(body.HostConfig["NetworkMode"]).toBe(NetworkMode);
  });

  test("other containers are named by the names they serve under, whatever has become of them", () => {
    const shares = {
      NetworkMode: "container:abc",
      PidMode: "container:def",
      VolumesFrom: ["0123456789ab:ro", "files"],
      Links: ["/db.holdgate-old-r1:/web/database"],
    };
    const names = { abc: "/vpn.holdgate-old-r1", def: "/debug", "0123456789ab": "/files" };
    expect(clone({ host: shares, names }).HostConfig).toMatchObject({
      NetworkMode: "container:vpn",
      PidMode: "container:debug",
      VolumesFrom: ["files:ro", "files"],
      Links: ["db:database"],
    });
  });
});

describe("volumes", () => {
  const mount = { Type: "volume", Source: "/var/lib/x", Driver: "local", Mode: "", RW: true };
  const Mounts = [
    { ...mount, Name: "named", Destination: "/named" },
    { ...mount, Name: "a".repeat(64), Destination: "/anonymous" },
    { ...mount, Name: "b".repeat(64), Destination: "/nameless", RW: false },
    { ...mount, Type: "bind", Destination: "/host" },
  ];
  const host = {
    Binds: ["named:/named", "/srv:/host:ro"],
    Mounts: [
      { Type: "volume", Target: "/nameless" },
      { Type: "tmpfs", Target: "/run" },
    ],
  };

  test("those without a name are mounted by the name that the engine gave them", () => {
    expect(clone({ container: { Mounts }, host }).HostConfig).toMatchObject({
      Binds: ["named:/named", "/srv:/host:ro"],
      Mounts: [
        { Type: "tmpfs", Target: "/run" },
        { Type: "volume", Source: "a".repeat(64), Target: "/anonymous" },
        { Type: "volume", Source: "b".repeat(64), Target: "/nameless", ReadOnly: true },
      ],
    });
  });

  test("added ones take the place of those at the same path", () => {
    const volumes = ["other:/named", "/scratch", "more:/more:ro"];
    const body = clone({ container: { Mounts }, host, change: { volumes } });
    expect(body["Volumes"]).toEqual({ "/scratch": {} });
    expect(clone({ host, change: { volumes } }).HostConfig["Binds"]).toEqual([
      "/srv:/host:ro",
      "other:/named",
      "more:/more:ro",
    ]);
  });
});

describe("what is changed", () => {
  test("variables replace those of the same name", () => {
    const env = { A: "3", C: "4" };
    expect(clone({ config: { Env: ["A=1", "AB=2"] }, change: { env } })["Env"]).toEqual([
      "AB=2",
      "A=3",
      "C=4",
    ]);
  });

  test("another entrypoint drops the command that belonged to the former one", () => {
    const config = { Entrypoint: ["/e"], Cmd: ["serve"] };
    expect(clone({ config, change: { entrypoint: ["/m"] } })).toMatchObject({ Entrypoint: ["/m"], Cmd: [] });
    expect(clone({ config, change: { command: ["migrate"] } })).toMatchObject({
      Entrypoint: ["/e"],
      Cmd: ["migrate"],
    });
  });

  test("a one-off has no health check, does not come back, and is no container of the Compose service", () => {
    const config = { Labels: { "com.docker.compose.project": "p", "com.docker.compose.config-hash": "h" } };
    const host = { RestartPolicy: { Name: "always", MaximumRetryCount: 0 } };
    const body = clone({ config, host, change: { mode: "one-off" } });
    expect(body).toMatchObject({
      Healthcheck: { Test: ["NONE"] },
      Labels: { "com.docker.compose.oneoff": "True", "com.docker.compose.config-hash": "h" },
      HostConfig: { RestartPolicy: { Name: "no" }, AutoRemove: false },
    });
  });

  test("Compose is told which image it is, and that its configuration is the same", () => {
    const Labels = {
      "com.docker.compose.project": "p",
      "com.docker.compose.config-hash": "h",
      "com.docker.compose.image": "sha256:old",
    };
    expect(clone({ config: { Labels } })["Labels"]).toEqual({
      ...Labels,
      "com.docker.compose.image": "sha256:new",
    });
  });
});
