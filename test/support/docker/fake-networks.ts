// Networks of the fake engine: addresses are taken at a start and given back at a stop, as in a real one.

import { EngineError } from "../../../src/docker/engine-error.ts";
import type { ContainerInspect, NetworkCalls, NetworkInspect } from "../../../src/docker/engine.ts";
import type { JsonObject } from "../../../src/lib/json.ts";
import type { FakeContainer } from "./fake-containers.ts";
import { fakeEndpoint } from "./fake-inspect.ts";

export class FakeNetworks implements NetworkCalls {
  readonly all = new Map<string, NetworkInspect>();
  readonly #find: (container: string) => FakeContainer | undefined;
  #lastAddress = 100;

  constructor(find: (container: string) => FakeContainer | undefined) {
    this.#find = find;
  }

  add(name: string, subnet = "10.99.0.0/16"): void {
    const IPAM = { Config: [{ Subnet: subnet }] };
    this.all.set(name, {
      Id: `id-of-${name}`,
      Name: name,
      Driver: "bridge",
      Internal: false,
      IPAM,
      Containers: {},
    });
  }

  async inspect(idOrName: string): Promise<NetworkInspect | undefined> {
    const byId = [...this.all.values()].find(({ Id }) => Id === idOrName);
    return structuredClone(this.all.get(idOrName) ?? byId);
  }

  async connect(network: string, container: string, endpoint: JsonObject): Promise<void> {
    const found = this.#find(container);
    if (found === undefined) throw new EngineError("absent", 404, `No such container: ${container}`);
    const { Networks } = found.inspect.NetworkSettings;
    Networks[network] ??= fakeEndpoint(network, endpoint);
  }

  async disconnect(network: string, container: string): Promise<void> {
    const Networks = this.#find(container)?.inspect.NetworkSettings.Networks ?? {};
    Reflect.deleteProperty(Networks, network);
  }

  /** Throws as an engine does when another container has the address. */
  takeAddresses(starting: ContainerInspect, running: readonly ContainerInspect[]): void {
    for (const [name, endpoint] of Object.entries(starting.NetworkSettings.Networks)) {
      const wanted = endpoint.IPAMConfig?.IPv4Address;
      const taken = running.map(({ NetworkSettings }) => NetworkSettings.Networks[name]?.IPAddress);
      if (wanted !== undefined && taken.includes(wanted)) {
        const { Name, State } = starting;
        Object.assign(State, { ExitCode: 128, Error: "Address already in use" });
        throw new EngineError("conflict", 403, `start container ${Name.slice(1)}: Address already in use`);
      }
      this.#lastAddress += 1;
      endpoint.IPAddress = wanted ?? `10.99.0.${this.#lastAddress}`;
    }
  }
}
