import type { z } from "zod";

type Issue = z.core.$ZodIssue;

/** What is wrong with a body or a query, each thing with its place: `lease: expected a duration such as …`. */
export function describeIssues(issues: readonly Issue[]): string {
  return issues.map(describe).join("; ");
}

function describe(issue: Issue): string {
  const nested = issue.code === "invalid_union" ? bestBranch(issue.errors) : undefined;
  if (nested)
    return nested.map((inner) => describe({ ...inner, path: [...issue.path, ...inner.path] })).join("; ");
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => unknownKey([...issue.path, key])).join("; ");
  return issue.path.length === 0 ? issue.message : `${issue.path.join(".")}: ${issue.message}`;
}

function unknownKey(path: PropertyKey[]): string {
  return `${path.map(String).join(".")}: there is no such key`;
}

/** Of a union's branches the one that got past the outermost type: there the caller's mistake lies. */
function bestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  return branches.find((issues) => issues.length > 0 && issues[0]?.code === "custom");
}
