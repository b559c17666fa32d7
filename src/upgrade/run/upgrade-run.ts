// One run of an upgrade, from wherever its journal stands to its end.
//
//              forward            all steps done
//   running ─────────────────────────────────────────────────▶ kept
//      │  │                                                       │ rollback is asked for
//      │  └─ a step fails, is declined, the run is cancelled ─┐    ▼
//      │                                                      ├─▶ rolling_back ──▶ rolled_back
//      │ a step that pauses fails; or what failed is past     │        │
//      │ the point of no return, with no way back             │        │ an undoing fails
//      ▼                                                      │        ▼
//    paused ── resume: the failed step again ──▶ running      │      paused ── resume ──▶ rolling_back
//      └────────── rollback is asked for ─────────────────────┘
//
// A killed runner leaves it in `running` or `rolling_back`; a resume goes on from there.

import type { Operation } from "../operations/operation.ts";
import type { RunResult } from "../upgrades-port.ts";
import type { RunnerIdentity } from "./journal-record.ts";
import { OperationFailed, performOperation, RunLeft } from "./perform-operation.ts";
import { planRollback } from "./plan-rollback.ts";
import type { RollbackFacts } from "./plan-rollback.ts";
import { readSchema } from "./read-schema.ts";
import { rollbackFacts } from "./rollback-facts.ts";
import { endOf, paused } from "./run-end.ts";
import type { RunParts } from "./run-parts.ts";
import { runSteps } from "./run-steps.ts";
import { allSteps } from "./risk.ts";
import { expectedMode, modeKeepingOut, modeOperations } from "./restore-mode.ts";
import { undoForRetry } from "./undo-for-retry.ts";

const MAINTENANCE_TEXT =
  "An upgrade could not be finished. The operators have been told, and are working on it.";

export class UpgradeRun {
  readonly #parts: RunParts;
  readonly #id: string;

  constructor(parts: RunParts) {
    this.#parts = parts;
    this.#id = parts.facts.id;
  }

  /** Of a run whose journal has just been begun. */
  start(): Promise<RunResult> {
    return this.#unlessLeft(() => this.#forward());
  }

  resume(by: RunnerIdentity): Promise<RunResult> {
    return this.#unlessLeft(() => this.#resume(by));
  }

  rollback(by: RunnerIdentity): Promise<RunResult> {
    return this.#unlessLeft(() => this.#rollbackAsAsked(by));
  }

