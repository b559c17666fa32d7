// Runs one scenario: every contender is prepared, then all are measured in turn, round by round (A B C A B C …).

import type { Contender } from "./contender.ts";
import { medianFigures } from "./report/median-figures.ts";
import type { Bench, Measurable, Measurement, Outcome, Scenario, ScenarioResult, Stage } from "./scenario.ts";

export interface ScenarioRun {
  scenario: Scenario;
  contenders: readonly Contender[];
  rounds: number;
  bench: Bench;
  progress: (line: string) => void;
}

export async function runScenario(run: ScenarioRun): Promise<ScenarioResult> {
  const { scenario, bench, contenders } = run;
  const reason = (await scenario.missing?.()) ?? null;
  if (reason !== null) {
    const taking = contenders.filter((contender) => takesPart(scenario, contender));
    return { scenario, outcomes: new Map(taking.map(({ name }) => [name, { kind: "missing", reason }])) };
  }
  await using resources = new AsyncDisposableStack();
  const stage = await scenario.open(bench, resources);
  const candidates = await prepareAll(run, stage);
  const rounds = scenario.rounds ?? run.rounds;
  for (let round = 1; round <= rounds; round++) {
    for (const candidate of candidates) {
      run.progress(`${scenario.name} ${round}/${rounds} ${candidate.name}`);
      await candidate.measure();
    }
  }
  return { scenario, outcomes: new Map(candidates.map((candidate) => [candidate.name, candidate.outcome])) };
}

export function takesPart(scenario: Scenario, contender: Contender): boolean {
  const wanted = scenario.contenders?.includes(contender.name) ?? true;
  const willing = contender.scenarios?.includes(scenario.name) ?? true;
  return wanted && willing;
}

async function prepareAll(
  { scenario, contenders, progress }: ScenarioRun,
  stage: Stage,
): Promise<Candidate[]> {
  const candidates: Candidate[] = [];
  for (const contender of contenders) {
    if (!takesPart(scenario, contender)) continue;
    progress(`${scenario.name} ${contender.name} starts`);
    candidates.push(await Candidate.prepare(contender, stage));
  }
  return candidates;
}

/** A contender in one scenario. What goes wrong with it becomes its result and stops nobody else. */
class Candidate {
  readonly name: string;
  #measurable: Measurable | null = null;
  #problem: Outcome | null = null;
  readonly #measurements: Measurement[] = [];

  static async prepare(contender: Contender, stage: Stage): Promise<Candidate> {
    const candidate = new Candidate(contender.name);
    const availability = contender.available();
    if ("missing" in availability) {
      candidate.#problem = { kind: "missing", reason: availability.missing };
      return candidate;
    }
    await candidate.#attempt(async () => {
      candidate.#measurable = await stage.prepare(contender);
    });
    return candidate;
  }

  private constructor(name: string) {
    this.name = name;
  }

  async measure(): Promise<void> {
    const measurable = this.#measurable;
    if (measurable === null || this.#problem !== null) return;
    await this.#attempt(async () => {
      this.#measurements.push(await measurable.measure());
    });
  }

  get outcome(): Outcome {
    if (this.#problem !== null) return this.#problem;
    const rounds = this.#measurements.map((measurement) => measurement.figures);
    const notes = new Set(this.#measurements.flatMap((measurement) => measurement.notes ?? []));
    return { kind: "measured", figures: medianFigures(rounds), rounds, notes: [...notes] };
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#problem = { kind: "failed", reason: error instanceof Error ? error.message : String(error) };
    }
  }
}
