// Gives an id to every step that has none: the verb, and the target if it has one.

import type { KeyPath, Problem } from "../../config/problem.ts";
import { mentionsIn } from "./mentions.ts";
import type { Step } from "./plan.ts";

const LONGEST_ID = 40;

/** The same steps, each with an id that no other has; those of `undo` and `parallel` too. */
export function nameSteps(steps: readonly Step[]): Step[] {
  const taken = new Set(flatten(steps).map(({ step }) => step.id));
  return steps.map((step) => named(step, taken, null));
}

/** Ids that were given twice. */
export function doubledIds(steps: readonly Step[]): Problem[] {
  const seen = new Set<string>();
  return flatten(steps).flatMap(({ step: { id }, path }) => {
    const doubled = id !== "" && seen.has(id);
    seen.add(id);
    return doubled
      ? [{ path: [...path, "id"], text: `found ${id} a second time, expected an id of its own` }]
      : [];
  });
}

/** With those inside other steps, in the order of the file. */
export function flatten(steps: readonly Step[], at: KeyPath = ["steps"]): { step: Step; path: KeyPath }[] {
  return steps.flatMap((step, index) => {
    const path = [...at, index];
    const branches = step.verb === "parallel" ? flatten(step.steps, [...path, "parallel"]) : [];
    return [{ step, path }, ...branches, ...flatten(step.undo ?? [], [...path, "undo"])];
  });
}

function named(step: Step, taken: Set<string>, undoOf: string | null): Step {
  const id = step.id === "" ? freeId(idFor(step, undoOf), taken) : step.id;
  taken.add(id);
  const undo = step.undo?.map((inner) => named(inner, taken, id)) ?? null;
  if (step.verb !== "parallel") return { ...step, id, undo };
  return { ...step, id, undo, steps: step.steps.map((inner) => named(inner, taken, null)) };
}

function idFor(step: Step, undoOf: string | null): string {
  const [target] = mentionsIn(step, []).map(({ name }) => name);
  const about = undoOf === null ? [step.verb, target] : ["undo", undoOf, step.verb];
  return about
    .filter((part) => part !== undefined)
    .join("-")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, LONGEST_ID)
    .replace(/-$/, "");
}

function freeId(wanted: string, taken: ReadonlySet<string>): string {
  let id = wanted;
  for (let count = 2; taken.has(id); count += 1) id = `${wanted}-${count}`;
  return id;
}
