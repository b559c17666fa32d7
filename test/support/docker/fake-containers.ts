// Containers of the fake engine.

import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { EngineError } from "../../../src/docker/engine-error.ts";
import type {
  ContainerCalls,
  ContainerInspect,
  ContainerSummary,
  CreateContainer,
  ExecStreams,
  FileChange,
  LogLine,
  LogOptions,
  RestartPolicy,
} from "../../../src/docker/engine.ts";
import { fakeInspect, type FakeContainerOptions } from "./fake-inspect.ts";
import type { FakeImages } from "./fake-images.ts";
import type { FakeNetworks } from "./fake-networks.ts";

/** Of a command. */
export interface FakeResult {
  exitCode?: number;
  stdout?: string | Buffer;
  stderr?: string | Buffer;
}

export interface FakeContainer {
  inspect: ContainerInspect;
  log: LogLine[];
  changes: FileChange[];
  /** By path: the tars that were put there, or that are to be had. */
  archives: Map<string, Buffer>;
}

export class FakeContainers implements ContainerCalls {
  readonly all = new Map<string, FakeContainer>();
  /** What its own command does when it is attached to, by name of the container. */
  readonly programs = new Map<string, (stdin: Buffer) => FakeResult | Promise<FakeResult>>();
  readonly #images: FakeImages;
  readonly #networks: FakeNetworks;
  #made = 0;
  #waiting: (() => void)[] = [];

  constructor(images: FakeImages, networks: FakeNetworks) {
    this.#images = images;
    this.#networks = networks;
  }

