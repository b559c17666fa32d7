import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { FakeAdmin, statusAnswer } from "../support/fake-admin.ts";
import { listen } from "../support/listen.ts";
import { type CliRun, runHoldgate } from "../support/run-holdgate.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const ANSWER = statusAnswer();

async function fakeAdmin(): Promise<FakeAdmin> {
  const admin = new FakeAdmin();
  admin.answer("GET /admin/status", ANSWER);
  onTestFinished(() => admin.close());
  return admin;
}

async function socketIn(dataDir: string): Promise<FakeAdmin> {
  const admin = await fakeAdmin();
  await mkdir(dataDir, { recursive: true });
  await admin.listenOnSocket(join(dataDir, "admin.sock"));
  return admin;
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  server.close();
  return port;
}

function expectFound(run: CliRun): void {
  expect(run.stderr).toBe("");
  expect(run.code).toBe(0);
  expect(JSON.parse(run.stdout)).toEqual(ANSWER);
}

const STATUS = ["status", "--json"];

describe("the gateway is found", () => {
  it("in ./data where there is no config", async () => {
    const cwd = await temporaryDirectory();
    await socketIn(join(cwd, "data"));
    expectFound(await runHoldgate(STATUS, { cwd }));
  });

  it("by the dataDir of the default config, even when the rest of it is broken", async () => {
    const cwd = await temporaryDirectory();
    await mkdir(join(cwd, "config"));
    await writeFile(join(cwd, "config/holdgate.yaml"), "dataDir: ./state\nservices: { chat: [\n");
    await socketIn(join(cwd, "state"));
    expectFound(await runHoldgate(STATUS, { cwd }));
  });

  it("by the dataDir of --config, with HOLDGATE_DATA_DIR before it", async () => {
    const cwd = await temporaryDirectory();
    await writeFile(join(cwd, "own.yaml"), "dataDir: one\n");
    await socketIn(join(cwd, "one"));
    const other = await socketIn(join(cwd, "two"));
    expectFound(await runHoldgate([...STATUS, "--config", "own.yaml"], { cwd }));
    expect(other.seen).toHaveLength(0);
    expectFound(
      await runHoldgate([...STATUS, "--config", "own.yaml"], { cwd, env: { HOLDGATE_DATA_DIR: "two" } }),
    );
    expect(other.seen).toHaveLength(1);
  });

  it.each(["hg.sock", "./hg.sock", "unix:hg.sock"])("at the socket --admin %s", async (given) => {
    const cwd = await temporaryDirectory();
    const admin = await fakeAdmin();
    await admin.listenOnSocket(join(cwd, "hg.sock"));
    expectFound(await runHoldgate([...STATUS, "--admin", given], { cwd }));
  });

  it("at HOLDGATE_ADMIN, with --admin before it", async () => {
    const cwd = await temporaryDirectory();
    const admin = await fakeAdmin();
    await admin.listenOnSocket(join(cwd, "hg.sock"));
    expectFound(await runHoldgate(STATUS, { cwd, env: { HOLDGATE_ADMIN: "hg.sock" } }));
    const both = [...STATUS, "--admin", "hg.sock"];
    expectFound(await runHoldgate(both, { cwd, env: { HOLDGATE_ADMIN: "nowhere.sock" } }));
  });
});

describe("the token for TCP comes from", () => {
  const flag = ["--token", "from-flag"];
  const file = ["--token-file", "token.txt"];
  const env = { HOLDGATE_TOKEN: "from-env" };
  it.each([
    ["--token first", [...flag, ...file], env, "from-flag"],
    ["--token-file next", file, env, "from-file"],
    ["HOLDGATE_TOKEN next", [], env, "from-env"],
    ["admin.token in the dataDir last", [], {}, "from-data"],
  ])("%s", async (_order, args, env, token) => {
    const cwd = await temporaryDirectory();
    await mkdir(join(cwd, "data"));
    await writeFile(join(cwd, "data/admin.token"), "from-data\n");
    await writeFile(join(cwd, "token.txt"), "from-file\n");
    const admin = await fakeAdmin();
    const address = `http://127.0.0.1:${await admin.listenOnTcp()}`;
    expectFound(await runHoldgate([...STATUS, ...args, "--admin", address], { cwd, env }));
    expect(admin.seen[0]?.authorization).toBe(`Bearer ${token}`);
  });
});

it("the scheme of a TCP address may be left out", async () => {
  const cwd = await temporaryDirectory();
  const admin = await fakeAdmin();
  const port = await admin.listenOnTcp();
  expectFound(await runHoldgate([...STATUS, "--admin", `localhost:${port}`, "--token", "t"], { cwd }));
});

describe("what was tried and what to do is said when", () => {
  async function failure(args: string[]): Promise<string> {
    const cwd = await temporaryDirectory();
    const { code, stdout, stderr } = await runHoldgate(args, { cwd });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    return stderr.replaceAll(cwd, ".");
  }

  it("nothing is at the socket", async () => {
    expect(await failure(["status"])).toBe(
      "holdgate: cannot reach the gateway at ./data/admin.sock (there is no config/holdgate.yaml here): " +
        "there is no such socket; is it running? Start it with `holdgate run`, or name it with --admin " +
        "(admin_unreachable)\n",
    );
  });

  it("nothing listens at the address", async () => {
    const address = `http://127.0.0.1:${await freePort()}`;
    expect(await failure(["status", "--admin", address, "--token", "t"])).toContain(
      `cannot reach the gateway at ${address} (by --admin): the connection was refused; is it running?`,
    );
  });

  it("there is no token", async () => {
    const text = await failure(["status", "--admin", "http://127.0.0.1:9180"]);
    expect(text).toContain(
      "TCP needs a token, and ./data/admin.token (there is no config/holdgate.yaml here)",
    );
    expect(text).toContain("give --token-file or HOLDGATE_TOKEN (unauthorized)");
  });

  it("the config that was named is missing", async () => {
    expect(await failure(["status", "--config", "gone.yaml"])).toBe(
      "holdgate: cannot read the config gone.yaml: there is no such file (config_invalid)\n",
    );
  });
});
