// Services of the fake engine. What their tasks do is a test's to say: `tasksOf` is asked anew at each look.

import { EngineError } from "../../../src/docker/engine-error.ts";
import type {
  LogLine,
  LogOptions,
  NodeInspect,
  RegistryAuth,
  ServiceCalls,
  ServiceInspect,
  ServiceSpec,
  TaskInspect,
} from "../../../src/docker/engine.ts";
import type { JsonObject } from "../../../src/lib/json.ts";

export class FakeServices implements ServiceCalls {
  readonly all = new Map<string, ServiceInspect>();
  nodeList: NodeInspect[] = [];
  /** By id of the service. */
  readonly logLines = new Map<string, LogLine[]>();
  tasksOf: (service: ServiceInspect) => TaskInspect[] = () => [];
  #made = 0;

  /** One that is there already. */
  add(spec: ServiceSpec): ServiceInspect {
    this.#made += 1;
    const service = {
      ID: `service-${this.#made}`,
      Version: { Index: 10 * this.#made },
      Spec: structuredClone(spec),
    };
    this.all.set(service.ID, service);
    return service;
  }

  async list({
    labels = [],
    name,
  }: {
    labels?: readonly string[];
    name?: string;
  }): Promise<ServiceInspect[]> {
    const matches = ({ Spec }: ServiceInspect): boolean =>
      (name === undefined || Spec.Name === name) &&
      labels.every((label) => {
        const [key = "", ...value] = label.split("=");
        return value.length === 0 ? key in Spec.Labels : Spec.Labels[key] === value.join("=");
      });
    return structuredClone([...this.all.values()].filter(matches));
  }

  async inspect(idOrName: string): Promise<ServiceInspect | undefined> {
    return structuredClone(this.#find(idOrName));
  }

  async create(spec: JsonObject): Promise<string> {
    const given: ServiceSpec = JSON.parse(JSON.stringify(spec));
    if (this.#find(given.Name)) {
      throw new EngineError("conflict", 409, `create service ${given.Name}: the name is in use`);
    }
    return this.add({ ...given, Labels: given.Labels ?? {} }).ID;
  }

  async update(id: string, version: number, spec: JsonObject, _auth: RegistryAuth | null): Promise<void> {
    const service = this.#find(id);
    if (service === undefined) throw new EngineError("absent", 404, `update service ${id}: No such service`);
    if (service.Version.Index !== version) {
      throw new EngineError("conflict", 500, `update service ${id}: update out of sequence`);
    }
    service.PreviousSpec = service.Spec;
    service.Spec = JSON.parse(JSON.stringify(spec));
    service.Version = { Index: version + 1 };
  }

  async remove(id: string): Promise<void> {
    const service = this.#find(id);
    if (service !== undefined) this.all.delete(service.ID);
  }

  async tasks(service: string): Promise<TaskInspect[]> {
    const found = this.#find(service);
    return found === undefined ? [] : this.tasksOf(structuredClone(found));
  }

  async logs(id: string, { tail }: LogOptions, onLine: (line: LogLine) => void): Promise<void> {
    const lines = this.logLines.get(id) ?? [];
    for (const line of tail === null ? lines : lines.slice(-tail)) onLine(line);
  }

  async nodes(): Promise<NodeInspect[]> {
    return structuredClone(this.nodeList);
  }

  #find(idOrName: string): ServiceInspect | undefined {
    return this.all.get(idOrName) ?? [...this.all.values()].find(({ Spec }) => Spec.Name === idOrName);
  }
}
