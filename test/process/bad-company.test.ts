// Two that get in each other's way, and commands for a gateway that is not there.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { readTree } from "../support/read-tree.ts";
import { runHoldgate } from "../support/run-holdgate.ts";
import { startHoldgate } from "../support/start-holdgate.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const CHAT = "services: { chat: { upstreams: { blue: http://127.0.0.1:9 } } }\n";

it("a second gateway on the same dataDir ends with the name of the first, which goes on", async () => {
  const cwd = await temporaryDirectory();
  const first = await startHoldgate(cwd, CHAT);
  onTestFinished(() => void first.end("SIGKILL"));
  const before = await readTree(join(cwd, "data"));
  await writeFile(
    join(cwd, "second.yaml"),
    `listen: 127.0.0.1:0\nadmin: { listen: "127.0.0.1:0" }\ndataDir: ./data\n${CHAT}`,
  );
  expect(await runHoldgate(["run", "--config", "second.yaml"], { cwd })).toEqual({
    code: 1,
    stdout: "",
    stderr: `holdgate: ${cwd}/data is in use by the gateway with pid ${first.pid} (${cwd}/data/lock); stop that gateway, or give this one a dataDir of its own (state_unwritable)\n`,
  });
  expect(await readTree(join(cwd, "data"))).toEqual(before);
  const status = await runHoldgate(["status", "--json", "--admin", first.adminSocket], { cwd });
  expect(JSON.parse(status.stdout)).toMatchObject({ services: [{ name: "chat", mode: { name: "open" } }] });
});

describe("a gateway that is not there", () => {
  const REMEDY = "is it running? Start it with `holdgate run`, or name it with --admin (admin_unreachable)";
  const VERBS = [
    ["status"],
    ["maintenance", "on"],
    ["maintenance", "off"],
    ["hold", "--wait"],
    ["release", "--wait"],
    ["upstream", "put", "green", "--url", "http://127.0.0.1:1"],
    ["candidate", "green"],
    ["cutover"],
    ["rollback"],
    ["events"],
    ["audit"],
  ];

  it.each(VERBS.map((words) => ({ verb: words.join(" "), words })))("$verb", async ({ words }) => {
    const cwd = await temporaryDirectory();
    expect(await runHoldgate(words, { cwd })).toEqual({
      code: 1,
      stdout: "",
      stderr: `holdgate: cannot reach the gateway at ${cwd}/data/admin.sock (there is no config/holdgate.yaml here): there is no such socket; ${REMEDY}\n`,
    });
    expect(await readTree(cwd)).toEqual({});
  });

  it("over TCP, with a token", async () => {
    const cwd = await temporaryDirectory();
    const words = ["status", "--admin", "http://127.0.0.1:1"];
    expect(await runHoldgate(words, { cwd, env: { HOLDGATE_TOKEN: "secret" } })).toEqual({
      code: 1,
      stdout: "",
      stderr: `holdgate: cannot reach the gateway at http://127.0.0.1:1 (by --admin): the connection was refused; ${REMEDY}\n`,
    });
  });
});
