// The decision on each new request. Where it goes when it is forwarded is another question (slots).

import type { Mode } from "./snapshot.ts";

export type Admission = "forward" | "hold" | "refuse";

export interface AdmissionSituation {
  mode: Mode["name"];
  /** The active upstream cannot be reached, so requests wait although nobody asked for it. */
  automaticHold: "none" | "holding" | "over-lease";
  /** How many wait already: newcomers queue behind them. */
  held: number;
}

export function admit({ mode, automaticHold, held }: AdmissionSituation): Admission {
  switch (mode) {
    case "maintenance":
      return "refuse";
    case "hold":
      return "hold";
    case "open":
      if (automaticHold === "over-lease") return "refuse";
      return automaticHold === "holding" || held > 0 ? "hold" : "forward";
  }
}
