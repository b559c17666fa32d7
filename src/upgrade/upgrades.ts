// Runs of upgrades, from order to end: a plan is checked, its service locked, what is there looked at, the program
// written down as the first record of a journal, and carried out.

import { dirname, resolve } from "node:path";
import { isRunId, newRunId } from "../lib/new-run-id.ts";
import { EngineError } from "../docker/engine-error.ts";
import type { GatewayDriver } from "./gateway/gateway-driver.ts";
import type { Machinery, Prepared } from "./machinery.ts";
import { PlanProblem } from "./plan/plan-problem.ts";
import { realMachinery } from "./real-machinery.ts";
import type { UpgradeReport } from "./report/upgrade-report.ts";
import type { StartedEntry } from "./run/journal-record.ts";
import { learnSecretsOf, learnTokens } from "./run/learn-secrets.ts";
import { LiveRuns } from "./run/live-runs.ts";
import { openRun, ownRunner } from "./run/open-run.ts";
import { PlanSecrets } from "./run/plan-secrets.ts";
import { Redactor } from "./run/redactor.ts";
import { endOf, waysOn } from "./run/run-end.ts";
import { lockService } from "./run/lock-service.ts";
import { RunStore } from "./run/run-store.ts";
import type { ShownRun } from "./run/run-store.ts";
import type { UpgradeRun } from "./run/upgrade-run.ts";
import type { RunOrder, RunResult, RunWatch, UpgradesDeps, UpgradesPort } from "./upgrades-port.ts";

export class Upgrades implements UpgradesPort {
  readonly #deps: UpgradesDeps;
  readonly #machinery: Machinery;
  readonly #store: RunStore;
  readonly #live = new LiveRuns();

  constructor(deps: UpgradesDeps, machinery: Machinery = realMachinery) {
    this.#deps = deps;
    this.#machinery = machinery;
    this.#store = new RunStore(deps.dataDir);
  }

  async run(order: RunOrder, watch: RunWatch = {}): Promise<RunResult> {
    const { clock, driverFor } = this.#deps;
    const id = order.id ?? newRunId(clock.wall());
    if (!isRunId(id)) return refused(id, 50, `${JSON.stringify(id)} is no id of a run; nothing was touched`);
    try {
      const plan = this.#machinery.check(order.plan);
      const gateway = driverFor(plan.service);
      if (order.dryRun) return await this.#describe(id, order, gateway, watch);
      const { name: service } = await gateway.status(watch.signal);
      return await this.#locked(id, service, () => this.#begin(id, order, gateway, watch));
    } catch (error) {
      if (error instanceof PlanProblem) return refused(id, 50, error.message);
      throw error;
    }
  }

