import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { z } from "zod";
import type { AdminBindings } from "../../../src/admin/admin-env.ts";
import { createAdminApp } from "../../../src/admin/create-admin-app.ts";
import type { Principal } from "../../../src/admin/principal.ts";
import { problem, waitedAnswer, windowStatus } from "../../../src/admin/schemas/answer-schemas.ts";
import { healthStatus } from "../../../src/admin/schemas/status-schemas.ts";
import { Tokens } from "../../../src/admin/tokens/tokens.ts";
import { parseConfig } from "../../../src/config/parse-config.ts";
import { BypassKeys } from "../../../src/control/bypass-keys.ts";
import { Control } from "../../../src/control/control.ts";
import { silentLog } from "../../../src/control/control-log.ts";
import { ReloadRecord } from "../../../src/control/reload-record.ts";
import { UpgradeBoard } from "../../../src/control/upgrade-board.ts";
import { Webhooks } from "../../../src/webhooks/webhooks.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { FakeGateway } from "./fake-gateway.ts";

export const ONE_SERVICE = `
services:
  chat:
    upstreams: { blue: http://127.0.0.1:3001, green: http://127.0.0.1:3002 }
`;

export const TWO_SERVICES = `
services:
  chat: { hosts: [chat.example.com], upstreams: { blue: http://127.0.0.1:3001 } }
  wiki: { hosts: [wiki.example.com], upstreams: { blue: http://127.0.0.1:4001 } }
`;

const anyWriteAnswer = z.strictObject({
  ...waitedAnswer.shape,
  health: healthStatus.optional(),
  window: windowStatus.nullable().optional(),
});

/** What configurations of tests refer to. */
const WEBHOOK_SECRETS = { WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 7).toString("base64")}` };

const PRINCIPALS: Record<string, Principal> = {
  "operate-token": { actor: "alice", scope: "operate" },
  "read-token": { actor: "prometheus", scope: "read" },
};

export interface Call {
  body?: unknown;
  headers?: Record<string, string>;
  bindings?: Partial<AdminBindings>;
  signal?: AbortSignal;
}

/** The admin app over the real control and a gateway that does what the test says; no sockets. */
export async function openAdmin(config = ONE_SERVICE) {
  const dataDir = temporaryDirectory();
  const clock = new ManualClock();
  const gateway = new FakeGateway();
  const { logged, log } = memoryLog();
  const settings = { ...parseConfig(config, "holdgate.yaml", {}), dataDir };
  const control = await Control.open({ settings, gateway, clock });
  onTestFinished(() => control.close());
  const tokens = await fixedTokens(dataDir, clock);
  const { events } = control;
  const upgrades = new UpgradeBoard({ clock, events, gateway });
  const webhooks = new Webhooks({ clock, log: silentLog, events, env: WEBHOOK_SECRETS });
  webhooks.configure(settings.webhooks);
  onTestFinished(() => webhooks.destroy());
  const bypassKeys = await BypassKeys.open(dataDir);
  const reloads = new ReloadRecord(clock);
  const deps = { control, gateway, upgrades, webhooks, tokens, reloads, bypassKeys, clock, log };
  const app = createAdminApp({ ...deps, version: "1.2.3" });

  /** Over the unix socket unless `bindings` says otherwise. */
  async function call(method: string, path: string, { body, headers, bindings, signal }: Call = {}) {
    const init = {
      method,
      headers: { Host: "localhost", ...headers },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    };
    return app.request(path, init, { transport: "socket", from: "unix", ...bindings });
  }

  /** The status and the parsed answer. */
  async function json(method: string, path: string, options: Call = {}) {
    const response = await call(method, path, options);
    const body: unknown = await response.json();
    return { status: response.status, headers: response.headers, body };
  }

  /** The same for a write that must be done: its answer is as the OpenAPI document says. */
  async function write(method: string, path: string, options: Call = {}) {
    const { status, headers, body } = await json(method, path, options);
    return { status, headers, body: anyWriteAnswer.parse(body) };
  }

  /** The same for a call that must be refused. */
  async function refused(method: string, path: string, options: Call = {}) {
    const { status, headers, body } = await json(method, path, options);
    return { status, headers, body: z.strictObject(problem.shape).parse(body) };
  }

  return {
    app,
    overTcp: overTcp(json),
    control,
    tokens,
    reloads,
    upgrades,
    gateway,
    chat: gateway.of("chat"),
    dataDir,
    bypassKeys,
    clock,
    logged,
    call,
    json,
    write,
    refused,
  };
}

function memoryLog() {
  const logged: string[] = [];
  const keep = (fields: object, message: string): void => {
    logged.push(`${message} ${JSON.stringify(fields)}`);
  };
  return { logged, log: { warn: keep, error: keep } };
}

type JsonCall<Answer> = (method: string, path: string, options: Call) => Answer;

/** The same over TCP, with a token. */
function overTcp<Answer>(json: JsonCall<Answer>) {
  return (method: string, path: string, headers: Record<string, string> = {}, body?: unknown): Answer => {
    const bindings = { transport: "tcp", from: "127.0.0.1" } as const;
    const own = { Authorization: "Bearer operate-token", Host: "127.0.0.1:9180" };
    return json(method, path, { headers: { ...own, ...headers }, bindings, body });
  };
}

/** Real ones, and those of PRINCIPALS under a text that tests can write down. */
async function fixedTokens(dataDir: string, clock: ManualClock): Promise<Tokens> {
  const tokens = await Tokens.open(dataDir, clock);
  const verify = tokens.verify.bind(tokens);
  return Object.assign(tokens, { verify: (token: string) => PRINCIPALS[token] ?? verify(token) });
}

export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), "holdgate-admin-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
