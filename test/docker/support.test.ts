// The ground that the tests with a real engine stand on.

import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { askEngine, callEngine, filters } from "../support/docker/call-engine.ts";
import { openSandbox, type Sandbox } from "../support/docker/sandbox.ts";
import { eventually } from "../support/eventually.ts";
import { whyLeftOut } from "../support/requirements.ts";

const leftOut = whyLeftOut("docker");
const sandbox: Sandbox = openSandbox("support");

beforeEach(({ skip }) => skip(leftOut !== null, leftOut ?? ""));
afterAll(async () => {
  if (leftOut === null) await sandbox.close();
});

async function outputOf(part: string, image: string, command: string[]): Promise<string> {
  const id = await sandbox.run(part, { image, command });
  await eventually(async () => expect((await sandbox.inspect(id))?.State.Status).toBe("exited"));
  return sandbox.logs(id);
}

describe("images made from nothing", () => {
  test("busybox has a shell and its applets", async () => {
    const { ref } = await sandbox.image("busybox", {
      base: "busybox",
      files: { "/greeting": "hello\n" },
      config: {},
    });
    expect(await outputOf("shell", ref, ["sh", "-c", "cat /greeting | tr a-z A-Z"])).toBe("HELLO\n");
  });

  test("node runs TypeScript as it is", async () => {
    const files = {
      "/app/main.ts": 'const version: string = process.versions.node;\nconsole.log("node", version);\n',
    };
    const { ref } = await sandbox.image("node", { files, config: { Cmd: ["node", "/app/main.ts"] } });
    expect(await outputOf("node", ref, ["node", "/app/main.ts"])).toBe(`node ${process.versions.node}\n`);
  });

  test("the same content is the same image, and a tag moves", async () => {
    const load = (content: string) =>
      sandbox.image("same", { base: "busybox", files: { "/v": content }, config: { Env: ["A=1"] } });
    const first = await load("1");
    const again = await load("1");
    const other = await load("2");
    expect(again).toEqual(first);
    expect(other.ref).toBe(first.ref);
    expect(other.id).not.toBe(first.id);
    const inspected = await askEngine<{ Id: string }>("GET", `/images/${first.ref}/json`);
    expect(inspected.Id).toBe(other.id);
  });
});

/** Of all kinds of objects, those that have the prefix in what the engine lists of them. */
async function leftOf({ prefix }: Sandbox): Promise<string[]> {
  const lists = ["/containers/json?all=1", "/networks", "/volumes", "/images/json", "/services", "/secrets"];
  const answers = await Promise.all(lists.map((path) => callEngine("GET", path)));
  return lists.filter((_, at) => answers[at]?.body.toString().includes(prefix));
}

describe("a sandbox that is closed", () => {
  test("leaves no container, network, volume and image behind", async () => {
    const closed = openSandbox("support");
    const { ref } = await closed.image("app", { base: "busybox", files: { "/v": "1" }, config: {} });
    const network = await closed.network("net", { prefixLength: 16 });
    const volume = await closed.volume("data");
    const address = network.address(1, 3);
    const id = await closed.run("app", {
      image: ref,
      networks: [{ network: network.name, address, aliases: ["app"] }],
      binds: [`${volume}:/data`],
      command: ["sleep", "600"],
      config: { Volumes: { "/anonymous": {} } },
    });
    expect(await closed.addressOf(id)).toBe(address);
    const anonymous = (await closed.inspect("app"))?.Mounts.find(
      ({ Destination }) => Destination === "/anonymous",
    );
    expect(await leftOf(closed)).toHaveLength(4);
    await closed.close();
    await closed.close();
    expect(await leftOf(closed)).toEqual([]);
    expect((await callEngine("GET", `/volumes/${anonymous?.Name}`)).status).toBe(404);
  });

  test("leaves no service of a swarm, nor what its tasks were", async ({ skip }) => {
    const noSwarm = whyLeftOut("swarm");
    skip(noSwarm !== null, noSwarm ?? "");
    const closed = openSandbox("support");
    const { ref } = await closed.image("app", { base: "busybox", files: { "/v": "2" }, config: {} });
    const network = await closed.network("overlay", { driver: "overlay" });
    const service = {
      Name: closed.name("service"),
      Labels: closed.labels,
      TaskTemplate: {
        ContainerSpec: { Image: ref, Command: ["sleep", "600"] },
        Networks: [{ Target: network.name }],
      },
      EndpointSpec: { Mode: "dnsrr" },
    };
    await askEngine("POST", "/services/create", service);
    const tasks = `/tasks?${filters({ service: [service.Name] })}`;
    await eventually(async () => {
      const states = await askEngine<{ Status: { State: string } }[]>("GET", tasks);
      expect(states.map(({ Status }) => Status.State)).toEqual(["running"]);
    });
    await closed.close();
    expect(await leftOf(closed)).toEqual([]);
  });
});
