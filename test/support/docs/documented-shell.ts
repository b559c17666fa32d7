// A shell in an empty directory that is given the commands of the docs, block after block, as they stand: only names,
// images and the port are exchanged for those of the test, so that suites can run side by side on one engine.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import type { Sandbox } from "../docker/sandbox.ts";
import { eventually } from "../eventually.ts";
import { listen } from "../listen.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const DOCKER = fileURLToPath(new URL("../docker/docker-command", import.meta.url));
const DONE = "holdgate-test: done";
const LONGEST_MS = 120_000;

export interface ShellNames {
  /** `parlour…` in the commands becomes `<prefix>-parlour…`. */
  sandbox: Sandbox;
  /** What `holdgate` means where an image is named. */
  gatewayImage: string;
}

export class DocumentedShell {
  /** In place of 8080. */
  readonly port: number;
  readonly directory: string;
  readonly #names: ShellNames;
  readonly #bash: ChildProcess;
  #said = "";

  /** One that ends with the test. */
  static async open(names: ShellNames): Promise<DocumentedShell> {
    const directory = await mkdtemp(join(tmpdir(), "hg-"));
    await chmod(directory, 0o755);
    const programs = await mkdtemp(join(tmpdir(), "hg-"));
    await symlink(DOCKER, join(programs, "docker"));
    const shell = new DocumentedShell(names, directory, programs, await freePort());
    onTestFinished(async () => {
      shell.#bash.kill("SIGKILL");
      await rm(directory, { recursive: true, force: true });
      await rm(programs, { recursive: true, force: true });
    });
    return shell;
  }

  private constructor(names: ShellNames, directory: string, programs: string, port: number) {
    this.#names = names;
    this.directory = directory;
    this.port = port;
    const { HOME, DOCKER_HOST, PATH = "" } = process.env;
    const env = { HOME, DOCKER_HOST, HOLDGATE: ROOT, REAL_DOCKER: pathOfDocker() };
    this.#bash = spawn("bash", ["-e", "-o", "pipefail"], {
      cwd: directory,
      env: { ...env, PATH: `${programs}${delimiter}${PATH}` },
      stdio: ["pipe", "pipe", "pipe"],
    });
    const hear = (chunk: Buffer): void => void (this.#said += chunk.toString());
    this.#bash.stdout?.on("data", hear);
    this.#bash.stderr?.on("data", hear);
  }

  /** Runs a block; what it printed. Rejects when one of its commands fails. */
  async run(block: string): Promise<string> {
    const from = this.#said.length;
    const file = join(this.directory, ".block.sh");
    await writeFile(file, this.#exchange(block));
    this.#bash.stdin?.write(`. ${file} </dev/null\necho '${DONE}'\n`);
    await eventually(() => {
      if (this.#isAlive && !this.#said.includes(DONE, from)) throw new Error(`still at:\n${block}`);
    }, LONGEST_MS);
    if (!this.#isAlive) throw new Error(`a command of the docs failed:\n${block}\n${this.#said.slice(from)}`);
    return this.#said.slice(from, this.#said.indexOf(DONE, from));
  }

  get #isAlive(): boolean {
    return this.#bash.exitCode === null && this.#bash.signalCode === null;
  }

  #exchange(block: string): string {
    const { sandbox, gatewayImage } = this.#names;
    return block
      .replaceAll("parlour", sandbox.name("parlour"))
      .replaceAll("localhost:8080", `localhost:${this.port}`)
      .replaceAll("HTTP_PORT=8080", `HTTP_PORT=${this.port}`)
      .replaceAll("-p 8080:", `-p ${this.port}:`)
      .replaceAll("HOLDGATE_IMAGE=holdgate", `HOLDGATE_IMAGE=${gatewayImage}`)
      .replaceAll(/(?<=--stop-timeout \d+ )holdgate$/gm, gatewayImage);
  }
}

function pathOfDocker(): string {
  return execFileSync("sh", ["-c", "command -v docker"], { encoding: "utf8" }).trim();
}

/**
 * Below those that the system gives to outgoing connections: other tests open thousands of these, and it takes a while
 * until the engine publishes this one.
 */
async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    const server = createServer();
    const taken = await listen(server, port).then(
      () => false,
      () => true,
    );
    if (taken) continue;
    server.close();
    await once(server, "close");
    return port;
  }
}
