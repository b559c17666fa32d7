// A chat app so small that it is up in milliseconds, for scenarios that upgrade it a hundred times: a server and a
// worker from one image of busybox, with their data in a volume, and a gateway in front of the server.

import { join } from "node:path";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { expect } from "vitest";
import { callAdmin } from "../../call-admin.ts";
import { askEngine, filters, removeFromEngine } from "../../docker/call-engine.ts";
import type { Sandbox, SandboxNetwork } from "../../docker/sandbox.ts";
import { eventually } from "../../eventually.ts";
import { type HoldgateProcess, startHoldgate } from "../../start-holdgate.ts";
import { startTraffic, type Traffic } from "../traffic.ts";

const VERSION_SCRIPT = `#!/bin/sh
printf 'HTTP/1.1 200 OK\\r\\nX-Version: %s\\r\\nContent-Length: 3\\r\\nConnection: close\\r\\n\\r\\nok\\n' "$VERSION"
`;
const MESSAGES_SCRIPT = `#!/bin/sh
message=$(head -c "$CONTENT_LENGTH")
echo "$message" >>/data/messages.jsonl
printf 'HTTP/1.1 201 Created\\r\\nX-Version: %s\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n' "$VERSION"
`;
const SERVE = `httpd -f -p 8080 -h /www & trap 'kill $!' TERM; wait`;
export const READS = "/cgi-bin/version";
export const WRITES = "/cgi-bin/messages";

export interface SmallImages {
  old: string;
  new: string;
}

/** Of a sandbox, for all its stages. */
export async function smallImages(sandbox: Sandbox): Promise<SmallImages> {
  const image = async (version: string): Promise<string> => {
    const files = { "/www/cgi-bin/version": VERSION_SCRIPT, "/www/cgi-bin/messages": MESSAGES_SCRIPT };
    const config = { Env: [`VERSION=${version}`], Cmd: ["sh", "-c", SERVE] };
    return (await sandbox.image("chat", { tag: version, base: "busybox", files, config })).ref;
  };
  return { old: await image("1"), new: await image("2") };
}

interface Listed {
  Id: string;
  Names: string[];
  Image: string;
  State: string;
}

export interface SmallOptions {
  /** Of both containers. */
  env?: Readonly<Record<string, string>>;
  /** Of the gateway, beside `services`. */
  settings?: string;
}

export class SmallChat {
  readonly #sandbox: Sandbox;
  readonly #part: string;
  readonly #images: SmallImages;
  readonly #network: SandboxNetwork;
  readonly #volume: string;
  readonly #options: SmallOptions;
  /** Of the gateway, the plan and the runs. */
  readonly dir: string;
  #gateway: HoldgateProcess | null = null;
  /** Of the containers that served at the beginning. */
  ids = { app: "", worker: "" };

  private constructor(parts: {
    sandbox: Sandbox;
    part: string;
    images: SmallImages;
    network: SandboxNetwork;
    volume: string;
    dir: string;
    options: SmallOptions;
  }) {
    this.#sandbox = parts.sandbox;
    this.#part = parts.part;
    this.#images = parts.images;
    this.#network = parts.network;
    this.#volume = parts.volume;
    this.#options = parts.options;
    this.dir = parts.dir;
  }

  /** @param part different for each of the sandbox. */
  static async open(
    sandbox: Sandbox,
    part: string,
    images: SmallImages,
    options: SmallOptions = {},
  ): Promise<SmallChat> {
    const network = await sandbox.network(part);
    const volume = await sandbox.volume(part);
    const dir = await mkdtemp(join(tmpdir(), "hg-"));
    const chat = new SmallChat({ sandbox, part, images, network, volume, dir, options });
    await chat.#startContainers();
    await chat.startGateway();
    return chat;
  }

  get app(): string {
    return this.#sandbox.name(`${this.#part}-app`);
  }

  get worker(): string {
    return this.#sandbox.name(`${this.#part}-worker`);
  }

