// The data of a plan with every variable in its place, before anything is known about what it means: any
// scalar may be one, a duration or a switch too.

import type { KeyPath, Problem } from "../../config/problem.ts";
import { substitute, type Values } from "./substitute.ts";

export interface SubstitutedData {
  data: unknown;
  problems: Problem[];
}

interface Surroundings {
  values: Values;
  problems: Problem[];
  written: (path: KeyPath) => string | undefined;
}

/** @param written a scalar as it stands in the file. */
export function substituteData(
  data: unknown,
  values: Values,
  written: (path: KeyPath) => string | undefined,
): SubstitutedData {
  const problems: Problem[] = [];
  return { data: replaced(data, [], { values, problems, written }), problems };
}

function replaced(data: unknown, path: KeyPath, around: Surroundings): unknown {
  if (typeof data === "string") return replacedText(data, path, around);
  if (typeof data === "number") return exactNumber(data, path, around);
  if (Array.isArray(data)) return data.map((item, at) => replaced(item, [...path, at], around));
  if (typeof data !== "object" || data === null) return data;
  const entries = Object.entries(data).map(([key, value]) => {
    const place = [...path, key];
    if (key.includes("${"))
      around.problems.push({ path: place, text: "found a variable in a key, expected it in a value" });
    // They have been read already, each before the next.
    return [key, path.length === 0 && key === "vars" ? value : replaced(value, place, around)];
  });
  return Object.fromEntries(entries);
}

function replacedText(text: string, path: KeyPath, { values, problems }: Surroundings): string {
  if (!text.includes("${")) return text;
  const result = substitute(text, values);
  if ("text" in result) return result.text;
  problems.push({ path, text: result.refusal });
  return text;
}

// `1.10` in a command or an environment is not 1.1. Numbers may be written as text everywhere but where
// they are compared with JSON.
function exactNumber(number: number, path: KeyPath, { written }: Surroundings): number | string {
  if (path.includes("json")) return number;
  const text = written(path);
  return text === undefined || text === String(number) ? number : text;
}
