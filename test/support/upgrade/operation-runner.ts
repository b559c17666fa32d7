// Carries out the operations of a plan one by one on an engine, and undoes them backwards: what a run does, without
// its journal.

import type { Engine } from "../../../src/docker/engine.ts";
import type { JsonObject } from "../../../src/lib/json.ts";
import { makeProgram } from "../../../src/upgrade/make-program.ts";
import type { Observation } from "../../../src/upgrade/observe/observation.ts";
import { observe } from "../../../src/upgrade/observe/observe.ts";
import { HANDLERS } from "../../../src/upgrade/operations/handlers.ts";
import type { Operation } from "../../../src/upgrade/operations/operation.ts";
import { readPlan } from "../../../src/upgrade/plan/read-plan.ts";
import { handlerOf } from "../../../src/upgrade/run/undo-operations.ts";
import { VERBS } from "../../../src/upgrade/verbs/verbs.ts";
import { ManualClock } from "../manual-clock.ts";
import { FakeGatewayDriver } from "./fake-gateway-driver.ts";
import { performContext, type TestContext } from "./perform-context.ts";

interface Begun {
  operation: Operation;
  context: TestContext;
  outcome: JsonObject | undefined;
}

export interface RunnerOptions {
  engine: Engine;
  run: string;
  /** Where logs are saved. */
  directory: string;
  secrets?: Record<string, string>;
  /** Carried out before each operation: what happens to the world meanwhile. */
  meanwhile?: (operation: Operation) => void | Promise<void>;
}

export class OperationRunner {
  readonly run: string;
  readonly directory: string;
  readonly #options: RunnerOptions;
  #begun: Begun[] = [];
  readonly #outcomes: Record<string, JsonObject> = {};

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.run = options.run;
    this.directory = options.directory;
  }

  /** Of a plan's text; its containers are looked at now. */
  async operationsOf(plan: string): Promise<Operation[]> {
    const { engine, run } = this.#options;
    const builtIns = { run, service: "chat", active: "blue", idle: null };
    const read = readPlan(plan, "upgrade.yaml", { builtIns });
    const processes = { find: async () => null };
    const gateway = new FakeGatewayDriver(new ManualClock());
    const observation: Observation = await observe({ plan: read, engine, gateway, processes, at: 0 });
    const program = makeProgram(read, observation, VERBS, run);
    return program.steps.flatMap(({ operations }) => operations);
  }

  /** Stops at the first that fails. */
  async perform(operations: readonly Operation[]): Promise<void> {
    for (const operation of operations) {
      await this.#options.meanwhile?.(operation);
      await this.#perform(operation);
    }
  }

  /** Plans and carries out. */
  async upgrade(plan: string): Promise<void> {
    await this.perform(await this.operationsOf(plan));
  }

  /** All that were begun, the last one first. */
  async rollBack(): Promise<void> {
    const begun = this.#begun.toReversed();
    this.#begun = [];
    for (const { operation, context, outcome } of begun) {
      const effects = handlerOf(HANDLERS, operation.kind).inverse(operation, outcome, context.notes);
      for (const [index, effect] of effects.entries()) {
        const { step } = operation;
        await this.#run({ ...effect, id: `undo.${operation.id}.${index + 1}`, step }, this.#context());
      }
    }
  }

  async #perform(operation: Operation): Promise<void> {
    const begun: Begun = { operation, context: this.#context(), outcome: undefined };
    this.#begun.push(begun);
    begun.outcome = await this.#run(operation, begun.context);
    this.#outcomes[operation.id] = begun.outcome;
  }

  #run(operation: Operation, context: TestContext): Promise<JsonObject> {
    return handlerOf(HANDLERS, operation.kind).perform(operation, context);
  }

  #context(): TestContext {
    const { engine, run, directory, secrets = {} } = this.#options;
    const outcomes = this.#outcomes;
    const made = Object.fromEntries(
      Object.entries(outcomes).flatMap(([id, outcome]) =>
        typeof outcome["id"] === "string" ? [[id, outcome["id"]]] : [],
      ),
    );
    return performContext({ engine, run: { id: run, directory }, secrets, outcomes, made });
  }
}
