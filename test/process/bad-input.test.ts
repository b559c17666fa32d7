// What an operator meets who has made a mistake: one message that says where and what to do, an exit code that is
// not 0, and everything on disk as it was. Each command runs to its end, so nothing half-started is left either.

import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { listen } from "../support/listen.ts";
import { readTree } from "../support/read-tree.ts";
import { type CliRun, runHoldgate } from "../support/run-holdgate.ts";
import { startHoldgate } from "../support/start-holdgate.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

// Nobody answers there: what is forwarded is held.
const CHAT = "services: { chat: { upstreams: { blue: http://127.0.0.1:9 } } }\n";

function refusal(message: string): CliRun {
  return { code: 1, stdout: "", stderr: `holdgate: ${message}\n` };
}

describe("a configuration that is refused by run and check alike, before anything is touched", () => {
  it.each([
    {
      mistake: "an unknown key",
      yaml: `${CHAT}lisen: 127.0.0.1:0\n`,
      message: "own.yaml:2:1: lisen: unknown key; did you mean listen? (config_invalid)",
    },
    {
      mistake: "a wrong type",
      yaml: `${CHAT}trustedProxies: 10.0.0.0/8\n`,
      message:
        'own.yaml:2:1: trustedProxies: found "10.0.0.0/8", expected a list, such as [first, second] (config_invalid)',
    },
    {
      mistake: "a host that two services answer to",
      yaml: `services:
  one: { hosts: [chat.example], upstreams: { blue: http://127.0.0.1:9 } }
  two: { hosts: [CHAT.example], upstreams: { blue: http://127.0.0.1:9 } }\n`,
      message:
        "own.yaml:3:18: services.two.hosts[0]: services one and two both answer to host chat.example with path /; give one of them other hosts or paths (config_invalid)",
    },
    {
      mistake: "text that is no YAML",
      yaml: "services:\n\tchat: {}\n",
      message: "own.yaml:2:1: found a tab as indentation, expected spaces (config_invalid)",
    },
    {
      mistake: "an admin address that other machines can reach",
      yaml: `admin: { listen: 0.0.0.0:9180 }\n${CHAT}`,
      message:
        'own.yaml:1:10: admin.listen: found "0.0.0.0:9180", which other machines can reach; expected a loopback address such as 127.0.0.1:9180, or admin.allowRemote: true beside it (config_invalid)',
    },
  ])("$mistake", async ({ yaml, message }) => {
    const cwd = await temporaryDirectory();
    await writeFile(join(cwd, "own.yaml"), yaml);
    for (const verb of ["run", "check"]) {
      expect(await runHoldgate([verb, "--config", "own.yaml"], { cwd })).toEqual(refusal(message));
    }
    expect(await readTree(cwd)).toEqual({ "own.yaml": yaml });
  });
});

describe("a file that is not there", () => {
  it("a missing configuration, also the one that is looked for by itself", async () => {
    const cwd = await temporaryDirectory();
    const remedy = "there is no such file; create it, or name another with --config FILE (config_invalid)";
    for (const verb of ["run", "check"]) {
      const own = await runHoldgate([verb, "--config", "own.yaml"], { cwd });
      expect(own).toEqual(refusal(`own.yaml: ${remedy}`));
      expect(await runHoldgate([verb], { cwd })).toEqual(refusal(`config/holdgate.yaml: ${remedy}`));
    }
    expect(await readTree(cwd)).toEqual({});
  });

  it.each([
    { mistake: "a missing maintenance page", page: "missing.html", because: "there is no file" },
    { mistake: "a directory instead of a page", page: "folder", because: "there is no file" },
    { mistake: "an empty page", page: "empty.html", because: "is empty" },
    { mistake: "a page with a placeholder that nobody fills", page: "odd.html", because: "{{mesage}}" },
  ])("$mistake", async ({ page, because }) => {
    const cwd = await temporaryDirectory();
    await mkdir(join(cwd, "folder"));
    await writeFile(join(cwd, "empty.html"), "");
    await writeFile(join(cwd, "odd.html"), "<p>{{mesage}}</p>");
    const maintenance = `maintenance: { page: ${page} }`;
    await writeFile(join(cwd, "own.yaml"), CHAT.replace("upstreams", `${maintenance}, upstreams`));
    const before = await readTree(cwd);
    for (const verb of ["run", "check"]) {
      const { code, stdout, stderr } = await runHoldgate([verb, "--config", "own.yaml"], { cwd });
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toMatch(/^holdgate: own\.yaml:1:36: services\.chat\.maintenance\.page: [^\n]*\n$/);
      expect(stderr).toContain(join(cwd, page));
      expect(stderr).toContain(because);
    }
    expect(await readTree(cwd)).toEqual(before);
  });
});

