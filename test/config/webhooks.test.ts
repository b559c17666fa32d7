import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadConfig } from "../../src/config/load-config.ts";
import { parseConfig } from "../../src/config/parse-config.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { refusalOf } from "./refusal-of.ts";

const SERVICES = "services:\n  chat:\n    upstreams: { blue: http://127.0.0.1:3000 }\n";
const KEY = Buffer.alloc(32, 7).toString("base64");

/** The keys stand on line 6, from column 5. */
const withHook = (keys: string): string => `${SERVICES}webhooks:\n  team:\n    ${keys}\n`;
const SECRET = "secret: { env: S }";

describe("a webhook", () => {
  test("has defaults that fit a team, with patterns spelled out and files beside the config", () => {
    const yaml = withHook("url: https://hooks.example.com/x\n    secret: { file: hook.key }");
    const [hook] = parseConfig(yaml, "/etc/holdgate/holdgate.yaml", {}).webhooks;
    expect(hook).toMatchObject({
      name: "team",
      url: "https://hooks.example.com/x",
      secret: { file: "/etc/holdgate/hook.key" },
      services: [],
      format: "event",
      timeoutMs: 10_000,
      retries: 8,
    });
    expect(hook?.events).toContain("window_scheduled");
    expect(hook?.events).not.toContain("upgrade_step");
  });

  test.each([
    ["url: https://a.b/c", "5:3: webhooks.team.secret: missing"],
    [`url: ftp://a.b/c\n    ${SECRET}`, "6:5: webhooks.team.url: expected a URL such as https://"],
    [`url: https://joe:pw@a.b/c\n    ${SECRET}`, "6:5: webhooks.team.url: expected a URL such as https://"],
    [SECRET, "webhooks.team.url: missing, expected a URL"],
    ["url: https://a.b/\n    secret: whsec_hush", "7:5: webhooks.team.secret: expected { file: path }"],
    ["url: https://a.b/\n    secret: { env: A, file: b }", "7:5: webhooks.team.secret"],
    [`url: https://a.b/\n    ${SECRET}\n    events: [cutovre]`, "did you mean cutover?"],
    [`url: https://a.b/\n    ${SECRET}\n    events: [webhook_*]`, "expected one of maintenance_on, "],
    [`url: https://a.b/\n    ${SECRET}\n    events: []`, "expected at least one event"],
    [`url: https://a.b/\n    ${SECRET}\n    services: [chta]`, "expected one of the services: chat"],
    [`url: https://a.b/\n    ${SECRET}\n    retries: 99`, "expected a whole number from 0 to 20"],
    [`url: https://a.b/\n    ${SECRET}\n    retrys: 9`, "unknown key; did you mean retries?"],
  ])("with %j is refused", (keys, refusal) => {
    const message = refusalOf(withHook(keys));
    expect(message).toContain(refusal);
    expect(message).not.toMatch(/hush|pw@/);
  });
});

describe("the secrets of webhooks", () => {
  async function load(keys: string, env: Record<string, string> = {}, file?: string) {
    const dir = await temporaryDirectory();
    await writeFile(join(dir, "holdgate.yaml"), withHook(keys));
    if (file !== undefined) await writeFile(join(dir, "hook.key"), file);
    return loadConfig(join(dir, "holdgate.yaml"), env);
  }

  test.each([
    ["in a file", "url: https://a.b/\n    secret: { file: hook.key }", {}, `whsec_${KEY}\n`],
    ["in the environment", `url: https://a.b/\n    ${SECRET}`, { S: KEY }, undefined],
    ["with the address", `url: { env: U }\n    ${SECRET}`, { S: KEY, U: "https://a.b/c" }, undefined],
  ])("may stand %s", async (_title, keys, env, file) => {
    expect((await load(keys, { ...env }, file)).webhooks).toHaveLength(1);
  });

  test.each([
    ["url: https://a.b/\n    secret: { file: gone.key }", {}, "gone.key cannot be read (ENOENT)"],
    [`url: https://a.b/\n    ${SECRET}`, {}, "the environment variable S is not set"],
    [`url: https://a.b/\n    ${SECRET}`, { S: "hush" }, "expected 24 to 64 bytes in base64"],
    [`url: { env: U }\n    ${SECRET}`, { S: KEY, U: "hush" }, "what stands there is no URL"],
  ])("that cannot be used are refused at the start, and not shown: %j", async (keys, env, refusal) => {
    const message = await load(keys, { ...env }).catch((error: unknown) => String(error));
    expect(message).toContain(refusal);
    expect(message).toMatch(/webhooks\.team\.(url|secret)/);
    expect(message).not.toContain("hush");
  });
});
