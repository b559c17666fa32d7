// A mapping whose kind is told by one of its keys: a step by its verb, a target by what it selects.

import type { z } from "zod";

export interface Kinds {
  /** `verb` */
  noun: string;
  keys: readonly string[];
  /** What else the mapping may have. */
  beside: readonly string[];
}

/** Refuses a mapping with none or several of the keys, beside whatever else is wrong with it. */
export function exactlyOne<Output>(schema: z.ZodType<Output>, kinds: Kinds): z.ZodType<Output> {
  return schema.refine((value) => isOne(value, kinds), {
    error: (issue) => refusal(issue.input, kinds),
    params: { complete: true },
    // Also when a value in the mapping is wrong: all mistakes are named at once.
    when: ({ value }) => isMapping(value),
  });
}

/** The key that tells the kind. */
export function kindOf<Key extends string>(value: object, keys: readonly Key[]): Key {
  const [kind] = keys.filter((key) => Object.hasOwn(value, key));
  if (kind === undefined) throw new Error(`none of ${keys.join(", ")} was given`);
  return kind;
}

function isOne(value: unknown, { keys, beside }: Kinds): boolean {
  if (!isMapping(value)) return true;
  const given = keys.filter((key) => Object.hasOwn(value, key));
  // An unknown key is a problem of its own, and most likely the one that was meant.
  const misspelt = Object.keys(value).some((key) => !keys.includes(key) && !beside.includes(key));
  return given.length === 1 || (given.length === 0 && misspelt);
}

function refusal(value: unknown, { noun, keys }: Kinds): string {
  const given = isMapping(value) ? keys.filter((key) => Object.hasOwn(value, key)) : [];
  return given.length === 0
    ? `found no ${noun}, expected one of ${keys.join(", ")}`
    : `found ${given.join(" and ")}, expected one ${noun} only`;
}

function isMapping(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
