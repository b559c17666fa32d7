// A small app in the engine: two versions of an image, which takes a while to boot, in a network of its own where it
// has a fixed address, as only one of two containers can have.

import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { type Pack, pack } from "tar-stream";
import { askEngine } from "./ask-engine.ts";

export type Version = "1" | "2";

export const APP_PATH = "/cgi-bin/version";
export const APP_PORT = 8080;

const ANSWER = `#!/bin/sh
printf 'HTTP/1.1 200 OK\\r\\nX-Version: %s\\r\\nContent-Length: 3\\r\\nConnection: close\\r\\n\\r\\nok\\n' "$VERSION"
`;
/** Ends at once when it is told to: how long an app takes to stop is not the question. */
const SERVE = `sleep "$BOOT_S"; httpd -f -p ${APP_PORT} -h /www & trap 'kill $!' TERM; wait`;
const ASK_EVERY_MS = 3;
const BOOT_TIMEOUT_MS = 20_000;

export class BenchApp {
  readonly #prefix = `holdgate-bench-${randomBytes(3).toString("hex")}`;
  readonly #labels = { "holdgate.bench": this.#prefix };
  #subnet = "";
  #neighbour = "";

  static async prepare(resources: AsyncDisposableStack): Promise<BenchApp> {
    const app = new BenchApp();
    resources.defer(() => app.#removeAll());
    await Promise.all([app.#makeImage("1"), app.#makeImage("2")]);
    await app.#makeNetwork();
    await app.#startNeighbour();
    return app;
  }

  /** The fixed address. */
  get address(): string {
    return `${this.#subnet}.10`;
  }

  /** The name of the container that serves. */
  get container(): string {
    return `${this.#prefix}-app`;
  }

  image(version: Version): string {
    return `${this.#prefix}:${version}`;
  }

  /** Not started. Its id. */
  async create(name: string, version: Version, bootMs: number): Promise<string> {
    const endpoint = { IPAMConfig: { IPv4Address: this.address } };
    const said = await askEngine("POST", `/containers/create?name=${name}`, {
      Image: this.image(version),
      Env: [`BOOT_S=${bootMs / 1000}`],
      Labels: this.#labels,
      HostConfig: { NetworkMode: this.#prefix },
      NetworkingConfig: { EndpointsConfig: { [this.#prefix]: endpoint } },
    });
    return JSON.parse(said).Id;
  }

  /** Version 1 as it serves before each replacement. Its id. */
  async serveOld(bootMs: number): Promise<string> {
    const id = await this.create(this.container, "1", bootMs);
    await askEngine("POST", `/containers/${id}/start`);
    await this.answers("1");
    return id;
  }

  /** When it first answered, in milliseconds since 1970. */
  async answers(version: Version): Promise<number> {
    const deadline = Date.now() + BOOT_TIMEOUT_MS;
    while (Date.now() < deadline) {
      if ((await this.#versionNow()) === version) return Date.now();
      await sleep(ASK_EVERY_MS);
    }
    throw new Error(`the app did not answer within ${BOOT_TIMEOUT_MS} ms`);
  }

  /** When the engine saw its process end, in milliseconds since 1970. */
  async stoppedAtMs(id: string): Promise<number> {
    const { State } = JSON.parse(await askEngine("GET", `/containers/${id}/json`));
    return Date.parse(State.FinishedAt);
  }

  /** Old and new, whoever has made them. */
  async removeContainers(): Promise<void> {
    const all = await this.#containers();
    await remove(all.filter((id) => id !== this.#neighbour));
  }

  async #versionNow(): Promise<string | null> {
    try {
      const signal = AbortSignal.timeout(1_000);
      const answer = await fetch(`http://${this.address}:${APP_PORT}${APP_PATH}`, { signal });
      await answer.text();
      return answer.headers.get("x-version");
    } catch {
      return null;
    }
  }

  async #makeImage(version: Version): Promise<void> {
    const changes = [`CMD ["sh","-c",${JSON.stringify(SERVE)}]`, `ENV PATH=/bin VERSION=${version}`];
    const query = changes.map((change) => `&changes=${encodeURIComponent(change)}`).join("");
    const tar = Readable.from(fileSystem());
    await askEngine("POST", `/images/create?fromSrc=-&repo=${this.#prefix}&tag=${version}${query}`, tar);
  }

  async #makeNetwork(): Promise<void> {
    for (let attempt = 1; this.#subnet === ""; attempt++) {
      const [second = 0, third = 0] = randomBytes(2);
      const subnet = `10.${64 + (second % 190)}.${third}`;
      const IPAM = { Config: [{ Subnet: `${subnet}.0/24` }] };
      try {
        await askEngine("POST", "/networks/create", { Name: this.#prefix, Labels: this.#labels, IPAM });
        this.#subnet = subnet;
      } catch (error) {
        // Another network may have these addresses; there are many more.
        if (attempt === 5) throw error;
      }
    }
  }

  /**
   * Stands for an app's database. Between the old container and the new one a network with nobody else has no carrier,
   * and whoever asks in that moment, as the gateway's health check may, makes the kernel wait a second before it looks
   * for the new one.
   */
  async #startNeighbour(): Promise<void> {
    const HostConfig = { NetworkMode: this.#prefix };
    const body = { Image: this.image("1"), Cmd: ["sleep", "100000"], Labels: this.#labels, HostConfig };
    const said = await askEngine("POST", `/containers/create?name=${this.#prefix}-neighbour`, body);
    this.#neighbour = JSON.parse(said).Id;
    await askEngine("POST", `/containers/${this.#neighbour}/start`);
  }

  async #containers(): Promise<string[]> {
    const filters = encodeURIComponent(JSON.stringify({ network: [this.#prefix] }));
    const list: { Id: string }[] = JSON.parse(
      await askEngine("GET", `/containers/json?all=1&filters=${filters}`),
    );
    return list.map(({ Id }) => Id);
  }

  async #removeAll(): Promise<void> {
    await remove(await this.#containers());
    if (this.#subnet !== "") await askEngine("DELETE", `/networks/${this.#prefix}`);
    const filters = encodeURIComponent(JSON.stringify({ reference: [this.#prefix] }));
    const images: { Id: string }[] = JSON.parse(await askEngine("GET", `/images/json?filters=${filters}`));
    // By id: with the names by which upgrades have kept them.
    for (const { Id } of images) await askEngine("DELETE", `/images/${Id}?force=1`);
  }
}

async function remove(containers: readonly string[]): Promise<void> {
  for (const id of containers) await askEngine("DELETE", `/containers/${id}?force=1&v=1`);
}

/** Busybox of this machine, which must be a static one. */
function fileSystem(): Pack {
  const binary = execFileSync("sh", ["-c", "command -v busybox"], { encoding: "utf8" }).trim();
  const tar = pack();
  for (const name of ["bin", "www", "www/cgi-bin"]) tar.entry({ name, type: "directory", mode: 0o755 });
  tar.entry({ name: "bin/busybox", mode: 0o755 }, readFileSync(binary));
  for (const applet of ["sh", "sleep", "httpd", "printf"]) {
    tar.entry({ name: `bin/${applet}`, type: "symlink", linkname: "busybox" });
  }
  tar.entry({ name: `www${APP_PATH}`, mode: 0o755 }, ANSWER);
  tar.finalize();
  return tar;
}
