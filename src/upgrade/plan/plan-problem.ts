// A plan that cannot be carried out. Every problem has its place in the file where it has one.

export interface Problem {
  /** `upgrade.yaml:12:5 steps[3].replace.image`; null: of the plan as a whole. */
  place: string | null;
  /** What was found and what is allowed. */
  text: string;
}

/** Exit code 50: nothing was touched. */
export class PlanProblem extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[], options?: ErrorOptions) {
    super(
      problems.map(({ place, text }) => (place === null ? text : `${place}: ${text}`)).join("\n"),
      options,
    );
    this.name = "PlanProblem";
    this.problems = problems;
  }
}
