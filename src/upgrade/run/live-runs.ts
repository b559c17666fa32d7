// The runs that this process carries out, and what people say to them.

import type { RunWatch } from "../upgrades-port.ts";
import type { Answer } from "./questions.ts";
import { Questions } from "./questions.ts";
import type { RunPeople } from "./run-parts.ts";

interface LiveRun {
  questions: Questions;
  cancel: AbortController;
  leave: AbortController;
}

export class LiveRuns {
  readonly #runs = new Map<string, LiveRun>();

  begin(run: string): void {
    this.#runs.set(run, {
      questions: new Questions(),
      cancel: new AbortController(),
      leave: new AbortController(),
    });
  }

  end(run: string): void {
    this.#runs.delete(run);
  }

  people(run: string, watch: RunWatch): RunPeople {
    const live = this.#runs.get(run);
    if (live === undefined) throw new Error(`the run ${run} is not carried out here`);
    return {
      questions: live.questions,
      onLine: watch.onLine ?? (() => {}),
      cancel: anyOf(live.cancel.signal, watch.signal),
      leave: anyOf(live.leave.signal, watch.leave),
    };
  }

  answer(run: string, answer: Answer): boolean {
    return this.#runs.get(run)?.questions.answer(answer) ?? false;
  }

  cancel(run: string): boolean {
    const live = this.#runs.get(run);
    live?.cancel.abort(new Error("the run was cancelled"));
    return live !== undefined;
  }

  /** Another has taken it over. */
  leave(run: string): void {
    this.#runs.get(run)?.leave.abort(new Error("another runner has taken the run over"));
  }
}

function anyOf(own: AbortSignal, given: AbortSignal | undefined): AbortSignal {
  return given === undefined ? own : AbortSignal.any([own, given]);
}
