import type { z } from "zod";

type Issue = z.core.$ZodIssue;

/** What is wrong with a body or a query, each thing with its place: `lease: expected a duration such as …`. */
export function describeIssues(issues: readonly Issue[]): string {
  return issues.flatMap(describe).join("; ");
}

function describe({ path, ...issue }: Issue): string[] {
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => at([...path, key], "there is no such key"));
  return [at(path, issue.message)];
}

function at(path: PropertyKey[], message: string): string {
  return path.length === 0 ? message : `${path.map(String).join(".")}: ${message}`;
}
