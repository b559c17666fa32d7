// A tiny world for runs: containers that run or not, data with a schema, work that must happen once, and a service's
// mode. Its handlers behave as those of a real engine have to: called again, they look first.

import { setImmediate } from "node:timers/promises";
import { EngineError } from "../../../../src/docker/engine-error.ts";
import type { Clock } from "../../../../src/lib/clock.ts";
import type { JsonObject } from "../../../../src/lib/json.ts";
import type { Handler, Handlers } from "../../../../src/upgrade/operations/handler.ts";
import type { OperationKind, OperationOf } from "../../../../src/upgrade/operations/operation.ts";
import { StepFailure } from "../../../../src/upgrade/operations/step-failure.ts";
import { FakeGatewayDriver } from "../../../support/upgrade/fake-gateway-driver.ts";

export type Trouble =
  /** Refuses, each time until it is mended. */
  | "fails"
  /** Has its effect, and then fails. */
  | "fails-late"
  /** Has its effect, and its answer is lost, once. */
  | "answer-lost"
  | "needs-a-person";

export class SimulatedWorld {
  readonly gateway: FakeGatewayDriver;
  readonly running: Set<string>;
  schema = 1;
  /** How often work that must happen once did happen, by operation. */
  readonly worked = new Map<string, number>();
  /** By id of the operation. */
  readonly troubles: Map<string, Trouble>;
  /** New code that changes the schema when it starts. */
  readonly migrating: ReadonlySet<string>;
  readonly violations: string[] = [];
  /** Each effect, in order. */
  readonly effects: string[] = [];
  readonly #names: string[];
  readonly #lost = new Set<string>();

  constructor(
    clock: Clock,
    options: { running: string[]; migrating?: string[]; troubles?: Record<string, Trouble> },
  ) {
    this.gateway = new FakeGatewayDriver(clock);
    this.running = new Set(options.running);
    this.#names = options.running.map((name) => name.replace(/^old/, ""));
    this.migrating = new Set(options.migrating);
    this.troubles = new Map(Object.entries(options.troubles ?? {}));
  }

  /** What must be as before after a rollback. */
  snapshot(): JsonObject {
    const { mode } = this.gateway.service;
    return { running: [...this.running].toSorted(), schema: this.schema, mode: mode.name };
  }

  /** Users are let in, and find something that runs. */
  get isServed(): boolean {
    const { mode } = this.gateway.service;
    return mode.name === "open" && this.#isUp;
  }

  get #isUp(): boolean {
    return this.#names.every((name) => this.running.has(`old${name}`) || this.running.has(`new${name}`));
  }

  /** What a gateway finds out by itself. */
  #look(): void {
    this.gateway.service.automaticHoldSince = this.#isUp ? null : 1;
  }

  get handlers(): Handlers {
    const nothing = (): JsonObject => ({});
    const table = {
      "start-container": this.#handler(
        "start-container",
        ({ container }) => this.#start(container.name),
        ({ container }) => [{ kind: "stop-container", cause: "what is new is stopped", container, ...STOP }],
      ),
      "stop-container": this.#handler(
        "stop-container",
        ({ container }) => this.#stop(container.name),
        ({ container }) => [{ kind: "start-container", cause: "it ran before", container }],
      ),
      exec: this.#handler("exec", ({ id }) => this.#work(id)),
      backup: this.#handler("backup", ({ id }) => ({ file: `/backups/${id}` })),
      restore: this.#handler("restore", () => this.#restore()),
      check: this.#handler("check", nothing),
      confirm: CONFIRM,
      "read-schema": this.#handler("read-schema", () => ({ schema: String(this.schema) })),
      "await-active": this.#handler("await-active", nothing),
      "set-mode": setModeHandler(this),
    } satisfies Partial<Handlers>;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- programs of this world have no other operations
    return table as Partial<Handlers> as Handlers;
  }

  #handler<Kind extends OperationKind>(
    _kind: Kind,
    effect: (operation: OperationOf<Kind>) => JsonObject,
    inverse: Handler<Kind>["inverse"] = () => [],
  ): Handler<Kind> {
    return { perform: (operation) => this.trouble(operation.id, () => effect(operation)), inverse };
  }

  async trouble(id: string, effect: () => JsonObject): Promise<JsonObject> {
    await setImmediate();
    const trouble = this.troubles.get(id);
    if (trouble === "fails") throw new StepFailure(`${id} refuses`);
    if (trouble === "needs-a-person") throw new StepFailure(`${id} is a riddle`, "needs-a-person");
    const outcome = effect();
    if (trouble === "fails-late") throw new StepFailure(`${id} broke off`);
    if (trouble === "answer-lost" && !this.#lost.has(id)) {
      this.#lost.add(id);
      throw new EngineError("unreachable", null, `${id}: no answer`);
    }
    return outcome;
  }

  #start(name: string): JsonObject {
    const isOld = name.startsWith("old");
    if (isOld && this.schema !== 1) this.violations.push(`${name} was started on schema ${this.schema}`);
    if (this.running.has(name.replace(/^old|^new/, isOld ? "new" : "old"))) {
      this.violations.push(`${name} was started beside its counterpart`);
    }
    this.running.add(name);
    if (this.migrating.has(name)) this.schema = 2;
    this.#look();
    this.effects.push(`start ${name}`);
    return {};
  }

  #stop(name: string): JsonObject {
    this.running.delete(name);
    this.#look();
    this.effects.push(`stop ${name}`);
    return { ran: true };
  }

  #work(id: string): JsonObject {
    if (this.worked.has(id)) return { again: true };
    this.worked.set(id, 1);
    this.effects.push(`work ${id}`);
    return {};
  }

  #restore(): JsonObject {
    if ([...this.running].some((name) => this.migrating.has(name))) {
      this.violations.push("data were restored under new code that runs");
    }
    this.schema = 1;
    this.effects.push("restore");
    return {};
  }
}

const STOP = { graceMs: null, signal: null, wasRunning: true };

const CONFIRM: Handler<"confirm"> = {
  async perform({ prompt }, context) {
    const answer = await context.ask(prompt, context.signal);
    if (answer === "declined") throw new StepFailure("declined", "declined");
    return { answer };
  },
  inverse: () => [],
};

function setModeHandler(world: SimulatedWorld): Handlers["set-mode"] {
  return {
    async perform(operation, context) {
      if (context.notes["before"] === undefined) {
        await context.note({ before: (await context.gateway.status()).mode.name });
      }
      const outcome = await world.trouble(operation.id, () => ({ before: context.notes["before"] ?? null }));
      await context.gateway.setMode(operation.mode);
      world.effects.push(`mode ${operation.mode.name}`);
      return outcome;
    },
    inverse({ mode }, _outcome, notes) {
      const before = notes?.["before"];
      if (before === undefined || before === mode.name) return [];
      if (before !== "open") {
        const hold = { name: "hold" as const, leaseMs: null, maxWaitMs: null, onLeaseEnd: null, wait: false };
        return [{ kind: "set-mode", cause: "users wait again", mode: hold }];
      }
      return [{ kind: "set-mode", cause: "users are let back", mode: { name: "open", wait: false } }];
    },
  };
}
