// What the names of a plan stand for while its program is made: at first what was there, after a replacement the
// container that the program will have made.

import type { Observation } from "./observe/observation.ts";
import type { ContainerRef, TargetRef, TargetRefs } from "./operations/operation.ts";
import type { Plan } from "./plan/plan.ts";
import type { Target } from "./plan/target.ts";

export class CurrentTargets {
  #refs: TargetRefs;

  constructor(plan: Plan, observation: Observation) {
    this.#refs = mapped(plan.targets, (target, name) => refOf(name, target, observation));
  }

  /** As they are now; a later replacement does not change what this has given. */
  refs(): TargetRefs {
    return this.#refs;
  }

  containersOf(name: string): ContainerRef[] {
    const ref = this.#refs[name];
    return ref?.kind === "containers" ? ref.containers : [];
  }

  /** In every target that means the one before: two names may stand for one container. */
  replace(before: ContainerRef, now: ContainerRef): void {
    this.#refs = mapped(this.#refs, (ref) => replacedIn(ref, before, now));
  }

  /** What `work` replaces is as before when it is done. */
  apart<Result>(work: () => Result): Result {
    const before = this.#refs;
    try {
      return work();
    } finally {
      this.#refs = before;
    }
  }
}

function mapped<Value, Result>(
  values: Readonly<Record<string, Value>>,
  to: (value: Value, name: string) => Result,
): Record<string, Result> {
  const results: Record<string, Result> = {};
  for (const [name, value] of Object.entries(values)) results[name] = to(value, name);
  return results;
}

function refOf(name: string, target: Target, observation: Observation): TargetRef {
  const observed = observation.targets[name];
  switch (target.kind) {
    case "containers": {
      const inspects = observed?.kind === "containers" ? observed.containers : [];
      const containers = inspects.map(({ Id, Name }) => ({ id: Id, name: Name.replace(/^\//, "") }));
      return {
        kind: "containers",
        containers,
        port: target.port,
        network: target.network,
        host: target.host,
      };
    }
    case "swarm": {
      const id = observed?.kind === "swarm" ? observed.service?.ID : undefined;
      return { kind: "swarm", service: id ?? target.service, name: target.service, host: target.host };
    }
    case "process":
      return { kind: "process", name, url: target.url, host: target.host };
  }
}

function replacedIn(ref: TargetRef, before: ContainerRef, now: ContainerRef): TargetRef {
  if (ref.kind !== "containers") return ref;
  return {
    ...ref,
    containers: ref.containers.map((container) => (isSame(container, before) ? now : container)),
  };
}

function isSame(one: ContainerRef, other: ContainerRef): boolean {
  if ("id" in one) return "id" in other && one.id === other.id;
  return "madeBy" in other && one.madeBy === other.madeBy;
}