  get gateway(): HoldgateProcess {
    if (this.#gateway === null) throw new Error("the gateway was not started");
    return this.#gateway;
  }

  /** Also again after it was killed: on the same port, with the same directory. */
  async startGateway(): Promise<void> {
    const { settings = "" } = this.#options;
    const yaml = `services:
  chat:
    upstreams: { blue: "http://${this.#network.address(10)}:8080" }
    health: { path: ${READS}, interval: 250ms }
    hold: { maxPerClient: 1000 }
${settings}`;
    this.#gateway = await startHoldgate(this.dir, yaml, this.#gateway?.port ?? 0);
  }

  call(method: string, path: string, body?: object): ReturnType<typeof callAdmin> {
    return callAdmin(this.gateway.adminSocket, method, path, body);
  }

  traffic(clients = 2): Promise<Traffic> {
    const { port } = this.gateway;
    return startTraffic({ port, clients, pauseMs: 100, reads: READS, writes: WRITES });
  }

  /** Old version, no data, gateway open. */
  async reset(): Promise<void> {
    const all = await this.containers();
    await Promise.all(all.map(({ Id }) => removeFromEngine(`/containers/${Id}?force=1&v=1`)));
    await this.#startContainers();
    await this.#sandbox.exec(this.ids.app, "sh", "-c", "rm -rf /data/*");
    await this.call("POST", "/admin/services/chat/cutover", { to: "blue", force: true });
    await this.call("DELETE", "/admin/services/chat/candidate");
    await this.call("DELETE", "/admin/services/chat/upstreams/green");
    await this.call("POST", "/admin/release", { service: "chat" });
    await rm(join(this.dir, "data/upgrades"), { recursive: true, force: true });
  }

  /** Of this stage, whoever has made them. */
  containers(): Promise<Listed[]> {
    const query = filters({ name: [this.#sandbox.name(`${this.#part}-`)] });
    return askEngine<Listed[]>("GET", `/containers/json?all=1&${query}`);
  }

  /** Names without the prefix of the sandbox, each with its version: `app 1`, `app-20261121-121212-ab3d 2`. */
  async running(): Promise<string[]> {
    const all = (await this.containers()).filter(({ State }) => State === "running");
    return all.map((one) => `${this.#shortName(one)} ${one.Image.split(":").at(-1)}`).toSorted();
  }

  async names(): Promise<string[]> {
    return (await this.containers()).map((one) => this.#shortName(one)).toSorted();
  }

  /** A file of the volume; empty when it is not there. */
  async data(file: string): Promise<string> {
    const [any] = await this.containers();
    if (any === undefined) throw new Error("no container has the volume");
    return (await this.#sandbox.readFile(any.Id, `/data/${file}`)) ?? "";
  }

  /** What users are answered with now: the version, or a status when it was no answer of the app. */
  async answers(): Promise<string> {
    const { headers, status } = await fetch(`http://127.0.0.1:${this.gateway.port}${READS}`);
    return headers.get("x-version") ?? String(status);
  }

  async close(): Promise<void> {
    await this.#gateway?.end("SIGKILL");
    await rm(this.dir, { recursive: true, force: true });
  }

  writePlan(text: string): Promise<void> {
    return writeFile(join(this.dir, "plan.yaml"), text);
  }

  /** Every verb that leaves something behind: one-off, in place, beside, cutover, backup. */
  plan({ after = "" }: { after?: string } = {}): string {
    return `name: small
service: chat
targets:
  app: { container: "${this.app}", port: 8080 }
  worker: { container: "${this.worker}" }
steps:
  - hold: { lease: 5m, maxWait: 3m }
  - backup: { path: { target: app, path: /data }, to: data.tar }
  - migrate:
      like: app
      image: "${this.#images.new}"
      command: [sh, -c, "echo ran >>/data/migrations"]
      kind: expand
  - replace: { target: worker, image: "${this.#images.new}" }
  - replace: { target: app, image: "${this.#images.new}", mode: beside }
  - healthy: { http: ${READS}, target: app, expect: { headers: { X-Version: "2" } }, interval: 100ms }
  - candidate: { upstream: green, target: app, port: 8080, waitHealthy: 20s }
  - cutover: {}
  - release: {}
  - retire: app
${after}`;
  }

  async #startContainers(): Promise<void> {
    const common = {
      image: this.#images.old,
      binds: [`${this.#volume}:/data`],
      env: this.#options.env ?? {},
    };
    const network = this.#network.name;
    const address = this.#network.address(10);
    const [app, worker] = await Promise.all([
      this.#sandbox.run(`${this.#part}-app`, { ...common, networks: [{ network, address }] }),
      this.#sandbox.run(`${this.#part}-worker`, {
        ...common,
        networks: [{ network }],
        restart: "unless-stopped",
      }),
    ]);
    this.ids = { app, worker };
    await eventually(async () => {
      expect((await fetch(`http://${address}:8080${READS}`)).status).toBe(200);
    });
  }

  #shortName({ Names }: Listed): string {
    return (Names[0] ?? "").slice(1 + this.#sandbox.name(`${this.#part}-`).length);
  }
}
