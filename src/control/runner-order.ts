// What the gateway asks of runners: whoever is connected carries it out.

export type RunnerOrder =
  | {
      order: "run" | "dry-run";
      id: string;
      /** As the gateway has them from the plan: for a report of a plan that cannot be read. */
      name: string;
      service: string;
      /** The plan's text; it may hold secrets, so it goes to one runner and into no log. */
      plan: string;
      vars: Record<string, string>;
    }
  | { order: "cancel" | "resume" | "rollback"; id: string }
  | { order: "approve"; id: string; answer: "continue" | "rollback" };

/** Which orders a connection takes: those of any run (a daemon), or of the one run that it carries out. */
export type RunnerAccepts = { kind: "plans" } | { kind: "run"; id: string };
