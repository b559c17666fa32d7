import { expect, it } from "vitest";
import { type Admission, admit } from "../../src/gateway/admission.ts";
import type { Mode } from "../../src/gateway/snapshot.ts";
import type { AutomaticHoldState } from "../../src/gateway/automatic-hold.ts";

const TABLE: [mode: Mode["name"], automaticHold: AutomaticHoldState, held: number, admission: Admission][] = [
  ["open", "none", 0, "forward"],
  ["open", "none", 1, "hold"],
  ["open", "holding", 0, "hold"],
  ["open", "holding", 1, "hold"],
  ["open", "over-lease", 0, "refuse"],
  ["open", "over-lease", 1, "refuse"],
  ["hold", "none", 0, "hold"],
  ["hold", "none", 1, "hold"],
  ["hold", "holding", 0, "hold"],
  ["hold", "over-lease", 0, "hold"],
  ["maintenance", "none", 0, "refuse"],
  ["maintenance", "none", 1, "refuse"],
  ["maintenance", "holding", 0, "refuse"],
  ["maintenance", "over-lease", 0, "refuse"],
];

it.each(TABLE)("%s, automatic hold %s, %d held: %4$s", (mode, automaticHold, held, admission) => {
  expect(admit({ mode, automaticHold, held })).toBe(admission);
});
