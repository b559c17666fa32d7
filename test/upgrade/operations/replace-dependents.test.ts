// Containers that hold on to the one that is replaced, and one that is put beside, on a real engine.

import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { connectEngine } from "../../../src/docker/connect-engine.ts";
import type { ContainerInspect } from "../../../src/docker/engine.ts";
import { openSandbox } from "../../support/docker/sandbox.ts";
import { whyLeftOut } from "../../support/requirements.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { OperationRunner } from "../../support/upgrade/operation-runner.ts";

const leftOut = whyLeftOut("docker");
const sandbox = openSandbox("replace-dependents");
const engine = connectEngine();
const serve = ["sh", "-c", "trap 'exit 0' TERM; sleep 1000 & wait"];

beforeEach(({ skip }) => skip(leftOut !== null, leftOut ?? ""));
afterAll(async () => {
  engine.close();
  if (leftOut === null) await sandbox.close();
});

async function image(version: string): Promise<string> {
  const config = { Env: ["PATH=/bin", `VERSION=${version}`], Cmd: serve };
  return (await sandbox.image(`app${version}`, { base: "busybox", files: {}, config })).ref;
}

async function runner(): Promise<OperationRunner> {
  const run = `r${Math.random().toString(36).slice(2, 8)}`;
  return new OperationRunner({ engine, run, directory: await temporaryDirectory() });
}

async function inspect(part: string): Promise<ContainerInspect> {
  const found = await engine.containers.inspect(sandbox.name(part));
  if (found === undefined) throw new Error(`there is no container ${part}`);
  return found;
}

function plan(parts: Record<string, string>, ...steps: string[]): string {
  const targets = Object.entries(parts).map(
    ([target, part]) => `${target}: { container: ${sandbox.name(part)} }`,
  );
  return `name: x\ntargets: { ${targets.join(", ")} }\nsteps:\n${steps.map((step) => `  - ${step}\n`).join("")}`;
}

async function replaceStep(target: string, to = "2", more = ""): Promise<string> {
  return `replace: { target: ${target}, image: "${await image(to)}"${more} }`;
}

describe("a container that shares the network of the one that is replaced", () => {
  test("is named, and nothing is touched", async () => {
    const provider = await sandbox.run("vpn", { image: await image("1") });
    await sandbox.run("inside", {
      image: await image("1"),
      hostConfig: { NetworkMode: `container:${provider}` },
    });
    const upgrade = await runner();
    await expect(upgrade.upgrade(plan({ vpn: "vpn" }, await replaceStep("vpn")))).rejects.toThrow(
      `${sandbox.name("inside")} shares the network of ${sandbox.name("vpn")} and would hold on to the old container`,
    );
    expect((await inspect("vpn")).Id).toBe(provider);
  });

  test("follows when it is stopped before and replaced after, and so on the way back", async () => {
    const provider = await sandbox.run("router", { image: await image("1") });
    const hostConfig = { NetworkMode: `container:${provider}` };
    const guest = await sandbox.run("guest", { image: await image("1"), hostConfig });
    const upgrade = await runner();
    const steps = ["stop: [guest]", await replaceStep("router"), await replaceStep("guest")];
    await upgrade.upgrade(plan({ router: "router", guest: "guest" }, ...steps));
    const now = await inspect("guest");
    expect(now).toMatchObject({ State: { Running: true } });
    expect(now.HostConfig.NetworkMode).toBe(`container:${(await inspect("router")).Id}`);

    await upgrade.rollBack();
    expect(await inspect("router")).toMatchObject({ Id: provider, State: { Running: true } });
    expect(await inspect("guest")).toMatchObject({ Id: guest, State: { Running: true } });
  });
});

describe("a container that is linked to the one that is replaced", () => {
  test("in the default network, it would be left with the old one, so it is named", async () => {
    await sandbox.run("db", { image: await image("1") });
    const hostConfig = { Links: [`${sandbox.name("db")}:database`] };
    await sandbox.run("linked", { image: await image("1"), hostConfig });
    const upgrade = await runner();
    await expect(upgrade.upgrade(plan({ db: "db" }, await replaceStep("db")))).rejects.toThrow(
      `${sandbox.name("linked")} is linked to ${sandbox.name("db")} in the default network`,
    );
    const steps = ["stop: [linked]", await replaceStep("db"), await replaceStep("linked")];
    await upgrade.upgrade(plan({ db: "db", linked: "linked" }, ...steps));
    const { HostConfig, Name } = await inspect("linked");
    expect(HostConfig.Links).toEqual([`/${sandbox.name("db")}:${Name}/database`]);
    await upgrade.rollBack();
    expect(await inspect("linked")).toMatchObject({ State: { Running: true } });
  });

  test("in a network of their own it goes on, because links go by name there", async () => {
    const { name: network } = await sandbox.network("own");
    await sandbox.run("store", { image: await image("1"), networks: [{ network }] });
    const id = await sandbox.create("reader", { image: await image("1") });
    await engine.networks.disconnect("bridge", id, { force: true });
    await engine.networks.connect(network, id, { Links: [`${sandbox.name("store")}:database`] });
    await engine.containers.start(id);
    await (await runner()).upgrade(plan({ store: "store" }, await replaceStep("store")));
    const address = (await inspect("store")).NetworkSettings.Networks[network]?.IPAddress;
    expect((await sandbox.exec(id, "ping", "-c", "1", "database")).output).toContain(`(${address})`);
  });
});

describe("a container beside the old one", () => {
  test("has neither its address nor its port; retiring stops the old one, and the way back starts it again", async () => {
    const beside = await sandbox.network("beside");
    const network = beside.name;
    const old = await sandbox.run("blue", {
      image: await image("1"),
      networks: [{ network, address: beside.address(9), aliases: ["web"] }],
      ports: { "8080/tcp": 0 },
      restart: "always",
    });
    const upgrade = await runner();
    const name = `${sandbox.name("blue")}-${upgrade.run}`;
    const steps = [await replaceStep("app", "2", ", mode: beside"), "retire: { target: app, keep: 1 }"];
    await upgrade.upgrade(plan({ app: "blue" }, ...steps));

    const now = await engine.containers.inspect(name);
    expect(now).toMatchObject({ State: { Running: true }, HostConfig: { PortBindings: {} } });
    expect(now?.NetworkSettings.Networks[network]?.IPAMConfig).toBeNull();
    expect(now?.NetworkSettings.Networks[network]?.Aliases).not.toContain("web");
    const kept = await engine.containers.inspect(old);
    expect(kept).toMatchObject({
      Name: `/${sandbox.name("blue")}.holdgate-old-${upgrade.run}`,
      State: { Running: false },
      HostConfig: { RestartPolicy: { Name: "no" } },
    });

    await upgrade.rollBack();
    expect(await inspect("blue")).toMatchObject({
      Id: old,
      State: { Running: true },
      HostConfig: { RestartPolicy: { Name: "always" } },
    });
    expect(await engine.containers.inspect(name)).toBeUndefined();
  });
});
