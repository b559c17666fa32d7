// Puts the parts of a run together: of a new one, whose journal is begun with it, or of one that goes on.

import { hostname } from "node:os";
import type { Engine } from "../../docker/engine.ts";
import { hasErrorCode } from "../../lib/error-code.ts";
import type { GatewayDriver } from "../gateway/gateway-driver.ts";
import type { Handlers, RunFacts } from "../operations/handler.ts";
import { ROLE_LABEL, RUN_LABEL, STEP_LABEL } from "../operations/handler.ts";
import type { UpgradeReport } from "../report/upgrade-report.ts";
import type { RunResult, UpgradesDeps } from "../upgrades-port.ts";
import type { JournalRecord, RunnerIdentity, StartedEntry } from "./journal-record.ts";
import { foldJournal } from "./journal-state.ts";
import { JournalFile } from "./journal.ts";
import type { JournalFileDeps } from "./journal.ts";
import { learnSecretsOf } from "./learn-secrets.ts";
import { parseDeclarations, PlanSecrets } from "./plan-secrets.ts";
import type { SecretDeclarations } from "./plan-secrets.ts";
import { redactReport } from "./redact-report.ts";
import { Redactor } from "./redactor.ts";
import { ReportBuilder } from "./report-builder.ts";
import { RunLedger } from "./run-ledger.ts";
import type { RunPeople } from "./run-parts.ts";
import type { RunStore } from "./run-store.ts";
import { UpgradeRun } from "./upgrade-run.ts";
import { FileVault } from "./vault.ts";

const DECLARATIONS = "plan.secrets";

export interface OpenRunOrder {
  run: string;
  /** Null: it has begun before. */
  begin: { started: StartedEntry; declarations: SecretDeclarations } | null;
  deps: UpgradesDeps;
  store: RunStore;
  gateway: GatewayDriver;
  handlers: Handlers;
  people: RunPeople;
  onReport: (report: UpgradeReport) => void;
}

export interface OpenedRun {
  upgrade: UpgradeRun;
  redact(result: RunResult): RunResult;
  close(): Promise<void>;
}

export function ownRunner(): RunnerIdentity {
  return { pid: process.pid, host: hostname() };
}

export async function openRun(order: OpenRunOrder): Promise<OpenedRun> {
  const { run, deps, store, gateway, people, handlers } = order;
  const redactor = new Redactor();
  const engine = await deps.engine();
  const vault = await FileVault.open(store.vaultOf(run));
  const { journal, records } = await openJournal(order, vault, redactor, engine);
  const state = foldJournal(records);
  if (state === undefined) throw new Error(`the run ${run} has not begun`);
  const { planDirectory, program } = state.started;
  await learnSecretsOf(program, redactor, { ...deps, engine });
  const declarations = parseDeclarations(await vault.get(DECLARATIONS));
  const secrets = await PlanSecrets.read(declarations, { env: deps.env, planDirectory }, redactor);

  const show = (report: UpgradeReport): void => {
    const shown = redactReport(report, redactor);
    gateway.report(shown);
    order.onReport(shown);
  };
  const ledger = new RunLedger(journal, state, reportOf(state.started, records), show);
  const registryAuth = (image: string) => secrets.registryAuth(image, redactor);
  const upgrade = new UpgradeRun({
    ledger,
    handlers,
    facts: { ...factsOf(state.started, store.directoryOf(run)), registryAuth },
    world: { engine, gateway, processes: deps.processesFor(program.service), clock: deps.clock },
    secrets: { redactor, vault, reveal: (text) => secrets.reveal(text) },
    people,
  });
  ledger.show();
  const redact = (result: RunResult): RunResult => redactResult(result, redactor);
  return { upgrade, redact, close: () => journal.close() };
}

async function openJournal(
  { run, begin, deps, store }: OpenRunOrder,
  vault: FileVault,
  redactor: Redactor,
  engine: Engine | null,
): Promise<{ journal: JournalFile; records: JournalRecord[] }> {
  const path = store.journalOf(run);
  const parts = { vault, redactor, clock: deps.clock };
  if (begin === null) return JournalFile.reopen(path, parts);
  const { started, declarations } = begin;
  // Before the first record is written: it holds the program, and that may hold secrets.
  await learnSecretsOf(started.program, redactor, { ...deps, engine });
  await PlanSecrets.read(declarations, { env: deps.env, planDirectory: started.planDirectory }, redactor);
  const journal = await beginJournal(path, parts);
  await vault.put(DECLARATIONS, JSON.parse(JSON.stringify(declarations)));
  return { journal, records: [await journal.append(started)] };
}

/** There may be one that was made and in which nothing stands: the order for it is given again. */
async function beginJournal(path: string, parts: JournalFileDeps): Promise<JournalFile> {
  try {
    return await JournalFile.create(path, parts);
  } catch (error) {
    if (!hasErrorCode(error, "EEXIST")) throw error;
    const { journal, records } = await JournalFile.reopen(path, parts);
    if (records.length === 0) return journal;
    await journal.close();
    throw error;
  }
}

function reportOf(started: StartedEntry, records: readonly JournalRecord[]): ReportBuilder {
  const report = new ReportBuilder(started);
  for (const record of records) report.apply(record);
  return report;
}

function factsOf(started: StartedEntry, directory: string): Omit<RunFacts, "registryAuth"> {
  const { run: id, program, planDirectory, startedAt, metrics } = started;
  return {
    id,
    plan: program.plan,
    service: program.service,
    directory,
    planDirectory,
    startedAtMs: startedAt,
    metricsBefore: metrics,
    labels: (step, role) => ({ [RUN_LABEL]: id, [STEP_LABEL]: step, [ROLE_LABEL]: role }),
  };
}

function redactResult(result: RunResult, redactor: Redactor): RunResult {
  const { message, lost } = result;
  return { ...result, message: redactor.text(message), lost: lost === null ? null : redactor.text(lost) };
}
