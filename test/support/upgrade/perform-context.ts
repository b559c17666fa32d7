// What a handler is called with, for tests of one handler: notes and the vault are kept in memory, time is moved by
// hand, and an engine or a process host that the test did not give is an error when it is used.

import { resolve } from "node:path";
import type { Engine } from "../../../src/docker/engine.ts";
import type { JsonObject } from "../../../src/lib/json.ts";
import type { ProcessHost } from "../../../src/process/process-host.ts";
import {
  type PerformContext,
  ROLE_LABEL,
  RUN_LABEL,
  type RunFacts,
  STEP_LABEL,
} from "../../../src/upgrade/operations/handler.ts";
import type { ContainerRef, FileRef } from "../../../src/upgrade/operations/operation.ts";
import { StepFailure } from "../../../src/upgrade/operations/step-failure.ts";
import { ManualClock } from "../manual-clock.ts";
import { FakeGatewayDriver } from "./fake-gateway-driver.ts";

export interface TestContextOptions {
  engine?: Engine;
  processes?: ProcessHost;
  /** A manual clock when left out; `systemClock` for what really waits. */
  clock?: PerformContext["clock"];
  gateway?: PerformContext["gateway"];
  signal?: AbortSignal;
  run?: Partial<RunFacts>;
  /** Values of `${secrets.<name>}`. */
  secrets?: Record<string, string>;
  /** Outcomes of operations that are done, by id. */
  outcomes?: Record<string, JsonObject>;
  /** Ids of containers that operations have made, by id of the operation. */
  made?: Record<string, string>;
  /** Paths of files that operations have written, by id of the operation. */
  files?: Record<string, string>;
}

type Answer = Awaited<ReturnType<PerformContext["ask"]>>;

export interface TestContext extends PerformContext {
  /** Changed by `note`: what a later call is given. */
  notes: JsonObject;
  again: boolean;
  /** Everything that was noted, in order. */
  readonly noted: JsonObject[];
  readonly lines: string[];
  readonly progressed: { percent?: number; text?: string }[];
  readonly vaulted: Map<string, JsonObject>;
  /** The prompts that were shown, and what answers them. */
  readonly prompts: string[];
  readonly decision: PromiseWithResolvers<Answer>;
}

/** A context over a fake gateway and a clock of the test, both in reach. */
export function lookContext(
  options: Omit<TestContextOptions, "clock" | "gateway"> & { active?: string } = {},
): TestContext & { clock: ManualClock; gateway: FakeGatewayDriver } {
  const clock = new ManualClock();
  const gateway = new FakeGatewayDriver(clock, options.active);
  return Object.assign(performContext({ ...options, clock, gateway }), { clock, gateway });
}

export function performContext(options: TestContextOptions = {}): TestContext {
  const clock = options.clock ?? new ManualClock();
  const vaulted = new Map<string, JsonObject>();
  const context: TestContext = {
    run: runFacts(clock.wall(), options.run),
    engine: options.engine ?? missing("engine"),
    gateway: options.gateway ?? new FakeGatewayDriver(clock),
    processes: options.processes ?? missing("process host"),
    clock,
    signal: options.signal ?? new AbortController().signal,
    again: false,
    notes: {},
    noted: [],
    lines: [],
    progressed: [],
    vaulted,
    prompts: [],
    decision: Promise.withResolvers<Answer>(),
    async note(notes) {
      context.noted.push(structuredClone(notes));
      context.notes = { ...context.notes, ...structuredClone(notes) };
    },
    containerId: (ref) => idOf(ref, options.made ?? {}),
    fileOf: (ref) => fileOf(ref, options.files ?? {}),
    outcomeOf: (operation) => options.outcomes?.[operation],
    reveal: (text) => reveal(text, options.secrets ?? {}),
    vault: {
      put: async (key, value) => void vaulted.set(key, structuredClone(value)),
      get: async (key) => vaulted.get(key),
    },
    ask(prompt, signal) {
      context.prompts.push(prompt);
      return Promise.race([context.decision.promise, rejectedBy(signal)]);
    },
    redact: (text) => redact(text, options.secrets ?? {}),
    progress: (progress) => void context.progressed.push(progress),
    log: (line) => void context.lines.push(line),
  };
  return context;
}

/** What a runner has that was started again after this one: the same facts, and nothing but what was noted. */
export function resumed<Context extends TestContext>(context: Context): Context {
  return Object.assign(context, { again: true });
}

export function runFacts(startedAtMs: number, over: Partial<RunFacts> = {}): RunFacts {
  const id = over.id ?? "20260101-000000-test";
  return {
    id,
    plan: "chat",
    service: "chat",
    directory: resolve("."),
    planDirectory: resolve("."),
    startedAtMs,
    metricsBefore: null,
    labels: (step, role) => ({ [RUN_LABEL]: id, [STEP_LABEL]: step, [ROLE_LABEL]: role }),
    registryAuth: async () => null,
    ...over,
  };
}

function idOf(ref: ContainerRef, made: Record<string, string>): string {
  if ("id" in ref) return ref.id;
  const id = made[ref.madeBy];
  if (id === undefined) throw new StepFailure(`${ref.madeBy} has made no container yet`);
  return id;
}

function fileOf(ref: FileRef, files: Record<string, string>): string {
  const file = files[ref.writtenBy];
  if (file === undefined) throw new StepFailure(`${ref.writtenBy} has written no file yet`);
  return file;
}

function reveal(text: string, secrets: Record<string, string>): string {
  return text.replaceAll(/\$\{secrets\.([^}]+)\}/g, (_whole, name: string) => {
    const value = secrets[name];
    if (value === undefined) throw new Error(`there is no secret ${name}`);
    return value;
  });
}

function redact(text: string, secrets: Record<string, string>): string {
  return Object.values(secrets).reduce((safe, secret) => safe.replaceAll(secret, "***"), text);
}

function rejectedBy(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  if (signal.aborted) reject(signal.reason);
  signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  return promise;
}

/** Stands for what a test does not give; the first use of it fails the test, and says so. */
function missing(what: string): never {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nothing of it is ever used
  return new Proxy(
    {},
    {
      get() {
        throw new StepFailure(`the test gave no ${what}`);
      },
    },
  ) as never;
}