/** A dataDir as an earlier run has left it, in a hold; gives what `run` says when it is started there once more. */
async function afterAnEarlierRun(): Promise<{ cwd: string; runAgain: (top: string) => Promise<CliRun> }> {
  const cwd = await temporaryDirectory();
  const earlier = await startHoldgate(cwd, CHAT);
  onTestFinished(() => void earlier.end("SIGKILL"));
  const hold = await runHoldgate(["hold", "--lease", "1h", "--admin", earlier.adminSocket], { cwd });
  expect(hold.code).toBe(0);
  expect(await earlier.end("SIGTERM")).toBe(0);
  const runAgain = async (top: string): Promise<CliRun> => {
    await writeFile(join(cwd, "again.yaml"), `dataDir: ./data\n${top}\n${CHAT}`);
    return runHoldgate(["run", "--config", "again.yaml"], { cwd });
  };
  return { cwd, runAgain };
}

const FREE = 'admin: { listen: "127.0.0.1:0" }';

/** A port on which somebody else listens. */
async function busyPort(): Promise<number> {
  const server = createServer();
  onTestFinished(() => void server.close());
  return listen(server);
}

describe("a start that fails leaves the state of the run before as it was", () => {
  it("the port for clients is busy", async () => {
    const { cwd, runAgain } = await afterAnEarlierRun();
    const before = await readTree(join(cwd, "data"));
    const where = `127.0.0.1:${await busyPort()}`;
    expect(await runAgain(`listen: ${where}\n${FREE}`)).toEqual(
      refusal(
        `cannot listen on ${where} (listen EADDRINUSE: address already in use ${where}); another program listens there: stop it, or choose another address under \`listen\` (listen_failed)`,
      ),
    );
    expect(await readTree(join(cwd, "data"))).toEqual(before);
  });

  it("the admin port is busy", async () => {
    const { cwd, runAgain } = await afterAnEarlierRun();
    const before = await readTree(join(cwd, "data"));
    const where = `127.0.0.1:${await busyPort()}`;
    expect(await runAgain(`listen: 127.0.0.1:0\nadmin: { listen: "${where}" }`)).toEqual(
      refusal(
        `the admin interface cannot listen on ${where}: it is in use; stop what listens there, or set admin.listen (HOLDGATE_ADMIN_LISTEN) to another (listen_failed)`,
      ),
    );
    expect(await readTree(join(cwd, "data"))).toEqual(before);
  });
});

describe("a dataDir that cannot be used stops the start and stays as it is", () => {
  it("the state file is cut short", async () => {
    const { cwd, runAgain } = await afterAnEarlierRun();
    const state = join(cwd, "data", "state.json");
    await writeFile(state, '{"version":');
    const before = await readTree(join(cwd, "data"));
    const { code, stdout, stderr } = await runAgain(`listen: 127.0.0.1:0\n${FREE}`);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^holdgate: cannot read the state in [^\n]*\n$/);
    expect(stderr).toContain(`cannot read the state in ${state}: `);
    expect(stderr).toContain(
      "; it was left as it is; put a good copy in its place, or move it away to start from the config (state_unreadable)\n",
    );
    expect(await readTree(join(cwd, "data"))).toEqual(before);
  });

  it("the state file has the form of something else", async () => {
    const { cwd, runAgain } = await afterAnEarlierRun();
    await writeFile(join(cwd, "data", "state.json"), '{"version":1,"services":{"chat":{"mode":"asleep"}}}');
    const before = await readTree(join(cwd, "data"));
    const { code, stderr } = await runAgain(`listen: 127.0.0.1:0\n${FREE}`);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^holdgate: cannot read the state in [^\n]*; it was left as it is; [^\n]*\n$/);
    expect(await readTree(join(cwd, "data"))).toEqual(before);
  });

  it("the dataDir is a file, or too deep for a socket", async () => {
    const { cwd } = await afterAnEarlierRun();
    const run = (dataDir: string): Promise<CliRun> =>
      runHoldgate(["run", "--config", "again.yaml"], { cwd, env: { HOLDGATE_DATA_DIR: dataDir } });
    await writeFile(join(cwd, "again.yaml"), `listen: 127.0.0.1:0\n${FREE}\n${CHAT}`);
    const file = await run("again.yaml");
    expect(file.code).toBe(1);
    expect(file.stderr).toMatch(/^holdgate: cannot use the dataDir [^\n]*again\.yaml: [^\n]*\n$/);
    const deep = await run("d".repeat(110));
    expect(deep.code).toBe(1);
    expect(deep.stderr).toMatch(
      /: the path is too long for a socket; choose a shorter dataDir \(listen_failed\)\n$/,
    );
  });
});
