// Programs for a simulated world, made of few kinds of steps.

import type { Operation } from "../../../../src/upgrade/operations/operation.ts";
import type { Program, ProgramStep } from "../../../../src/upgrade/program.ts";

type StepOptions = Partial<Omit<ProgramStep, "id" | "operations">>;
type Bare = Operation extends infer Each
  ? Each extends Operation
    ? Omit<Each, "id" | "step" | "cause">
    : never
  : never;

export function program(steps: ProgramStep[], { hasProbe = false } = {}): Program {
  const targets = {};
  const probe = { kind: "http" as const, url: "/schema", json: "version" };
  const common = { id: "schema", step: "", cause: "how the schema is" };
  const readSchema = hasProbe ? { kind: "read-schema" as const, ...common, probe, targets } : null;
  return { plan: "chat", service: "chat", steps, readSchema, targets };
}

/** Operations named `<step>.<name>`. */
export function step(id: string, operations: Record<string, Bare>, options: StepOptions = {}): ProgramStep {
  return {
    id,
    verb: "exec",
    title: `do ${id}`,
    when: null,
    timeoutMs: null,
    retry: { attempts: 1, backoffMs: 0 },
    onFailure: "rollback",
    pointOfNoReturn: null,
    branches: [],
    undo: null,
    loses: null,
    ...options,
    operations: Object.entries(operations).map(([name, effect]) => operation(id, name, effect)),
  };
}

export function operation(stepId: string, name: string, effect: Bare): Operation {
  return { ...effect, id: `${stepId}.${name}`, step: stepId, cause: `${name} of ${stepId}` };
}

export function parallel(id: string, branches: ProgramStep[], options: StepOptions = {}): ProgramStep {
  return step(id, {}, { ...options, verb: "parallel", branches });
}

export function replace(id: string, options: StepOptions = {}): ProgramStep {
  const operations = { stop: stop(`old-${id}`), start: start(`new-${id}`) };
  return step(id, operations, { verb: "replace", ...options });
}

export function work(id: string, options: StepOptions = {}): ProgramStep {
  return step(id, { work: exec() }, options);
}

export function check(id: string, options: StepOptions = {}): ProgramStep {
  const effect = { kind: "check" as const, checks: [], target: null, targets: {} };
  return step(id, { look: { ...effect, forMs: 0, waitMs: 0, intervalMs: 1 } }, { verb: "check", ...options });
}

export function backup(id: string): ProgramStep {
  const source = { kind: "files" as const, paths: ["/data"] };
  const effect = { kind: "backup" as const, source, to: id, gzip: false, minBytes: 0, verify: null };
  return step(id, { write: effect }, { verb: "backup" });
}

/** As a way back of the step `id`. */
export function restoring(id: string, fromStep: string): Operation[] {
  const into = { kind: "path" as const, container: { id: "db", name: "db" }, path: "/data" };
  const effect = { kind: "restore" as const, from: { writtenBy: `${fromStep}.write` }, gunzip: false, into };
  return [operation(id, "restore", effect)];
}

export function hold(id = "hold"): ProgramStep {
  const mode = { name: "hold" as const, leaseMs: null, maxWaitMs: null, onLeaseEnd: null, wait: true };
  return step(id, { mode: { kind: "set-mode", mode } }, { verb: "hold" });
}

export function release(id = "release", options: StepOptions = {}): ProgramStep {
  return step(
    id,
    { mode: { kind: "set-mode", mode: { name: "open", wait: true } } },
    { verb: "release", ...options },
  );
}

function stop(name: string): Bare {
  return {
    kind: "stop-container",
    container: { id: name, name },
    graceMs: null,
    signal: null,
    wasRunning: true,
  };
}

function start(name: string): Bare {
  return { kind: "start-container", container: { id: name, name } };
}

function exec(): Bare {
  const container = { id: "db", name: "db" };
  const order = { command: ["work"], user: null, workdir: null, env: {}, successCodes: [0], output: null };
  return { kind: "exec", container, ...order };
}
