// A part of `npm run docs`: asks a gateway for its OpenAPI document and writes docs/api-reference.md anew. A test fails
// while the committed one differs.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { apiReference } from "./admin/reference/api-reference.ts";

const CONFIG = `listen: 127.0.0.1:0
admin: { listen: "127.0.0.1:0" }
services: { chat: { upstreams: { blue: "http://127.0.0.1:1" } } }
`;
const PATIENCE_MS = 20_000;
const target = fileURLToPath(new URL("../docs/api-reference.md", import.meta.url));
const main = fileURLToPath(new URL("./cli/main.ts", import.meta.url));

const dir = mkdtempSync(join(tmpdir(), "holdgate-reference-"));
writeFileSync(join(dir, "holdgate.yaml"), CONFIG);
const env = { ...process.env, HOLDGATE_DATA_DIR: join(dir, "data") };
const gateway = spawn(process.execPath, [main, "run", "--config", join(dir, "holdgate.yaml")], {
  env,
  stdio: ["ignore", "ignore", "inherit"],
});
try {
  writeFileSync(target, apiReference(JSON.parse(await askUntilItAnswers(join(dir, "data/admin.sock")))));
  console.log(`wrote ${target}`);
} finally {
  gateway.kill();
  await once(gateway, "exit");
  rmSync(dir, { recursive: true, force: true });
}

async function askUntilItAnswers(socketPath: string): Promise<string> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await ask(socketPath);
    } catch (error) {
      if (Date.now() > deadline || gateway.exitCode !== null) throw error;
    }
    await sleep(100);
  }
}

async function ask(socketPath: string): Promise<string> {
  const asking = request({ socketPath, path: "/admin/openapi.json" });
  asking.end();
  const [answer] = await once(asking, "response");
  return text(answer);
}
