// An engine in memory, for tests of what is done with one: it keeps names, states, addresses and restart policies,
// records every call, and fails those that a test picks. Processes do not run: a container that is started runs until
// a test calls `exit`.

import { EngineError } from "../../../src/docker/engine-error.ts";
import type { Engine, EngineInfo, VolumeCalls } from "../../../src/docker/engine.ts";
import { FakeContainers } from "./fake-containers.ts";
import { FakeExec } from "./fake-exec.ts";
import { FakeImages } from "./fake-images.ts";
import { FakeNetworks } from "./fake-networks.ts";
import { FakeServices } from "./fake-services.ts";

export interface FakeCall {
  /** `containers.start` */
  name: string;
  args: readonly unknown[];
}

/**
 * What happens instead of a call that is to fail: the engine never hears of it, or it carries it out and its answer
 * is lost.
 */
export interface FakeFault {
  error?: Error;
  carriedOut?: boolean;
}

export class FakeEngine implements Engine {
  readonly calls: FakeCall[] = [];
  readonly networks: FakeNetworks;
  readonly images: FakeImages;
  readonly containers: FakeContainers;
  readonly exec: FakeExec;
  readonly services: FakeServices;
  readonly volumes: VolumeCalls;
  readonly volumeNames = new Set<string>();
  swarm: EngineInfo["swarm"] = { state: "inactive", isManager: false, nodeId: "" };
  #fault: (call: FakeCall, number: number) => FakeFault | null = () => null;

  constructor() {
    const images = new FakeImages();
    const networks = new FakeNetworks((id) => containers.find(id));
    const containers = new FakeContainers(images, networks);
    this.images = this.#recorded("images", images);
    this.networks = this.#recorded("networks", networks);
    this.containers = this.#recorded("containers", containers);
    this.exec = this.#recorded("exec", new FakeExec(containers));
    this.services = this.#recorded("services", new FakeServices());
    this.volumes = this.#recorded("volumes", {
      inspect: async (Name) =>
        this.volumeNames.has(Name) ? { Name, Driver: "local", Mountpoint: `/volumes/${Name}` } : undefined,
    });
  }

  async version(): Promise<{ version: string; apiVersion: string }> {
    return { version: "20.10.24", apiVersion: "1.41" };
  }

  async info(): Promise<EngineInfo> {
    return { name: "fake", rootDir: "/var/lib/docker", swarm: this.swarm };
  }

  close(): void {}

  /** Of the calls with this name, the n-th from now on; `*` means any. From 1. */
  failNth(n: number, name = "*", fault: FakeFault = {}): void {
    let seen = 0;
    this.#fault = (call) => {
      if (name !== "*" && call.name !== name) return null;
      seen += 1;
      return seen === n ? fault : null;
    };
  }

  /** Asked for each call in turn, with its number from 1; null lets it pass. */
  failWhen(rule: (call: FakeCall, number: number) => FakeFault | null): void {
    this.#fault = rule;
  }

  /** The names of the calls that change something, in order: `containers.stop`. */
  get writes(): string[] {
    const reads = /\.(list|inspect|changes|logs|wait|getArchive|distribution|tasks|nodes|find|add\w*|exit)$/;
    return this.calls.map(({ name }) => name).filter((name) => !reads.test(name));
  }

  /** The same calls, each recorded and asked whether it is to fail. What is no call of the interface is left alone. */
  #recorded<Calls extends object>(group: string, calls: Calls): Calls {
    return new Proxy(calls, {
      get: (target, key) => {
        const member: unknown = Reflect.get(target, key);
        if (typeof member !== "function") return member;
        if (!INTERFACE_CALLS.has(String(key))) return member.bind(target);
        return (...args: unknown[]) => this.#call(`${group}.${String(key)}`, args, member.bind(target));
      },
    });
  }

  async #call(
    name: string,
    args: readonly unknown[],
    run: (...args: unknown[]) => unknown,
  ): Promise<unknown> {
    const call = { name, args };
    this.calls.push(call);
    const signal = args.find((arg) => arg instanceof AbortSignal);
    signal?.throwIfAborted();
    const fault = this.#fault(call, this.calls.length);
    if (fault === null) return run(...args);
    if (fault.carriedOut === true) await run(...args);
    throw (
      fault.error ?? new EngineError("unreachable", null, `${name}: no whole answer from the engine: made up`)
    );
  }
}

const INTERFACE_CALLS = new Set(
  "list inspect create start stop kill rename setRestartPolicy pause unpause remove wait logs attach changes getArchive putArchive pull load tag untag distribution connect disconnect update tasks nodes".split(
    " ",
  ),
);