  /** One that is there already; it runs unless its state says otherwise. */
  add(options: FakeContainerOptions): FakeContainer {
    const inspect = fakeInspect(this.#nextId(), options);
    const container = { inspect, log: [], changes: [], archives: new Map<string, Buffer>() };
    this.all.set(inspect.Id, container);
    return container;
  }

  /** By id or name; for tests, not recorded. */
  find(idOrName: string): FakeContainer | undefined {
    const byId = this.all.get(idOrName);
    return byId ?? [...this.all.values()].find(({ inspect }) => inspect.Name === `/${idOrName}`);
  }

  /** Its process ends. */
  exit(idOrName: string, exitCode: number): void {
    const { State } = this.#get(idOrName, "exit").inspect;
    Object.assign(State, { Status: "exited", Running: false, Paused: false, ExitCode: exitCode });
    this.#changed();
  }

  async list({
    labels = [],
    name,
  }: {
    labels?: readonly string[];
    name?: string;
  }): Promise<ContainerSummary[]> {
    const all = [...this.all.values()].map(({ inspect }) => summaryOf(inspect));
    return all.filter((one) => (name === undefined || one.name === name) && hasLabels(one, labels));
  }

  async inspect(idOrName: string): Promise<ContainerInspect | undefined> {
    return structuredClone(this.find(idOrName)?.inspect);
  }

  async create({ name, body }: CreateContainer): Promise<string> {
    if (this.find(name)) throw conflict(`create container ${name}: the name is in use`);
    const config: { Image: string } & Record<string, unknown> = JSON.parse(JSON.stringify(body));
    const image = await this.#images.inspect(config.Image);
    if (image === undefined) {
      throw new EngineError("absent", 404, `create container ${name}: No such image: ${config.Image}`);
    }
    const { inspect } = this.add({
      name,
      state: "created",
      imageId: image.Id,
      body: config,
      image: image.Config,
    });
    return inspect.Id;
  }

  async start(id: string): Promise<void> {
    const { inspect } = this.#get(id, "start");
    if (inspect.State.Running) return;
    this.#networks.takeAddresses(inspect, this.#running());
    Object.assign(inspect.State, { Status: "running", Running: true, ExitCode: 0, Error: "" });
  }

  async stop(id: string, _options?: { timeoutS: number | null }): Promise<void> {
    const { inspect } = this.#get(id, "stop");
    if (!inspect.State.Running) return;
    this.exit(id, 0);
    if (inspect.HostConfig.AutoRemove) this.all.delete(inspect.Id);
  }

  async kill(id: string): Promise<void> {
    if (!this.#get(id, "kill").inspect.State.Running)
      throw conflict(`kill container ${id}: it is not running`);
    this.exit(id, 137);
  }

  async rename(id: string, name: string): Promise<void> {
    const { inspect } = this.#get(id, "rename");
    if (inspect.Name !== `/${name}` && this.find(name))
      throw conflict(`rename container ${id}: ${name} is in use`);
    inspect.Name = `/${name}`;
  }

  async setRestartPolicy(id: string, policy: RestartPolicy): Promise<void> {
    this.#get(id, "update").inspect.HostConfig.RestartPolicy = { ...policy };
  }

  async pause(id: string): Promise<void> {
    const { State } = this.#get(id, "pause").inspect;
    if (State.Status !== "running") throw conflict(`pause container ${id}: it is ${State.Status}`);
    Object.assign(State, { Status: "paused", Paused: true });
  }

  async unpause(id: string): Promise<void> {
    const { State } = this.#get(id, "unpause").inspect;
    if (!State.Paused) throw conflict(`unpause container ${id}: it is ${State.Status}`);
    Object.assign(State, { Status: "running", Paused: false });
  }

  async remove(id: string, { force }: { force: boolean }): Promise<void> {
    const found = this.find(id);
    if (found === undefined) return;
    if (found.inspect.State.Running && !force) throw conflict(`remove container ${id}: it is running`);
    this.all.delete(found.inspect.Id);
    this.#changed();
  }

  async wait(id: string, signal?: AbortSignal): Promise<number> {
    for (;;) {
      const { State } = this.#get(id, "wait for").inspect;
      if (State.Status === "exited") return State.ExitCode;
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      this.#waiting.push(resolve);
      signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
      await promise;
    }
  }

  async logs(id: string, { tail }: LogOptions, onLine: (line: LogLine) => void): Promise<void> {
    const { log } = this.#get(id, "read the log of");
    for (const line of tail === null ? log : log.slice(-tail)) onLine(line);
  }

  /** Does what the test put into `programs` for its name, and ends. */
  async attach(
    id: string,
    { stdin, stdout, stderr }: ExecStreams,
    begin: () => Promise<void>,
  ): Promise<void> {
    const { inspect } = this.#get(id, "attach to");
    await begin();
    const program = this.programs.get(inspect.Name.slice(1));
    const result = (await program?.(stdin === undefined ? Buffer.alloc(0) : await buffer(stdin))) ?? {};
    stdout?.end(result.stdout ?? "");
    stderr?.end(result.stderr ?? "");
    this.exit(id, result.exitCode ?? 0);
  }

  async changes(id: string): Promise<FileChange[]> {
    return this.#get(id, "list changed files of").changes;
  }

  async getArchive(id: string, path: string): Promise<Readable | undefined> {
    const tar = this.#get(id, "copy out of").archives.get(path);
    return tar === undefined ? undefined : Readable.from([tar]);
  }

  async putArchive(id: string, directory: string, tar: Readable): Promise<void> {
    const { archives } = this.#get(id, "copy into");
    archives.set(directory, await buffer(tar));
  }

  #get(idOrName: string, verb: string): FakeContainer {
    const found = this.find(idOrName);
    if (found !== undefined) return found;
    throw new EngineError("absent", 404, `${verb} container ${idOrName}: No such container: ${idOrName}`);
  }

  #running(): ContainerInspect[] {
    return [...this.all.values()].map(({ inspect }) => inspect).filter(({ State }) => State.Running);
  }

  #changed(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #nextId(): string {
    this.#made += 1;
    return this.#made.toString(16).padStart(64, "c");
  }
}

function summaryOf({ Id, Name, Image, Config, State, Created }: ContainerInspect): ContainerSummary {
  return {
    Id,
    name: Name.slice(1),
    Image: Config.Image,
    ImageID: Image,
    State: State.Status,
    Labels: { ...Config.Labels },
    Created: Date.parse(Created) / 1000,
  };
}

function hasLabels({ Labels }: ContainerSummary, wanted: readonly string[]): boolean {
  return wanted.every((label) => {
    const [key = "", ...value] = label.split("=");
    return value.length === 0 ? key in Labels : Labels[key] === value.join("=");
  });
}

function conflict(message: string): EngineError {
  return new EngineError("conflict", 409, message);
}
