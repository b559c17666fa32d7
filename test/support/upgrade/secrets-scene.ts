// The small chat with secrets wherever a plan may have them, and with everybody who gets one saying it aloud: the app,
// its old and its new version, commands, one-offs, and whoever is called.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import { EngineProxy } from "../docker/engine-proxy.ts";
import { appParts } from "../docker/images.ts";
import { TestRegistry } from "../docker/registry.ts";
import { listen } from "../listen.ts";
import { readTree } from "../read-tree.ts";
import { runHoldgate } from "../run-holdgate.ts";
import type { SmallChatFile } from "./small-chat-file.ts";
import { READS, type SmallChat } from "./stages/small-chat.ts";

export const SECRETS = {
  db: `p4ss "w0rd"/of+the&db%=`,
  hook: "h00k-token-0f-the-0ther-side",
  key: "first-line-of-the-key-7Qx\nsecond-line-of-the-key-9Zy",
  registry: "r3gistry:pass/word+",
  /** Declared by nobody: it stands in the environment of the old containers. */
  session: "s3ssion-secret-of-the-old-app",
};

const TELL = `env; env >&2; printf %s "$DB_PASSWORD" | base64; printf 'robot:%s' "$DB_PASSWORD" | base64`;
const SERVE = `httpd -f -p 8080 -h /www & trap 'kill $!' TERM; wait`;

/** For a new app that is as it should be. */
export const SERVES = `[sh, -c, ${quoted(`${TELL}; ${SERVE}`)}]`;

/** For a new app that says it, and ends. */
export const DIES = `[sh, -c, ${quoted('env; echo "$DB_PASSWORD" >&2; echo "$KEY" >&2; exit 7')}]`;

export interface SecretsScene {
  chat: SmallChat;
  /** For `holdgate upgrade`. */
  env: Record<string, string>;
  args: string[];
  engine: EngineProxy;
  /** What the other side was sent. */
  called: { headers: IncomingMessage["headers"]; body: string }[];
  /** All that was said, written and sent since, by the place where it stands. */
  everything(run: string): Promise<Record<string, string>>;
}

export async function openSecretsScene(
  file: SmallChatFile,
  part: string,
  command: string,
): Promise<SecretsScene> {
  const chat = await file.open(part, {
    env: { SESSION_SECRET: SECRETS.session },
    settings: "accessLog: true\n",
  });
  const gatewayLog = collect(chat);
  const image = await pushImage(file, part);
  const { url, called } = await startOtherSide();
  const engine = await EngineProxy.start(join(chat.dir, "engine.sock"));
  const gateway = await EngineProxy.start(join(chat.dir, "gateway.sock"), chat.gateway.adminSocket);
  onTestFinished(() => [engine, gateway].forEach((proxy) => proxy.close()));
  await writeFile(join(chat.dir, "key.pem"), `${SECRETS.key}\n`);
  await chat.writePlan(planOf(chat, image, url, command));
  return {
    chat,
    env: {
      DB_PASSWORD: SECRETS.db,
      HOOK: SECRETS.hook,
      REGISTRY: SECRETS.registry,
      HOLDGATE_ADMIN: gateway.socketPath,
    },
    args: ["plan.yaml", "--docker", engine.socketPath],
    engine,
    called,
    everything: async (run) => ({
      "the gateway's log": gatewayLog(),
      "URLs of the engine": engine.calls.map(({ path }) => `${path} ${decodeURIComponent(path)}`).join("\n"),
      "calls of the gateway": gateway.calls.map(({ path, body }) => `${path} ${body}`).join("\n"),
      "command lines": await readFile(join(chat.dir, "command-lines"), "latin1"),
      ...(await askedOfTheGateway(chat, run)),
      ...(await askedOfTheTool(chat, run)),
      ...(await filesOf(chat)),
    }),
  };
}

/** With a version of its own, so that it has to be pulled. */
async function pushImage(file: SmallChatFile, part: string): Promise<string> {
  const registry = await TestRegistry.start();
  onTestFinished(() => registry.close());
  registry.credentials = { username: "robot", password: SECRETS.registry };
  const script = `#!/bin/sh\nprintf 'HTTP/1.1 200 OK\\r\\nX-Version: 2\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n'\n`;
  const files = { "/www/cgi-bin/version": script, "/scene": part };
  const config = { Cmd: ["sh", "-c", `${TELL}; ${SERVE}`], Labels: file.sandbox.labels };
  const parts = await appParts({ base: "busybox", files, config });
  return registry.push(file.sandbox.name(part), "2", parts).ref;
}

/** Answers with all that it was sent, in every form that it knows. */
async function startOtherSide() {
  const called: SecretsScene["called"] = [];
  const server: Server = createServer((request, response) => {
    void answer(request, response, called);
  });
  const url = `http://127.0.0.1:${await listen(server)}`;
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url, called };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  called: SecretsScene["called"],
): Promise<void> {
  const { headers, url } = request;
  const body = await text(request);
  called.push({ headers, body });
  const forms = [JSON.stringify(body), encodeURIComponent(body), Buffer.from(body).toString("base64")];
  response.writeHead(url === "/good" ? 200 : 500).end([headers.authorization, body, ...forms].join("\n"));
}