  async #unlessLeft(work: () => Promise<RunResult>): Promise<RunResult> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof RunLeft) return paused(this.#id, error.message);
      throw error;
    }
  }

  async #resume(by: RunnerIdentity): Promise<RunResult> {
    const { ledger } = this.#parts;
    const before = ledger.state.phase;
    if (before.name === "finished") return endOf(ledger.state);
    const wasCancelled = before.name === "running" && ledger.state.cancelled;
    await ledger.write({ type: "resumed", by });
    if (ledger.state.phase.name === "rolling_back") return this.#undo();
    if (wasCancelled) return this.#rollBack("the run was cancelled");
    if (before.name === "paused") await this.#allowFailedAgain();
    const failed = await this.#keepOutAgain();
    return failed === null ? this.#forward() : this.#pause(failed);
  }

  async #rollbackAsAsked(by: RunnerIdentity): Promise<RunResult> {
    const { ledger } = this.#parts;
    const { phase } = ledger.state;
    if (phase.name === "finished") return phase.state === "kept" ? this.#unkeep(by) : endOf(ledger.state);
    await ledger.write({ type: "resumed", by });
    if (ledger.state.phase.name === "rolling_back") return this.#undo();
    return this.#rollBack("the operator has asked for it");
  }

  /** Of a kept run, nothing is touched unless all of it can be undone. */
  async #unkeep(by: RunnerIdentity): Promise<RunResult> {
    const { ledger, handlers } = this.#parts;
    const plan = planRollback(ledger.state, handlers, await this.#facts());
    if (plan.kind === "blocked") {
      const message = `nothing was touched: ${plan.reason}`;
      return { run: this.#id, state: "refused", exitCode: 30, message, lost: null };
    }
    await ledger.write({ type: "resumed", by });
    const { operations, lost } = plan;
    const reason = "the operator has asked for it";
    await ledger.write({ type: "rollback", reason, operations, lost });
    return this.#undo();
  }

  /** A pause asks a person, who has seen to it. */
  async #allowFailedAgain(): Promise<void> {
    const { ledger } = this.#parts;
    for (const step of allSteps(ledger.state.started.program.steps)) {
      const { operations, passed } = ledger.state;
      const failed = step.operations.some(({ id }) => operations.get(id)?.status.name === "failed");
      if (!failed || passed.has(step.id)) continue;
      await ledger.write({ type: "retry", step: step.id, operations: undoForRetry(step, this.#parts) });
    }
  }

  async #forward(): Promise<RunResult> {
    const { ledger, people } = this.#parts;
    const { state } = ledger;
    const { program } = state.started;
    const signal = AbortSignal.any([people.leave, people.cancel]);
    if (program.readSchema !== null && state.schemaAtStart === undefined) {
      const value = await readSchema(this.#parts, signal);
      // Broken off, it is read by whoever goes on: nothing has happened to it yet.
      if (!signal.aborted) await ledger.write({ type: "fact", name: "schema", value });
    }
    const outcome = await runSteps(program.steps, this.#parts, signal);
    if (outcome.kind === "done") return this.#keep();
    if (people.cancel.aborted) {
      await ledger.write({ type: "cancelled" });
      return this.#rollBack("the run was cancelled");
    }
    const reason = `the step ${outcome.step} failed: ${outcome.message}`;
    return outcome.reaction === "pause" ? this.#pause(reason) : this.#rollBack(reason);
  }

  async #keep(): Promise<RunResult> {
    const failed = await this.#restoreMode("kept");
    if (failed !== null) return this.#pause(`all steps are done, but ${failed}`);
    const { ledger } = this.#parts;
    await ledger.write({ type: "finished", state: "kept", exitCode: 0, lost: null });
    return endOf(ledger.state);
  }

  async #rollBack(reason: string): Promise<RunResult> {
    const { ledger, handlers } = this.#parts;
    const plan = planRollback(ledger.state, handlers, await this.#facts());
    if (plan.kind === "blocked") {
      return this.#pauseInMaintenance(
        `${reason}; it cannot be rolled back: ${plan.reason}; nothing was undone`,
      );
    }
    const { operations, lost } = plan;
    await ledger.write({ type: "rollback", reason, operations, lost });
    return this.#undo();
  }

  async #facts(): Promise<RollbackFacts> {
    const facts = await rollbackFacts(this.#parts, this.#leave);
    // What was not found out for that reason only must not decide what may be undone.
    this.#stopIfLeft();
    return facts;
  }

  async #undo(): Promise<RunResult> {
    const { ledger } = this.#parts;
    const { phase } = ledger.state;
    if (phase.name !== "rolling_back") return endOf(ledger.state);
    const { operations, lost, reason } = phase.rollback;
    const failure = await this.#perform(operations);
    if (failure !== null) {
      const left = operations.filter(({ id }) => ledger.state.operations.get(id)?.status.name !== "done");
      return this.#pauseInMaintenance(`${reason}; rolling back failed: ${failure}\n${toDo(left)}`);
    }
    const failed = await this.#restoreMode("rolled-back");
    if (failed !== null) return this.#pause(`${reason}; everything is undone, but ${failed}`);
    const exitCode = lost === null ? 10 : 20;
    await ledger.write({ type: "finished", state: "rolled_back", exitCode, lost });
    const end = endOf(ledger.state);
    return { ...end, message: `${end.message}: ${reason}` };
  }

  /** Why it stopped; null: all are done. */
  async #perform(operations: readonly Operation[]): Promise<string | null> {
    for (const operation of operations) {
      try {
        await performOperation(operation, this.#parts, this.#leave);
      } catch (error) {
        if (!(error instanceof OperationFailed)) throw error;
        return `${operation.cause} (${operation.id}): ${error.message}`;
      }
    }
    return null;
  }

  /** Where a pause has put up a page, the run's own last word on the mode counts again. Null: it is done. */
  async #restoreMode(end: string): Promise<string | null> {
    const { ledger } = this.#parts;
    if (!ledger.state.ownMaintenance) return null;
    return this.#perform(modeOperations(expectedMode(ledger.state), end));
  }

  /**
   * While nobody was there, a lease may have ended, or a person may have let users in: the steps that are left count on
   * their being kept out. Null: they are.
   */
  async #keepOutAgain(): Promise<string | null> {
    const { ledger, world } = this.#parts;
    const mode = modeKeepingOut(ledger.state);
    if (mode === null) return null;
    const status = await world.gateway.status(this.#leave).catch(() => null);
    this.#stopIfLeft();
    if (status?.mode.name !== "open") return null;
    const number = [...ledger.state.operations.keys()].filter((id) => id.startsWith("resumed-")).length + 1;
    const cause = "users were let in meanwhile, and the steps that are left count on their waiting";
    return this.#perform([{ kind: "set-mode", id: `resumed-${number}.mode`, step: "", cause, mode }]);
  }

  /** Nobody is left waiting in a hold, or before an app that does not answer. */
  async #pause(reason: string): Promise<RunResult> {
    const { ledger, world } = this.#parts;
    const status = await world.gateway.status(this.#leave).catch(() => null);
    this.#stopIfLeft();
    const isAnswering = status !== null && status.mode.name !== "hold" && status.automaticHoldSince === null;
    if (!isAnswering) return this.#pauseInMaintenance(reason);
    await ledger.write({ type: "paused", reason, maintenance: false });
    return paused(this.#id, reason);
  }

  async #pauseInMaintenance(reason: string): Promise<RunResult> {
    const { ledger, world } = this.#parts;
    const page = {
      name: "maintenance" as const,
      message: MAINTENANCE_TEXT,
      expectedMs: null,
      retryAfterMs: null,
    };
    const failure = await world.gateway.setMode(page, this.#leave).then(
      () => null,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    const shown =
      failure === null
        ? "users read a maintenance page"
        : `the gateway could not be told to show a maintenance page: ${failure}`;
    if (failure !== null) this.#stopIfLeft();
    const whole = this.#parts.secrets.redactor.text(`${reason}\n${shown}`);
    // As it was meant: whoever goes on has to take it away, should it be there after all.
    await ledger.write({ type: "paused", reason: whole, maintenance: true });
    return paused(this.#id, whole);
  }

  /** Whoever goes on comes to the same point again. */
  #stopIfLeft(): void {
    if (this.#leave.aborted) throw new RunLeft();
  }

  /** What is already being undone is not cancelled. */
  get #leave(): AbortSignal {
    return this.#parts.people.leave;
  }
}

function toDo(left: readonly Operation[]): string {
  const lines = left.map(({ id, cause }) => `- ${cause} (${id})`);
  return `left to do:\n${lines.join("\n")}`;
}