  async resume(run: string, watch: RunWatch = {}): Promise<RunResult> {
    const state = await this.#store.state(run);
    if (state === undefined) return unknownRun(run);
    if (state.phase.name === "finished") return endOf(state);
    const { service } = state.started.program;
    return this.#locked(run, service, () =>
      this.#carryOn(run, service, watch, (upgrade) => upgrade.resume(ownRunner())),
    );
  }

  async rollback(run: string, watch: RunWatch = {}): Promise<RunResult> {
    const state = await this.#store.state(run);
    if (state === undefined) return unknownRun(run);
    const { service } = state.started.program;
    return this.#locked(run, service, async () => {
      const newer = await this.#store.newerThan(run, service);
      if (newer !== undefined && state.phase.name === "finished") {
        return refused(run, 30, `nothing was touched: ${service} has been upgraded again since, by ${newer}`);
      }
      return this.#carryOn(run, service, watch, (upgrade) => upgrade.rollback(ownRunner()));
    });
  }

  approve(run: string): boolean {
    return this.#live.answer(run, "approved");
  }

  decline(run: string): boolean {
    return this.#live.answer(run, "declined");
  }

  cancel(run: string): boolean {
    return this.#live.cancel(run);
  }

  list(): Promise<UpgradeReport[]> {
    const { log } = this.#deps;
    return this.#store.list((run, error) => log(`the run ${run} cannot be shown: ${textOf(error)}`));
  }

  show(run: string): Promise<ShownRun | undefined> {
    return this.#store.show(run);
  }

  async #describe(id: string, order: RunOrder, gateway: GatewayDriver, watch: RunWatch): Promise<RunResult> {
    const prepared = await this.#prepare(id, order, gateway, watch);
    const redactor = new Redactor();
    const secrets = await this.#readSecrets(prepared, order, redactor);
    const { engine, dataDir, env } = this.#deps;
    await learnSecretsOf(prepared.program, redactor, { engine: await engine(), dataDir, env });
    const text = await prepared.describe((image) => secrets.registryAuth(image, redactor));
    const message = redactor.text(text);
    return { run: id, state: "planned", exitCode: 0, message, lost: null };
  }

  async #begin(id: string, order: RunOrder, gateway: GatewayDriver, watch: RunWatch): Promise<RunResult> {
    // An order that is given again.
    if (await this.#store.state(id)) {
      return refused(id, 40, `the run ${id} has begun before; nothing was touched; ${waysOn(id)}`);
    }
    const prepared = await this.#prepare(id, order, gateway, watch);
    const redactor = new Redactor();
    await this.#readSecrets(prepared, order, redactor);
    const { mode } = await gateway.status(watch.signal);
    const started: StartedEntry = {
      type: "started",
      run: id,
      startedAt: this.#deps.clock.wall(),
      program: prepared.program,
      runner: ownRunner(),
      planDirectory: directoryOf(order),
      mode: mode.name,
      // Relative metrics say so themselves when there is nothing to compare with.
      metrics: await gateway.metrics(watch.signal).catch(() => null),
    };
    const { secrets, registries } = prepared.plan;
    const begin = { started, declarations: { secrets, registries } };
    return this.#carryOut(id, gateway, watch, begin, (upgrade) => upgrade.start());
  }

  /** @throws {PlanProblem} also when the engine does not let itself be looked at. */
  async #prepare(id: string, order: RunOrder, gateway: GatewayDriver, watch: RunWatch): Promise<Prepared> {
    const { engine, processesFor, gatewayAddress, clock } = this.#deps;
    const signal = AbortSignal.any([watch.signal, watch.leave].filter((one) => one !== undefined));
    const world = { engine, gateway, gatewayAddress, processesFor, wall: () => clock.wall(), signal };
    try {
      return await this.#machinery.prepare(order.plan, id, world);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      throw new PlanProblem([{ place: null, text: `nothing was touched: ${error.message}` }]);
    }
  }

  /** @throws {PlanProblem} for those whose source is not there: better now than half-way. */
  async #readSecrets({ plan }: Prepared, order: RunOrder, redactor: Redactor): Promise<PlanSecrets> {
    const { env, dataDir } = this.#deps;
    await learnTokens(redactor, { env, dataDir });
    const read = await PlanSecrets.read(plan, { env, planDirectory: directoryOf(order) }, redactor);
    if (read.problems.length > 0) throw new PlanProblem(read.problems);
    return read;
  }

  #carryOn(
    run: string,
    service: string,
    watch: RunWatch,
    work: (upgrade: UpgradeRun) => Promise<RunResult>,
  ): Promise<RunResult> {
    return this.#carryOut(run, this.#deps.driverFor(service), watch, null, work);
  }

  async #carryOut(
    run: string,
    gateway: GatewayDriver,
    watch: RunWatch,
    begin: Parameters<typeof openRun>[0]["begin"],
    work: (upgrade: UpgradeRun) => Promise<RunResult>,
  ): Promise<RunResult> {
    const { handlers } = this.#machinery;
    const people = this.#live.people(run, watch);
    const opened = await openRun({
      run,
      begin,
      deps: this.#deps,
      store: this.#store,
      gateway,
      handlers,
      people,
      onReport: watch.onReport ?? (() => {}),
    });
    try {
      return opened.redact(await work(opened.upgrade));
    } finally {
      await opened.close();
      await this.#store.prune().catch((error: unknown) => this.#deps.log(`old runs stay: ${textOf(error)}`));
    }
  }

  /** While it works, nobody else upgrades the service. */
  async #locked(run: string, service: string, work: () => Promise<RunResult>): Promise<RunResult> {
    const { clock } = this.#deps;
    const onLost = (): void => this.#live.leave(run);
    const outcome = await lockService({ store: this.#store, run, service, clock, onLost });
    if (outcome.kind === "refused") return refused(run, 40, outcome.reason);
    this.#live.begin(run);
    try {
      return await work();
    } finally {
      this.#live.end(run);
      await outcome.lock.release();
    }
  }
}

function directoryOf({ plan }: RunOrder): string {
  return dirname(resolve(plan.file));
}

function refused(run: string, exitCode: 30 | 40 | 50, message: string): RunResult {
  return { run, state: "refused", exitCode, message, lost: null };
}

function unknownRun(run: string): RunResult {
  return refused(run, 50, `there is no run ${run}; holdgate upgrade list names them`);
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