function planOf(chat: SmallChat, image: string, url: string, command: string): string {
  const registry = image.slice(0, image.indexOf("/"));
  const env = `{ DB_PASSWORD: "\${secrets.db}", KEY: "\${secrets.key}" }`;
  const headers = `{ authorization: "Bearer \${secrets.hook}" }`;
  return `name: secrets
service: chat
secrets: { db: { env: DB_PASSWORD }, hook: { env: HOOK }, registry: { env: REGISTRY }, key: { file: key.pem } }
registries: { "${registry}": { username: robot, password: "\${secrets.registry}" } }
targets:
  app: { container: "${chat.app}", port: 8080 }
  worker: { container: "${chat.worker}" }
steps:
  - pull: "${image}"
  - command:
      command: [sh, -c, ${quoted(`${TELL}; cat /proc/[0-9]*/cmdline >command-lines; exit 4`)}]
      env: ${env}
    onFailure: continue
  - http: { url: "${url}/good", headers: ${headers}, body: "\${secrets.db}" }
  - http: { url: "${url}/bad", headers: ${headers}, body: "\${secrets.db}" }
    onFailure: continue
  - exec: { target: app, command: [sh, -c, ${quoted(`${TELL}; echo "\${secrets.hook}"; exit 5`)}], env: ${env} }
    onFailure: continue
  - check:
      exec: { target: app, command: [sh, -c, "env; echo \${secrets.hook}; exit 6"] }
    onFailure: continue
  - run: { like: app, command: ${DIES}, env: ${env} }
    onFailure: continue
  - hold: { lease: 5m, maxWait: 3m }
  - backup: { run: { like: app, command: [sh, -c, "env >&2; echo data"], env: ${env} }, to: dump }
  - migrate:
      like: app
      image: "${image}"
      command: [sh, -c, ${quoted(`${TELL}; echo "\${secrets.hook}"`)}]
      env: ${env}
      kind: expand
  - replace: { target: worker, image: "${image}", env: ${env} }
  - replace: { target: app, image: "${image}", mode: beside, env: ${env}, command: ${command} }
  - healthy: { http: ${READS}, target: app, expect: { headers: { X-Version: "2" } }, interval: 100ms }
  - candidate: { upstream: green, target: app, port: 8080, waitHealthy: 20s }
  - cutover: {}
  - release: {}
`;
}

export function quoted(words: string): string {
  return JSON.stringify(words);
}

/** Of the gateway's own output, from now on. */
function collect({ gateway }: SmallChat): () => string {
  let said = "";
  gateway.child.stdout?.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  return () => said;
}

async function askedOfTheGateway(chat: SmallChat, run: string): Promise<Record<string, string>> {
  const paths = [`/admin/upgrades/${run}`, "/admin/upgrades", "/admin/status", "/admin/audit"];
  const answers = await Promise.all(paths.map((path) => chat.call("GET", path)));
  const page = await fetch(`http://127.0.0.1:${chat.gateway.port}/.holdgate/status`);
  const said = paths.map((path, at) => [`GET ${path}`, JSON.stringify(answers[at])]);
  return { ...Object.fromEntries(said), "the page": await page.text() };
}

async function askedOfTheTool({ dir }: SmallChat, run: string): Promise<Record<string, string>> {
  const show = ["upgrade", "show", run];
  const calls = [["events", "--json"], show, [...show, "--json"]];
  const said = calls.map(async (call) => {
    const { stdout, stderr } = await runHoldgate([...call, "--config", "holdgate.yaml"], { cwd: dir });
    return [`holdgate ${call.join(" ")}`, stdout + stderr];
  });
  return Object.fromEntries(await Promise.all(said));
}

/** Of the dataDir, but for those that may hold secrets. */
async function filesOf({ dir }: SmallChat): Promise<Record<string, string>> {
  const files = await readTree(join(dir, "data"));
  return Object.fromEntries(Object.entries(files).filter(([path]) => !path.endsWith("/private.json")));
}

/** Where which of them stands, in whatever form. */
export function findSecrets(everything: Readonly<Record<string, string>>): string[] {
  return Object.entries(everything).flatMap(([place, said]) =>
    Object.entries(SECRETS).flatMap(([name, secret]) =>
      formsOf(secret)
        .filter((form) => said.includes(form))
        .map((form) => `${name} in ${place}: ${JSON.stringify(around(said, form))}`),
    ),
  );
}

function around(said: string, form: string): string {
  const at = said.indexOf(form);
  return said.slice(Math.max(0, at - 60), at + form.length + 20);
}

function formsOf(secret: string): string[] {
  const whole = secret
    .split("\n")
    .flatMap((line) => [
      line,
      JSON.stringify(line).slice(1, -1),
      JSON.stringify(JSON.stringify(line).slice(1, -1)).slice(1, -1),
      encodeURIComponent(line),
    ]);
  const headers = ["", "robot:", `{"username":"robot","password":"`].map((before) => {
    // Without what depends on its neighbours.
    const start = Math.ceil((before.length * 4) / 3) + 1;
    return Buffer.from(before + secret.split("\n")[0])
      .toString("base64")
      .slice(start, -4);
  });
  return [...new Set([...whole, ...headers])];
}
