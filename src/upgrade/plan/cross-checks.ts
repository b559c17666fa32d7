// What must fit together across a plan: targets that exist and can do what the verb wants, ids, backups.

import { nearestKey } from "../../config/nearest-key.ts";
import type { KeyPath, Problem } from "../../config/problem.ts";
import { type Mention, mentionsIn } from "./mentions.ts";
import { doubledIds, flatten, nameSteps } from "./name-steps.ts";
import { isPlaceholder } from "./placeholders.ts";
import type { Condition, SchemaProbe, Step } from "./plan.ts";
import type { Target } from "./target.ts";

export interface PlanParts {
  /** Null: written, but not understood. */
  targets: Readonly<Record<string, Target | null>>;
  steps: readonly Step[];
  schema: SchemaProbe | null;
}

/** @param data as it was written, for the paths of short forms. */
export function crossCheck({ targets, steps, schema }: PlanParts, data: unknown): Problem[] {
  const all = flatten(nameSteps(steps));
  const mentions = [...all.flatMap(({ step, path }) => mentionsIn(step, path)), ...inSchema(schema)];
  const problems = [
    ...mentions.flatMap((mention) => mentionProblems(mention, targets)),
    ...doubledIds(steps),
    ...backupProblems(all),
    ...all.flatMap(({ step, path }) => processImages(step, path, targets)),
    ...all.flatMap(({ step, path }) => (path.includes("undo") ? inWayBack(step, path) : [])),
  ];
  return problems.map(({ path, text }) => ({ path: writtenPath(data, path), text }));
}

function inSchema(schema: SchemaProbe | null): Mention[] {
  if (schema?.kind !== "exec") return [];
  return [{ path: ["schema", "exec", "target"], name: schema.target, kinds: ["containers"] }];
}

const KIND_NAMES = { containers: "a container", swarm: "a Swarm service", process: "a process" };

function mentionProblems({ path, name, kinds }: Mention, targets: PlanParts["targets"]): Problem[] {
  if (isPlaceholder(name)) return [];
  const target = Object.hasOwn(targets, name) ? targets[name] : undefined;
  if (target === undefined) return [{ path, text: noTarget(name, Object.keys(targets)) }];
  if (target === null || kinds.includes(target.kind)) return [];
  const allowed = kinds.map((kind) => KIND_NAMES[kind]).join(" or ");
  return [
    { path, text: `found ${JSON.stringify(name)}, which is ${KIND_NAMES[target.kind]}, expected ${allowed}` },
  ];
}

function noTarget(name: string, known: readonly string[]): string {
  const nearest = nearestKey(name, known);
  const offer = known.length === 0 ? "the plan has no targets" : `the targets are ${known.join(", ")}`;
  const remedy = nearest === undefined ? offer : `did you mean ${nearest}?`;
  return `found ${JSON.stringify(name)}, which is no target of this plan; ${remedy}`;
}

function backupProblems(all: readonly { step: Step; path: KeyPath }[]): Problem[] {
  return all.flatMap(({ step, path }, index) => {
    if (step.verb !== "restore") return [];
    const earlier = all.slice(0, index).filter((other) => other.step.verb === "backup");
    const ids = earlier.map((other) => other.step.id);
    if (ids.includes(step.from)) return [];
    const offer =
      ids.length === 0 ? "there is no backup before it" : `the backups before it are ${ids.join(", ")}`;
    const text = `found ${JSON.stringify(step.from)}, expected the id of an earlier backup; ${offer}`;
    return [{ path: [...path, "restore", "from"], text }];
  });
}

function processImages(step: Step, path: KeyPath, targets: PlanParts["targets"]): Problem[] {
  if (step.verb !== "replace" || step.replace.image === null) return [];
  const target = Object.hasOwn(targets, step.replace.target) ? targets[step.replace.target] : null;
  if (target?.kind !== "process") return [];
  const text =
    "found an image, but the target is a process: it is started as the plan describes it; remove it";
  return [{ path: [...path, "replace", "image"], text }];
}

// A way back is one list of operations: what a step in it can have of its own would be passed over in silence.
function inWayBack({ when, undo, pointOfNoReturn, verb }: Step, path: KeyPath): Problem[] {
  const problem = (key: string, text: string): Problem => ({ path: [...path, key], text });
  const known = when === null || !dependsOnFact(when);
  return [
    ...(known
      ? []
      : [
          problem("when", "found a condition that only the run can tell, but a way back is taken as a whole"),
        ]),
    ...(undo === null ? [] : [problem("undo", "found a way back of a way back, expected none")]),
    // That of a migration comes by itself, and says nothing here.
    ...(pointOfNoReturn === null || verb === "migrate"
      ? []
      : [problem("pointOfNoReturn", "found a point of no return in a way back, expected none")]),
  ];
}

function dependsOnFact(condition: Condition): boolean {
  return condition.kind === "not" ? dependsOnFact(condition.of) : condition.kind === "fact";
}

/** The part of a path that the file really has: `stop: app` has no `targets`. */
function writtenPath(data: unknown, path: KeyPath): KeyPath {
  const written: (string | number)[] = [];
  let value = data;
  for (const key of path) {
    const found = [key, ALSO_WRITTEN[String(key)] ?? key].find((name) => has(value, name));
    if (found !== undefined && typeof value === "object" && value !== null) {
      written.push(found);
      value = Reflect.get(value, found);
    }
  }
  return written;
}

const ALSO_WRITTEN: Readonly<Record<string, string>> = { targets: "target", like: "target" };

function has(value: unknown, key: string | number): boolean {
  if (Array.isArray(value)) return typeof key === "number" && key < value.length;
  return typeof value === "object" && value !== null && Object.hasOwn(value, key);
}
