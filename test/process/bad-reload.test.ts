// A configuration that is edited while the gateway runs.

import { once } from "node:events";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, it, onTestFinished } from "vitest";
import { readTree } from "../support/read-tree.ts";
import { startApp } from "../support/start-app.ts";
import { type HoldgateProcess, startHoldgate } from "../support/start-holdgate.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const NOT_USED = "the new configuration is not used; the old one stays in force";
const RELOADED = "configuration reloaded";

interface LogLine {
  msg: string;
  reason?: string;
}

/** Resolves when the gateway logs this message, with this in its reason, from now on. */
async function logged({ child }: HoldgateProcess, msg: string, reason = ""): Promise<void> {
  if (!child.stdout) throw new Error("the gateway was started without a pipe for its log");
  const lines = createInterface({ input: child.stdout });
  try {
    for (;;) {
      const [text] = await once(lines, "line", { signal: AbortSignal.timeout(15_000) });
      const line: LogLine = JSON.parse(String(text));
      // The file is watched, too: one edit may be told of twice, by the signal and by the watch.
      if (line.msg === msg && (line.reason ?? "").includes(reason)) return;
    }
  } finally {
    lines.close();
    child.stdout.resume();
  }
}

it("a bad file changes nothing, whatever is wrong with it, and a good one afterwards is taken over", async () => {
  const [old, next] = [await startApp("the old app"), await startApp("the next app")];
  const dir = await temporaryDirectory();
  const chat = (url: string): string => `services: { chat: { upstreams: { blue: "${url}" } } }\n`;
  const gateway = await startHoldgate(dir, chat(old));
  onTestFinished(() => void gateway.end("SIGKILL"));
  const file = join(dir, "holdgate.yaml");
  const edit = async (yaml: string, msg: string, reason?: string): Promise<void> => {
    const seen = logged(gateway, msg, reason);
    await writeFile(`${file}.new`, `dataDir: ${dir}/data\n${yaml}`);
    await rename(`${file}.new`, file);
    gateway.child.kill("SIGHUP");
    await seen;
  };
  const answer = async (): Promise<string> => (await fetch(`http://127.0.0.1:${gateway.port}/`)).text();
  const before = await readTree(join(dir, "data"));
  await writeFile(join(dir, "odd.html"), "<p>{{mesage}}</p>");
  for (const [yaml, place] of [
    [chat(next).replace("blue", "BLUE"), `${file}:2:34: services.chat.upstreams.BLUE: `],
    [`${chat(next)}lisen: 1\n`, `${file}:3:1: lisen: unknown key`],
    ["services: [\n", `${file}:3:1: `],
    [
      chat(next).replace("{ up", "{ maintenance: { page: odd.html }, up"),
      `${file}:2:36: services.chat.maintenance.page: `,
    ],
  ] as const) {
    await edit(yaml, NOT_USED, place);
    expect(await answer()).toBe("the old app");
    expect(await readTree(join(dir, "data"))).toEqual(before);
  }
  await edit(chat(next), RELOADED);
  expect(await answer()).toBe("the next app");
});
