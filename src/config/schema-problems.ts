// The schema's findings as problems, in the words of the file instead of zod's.

import type { z } from "zod";
import { type KeyPath, type Problem, showValue, valueAt } from "./problem.ts";

type Issue = z.core.$ZodIssue;

export function schemaProblems(issues: readonly Issue[], data: unknown): Problem[] {
  return issues.flatMap((issue) => problemsOf(issue, [], data));
}

function problemsOf(issue: Issue, parent: KeyPath, data: unknown): Problem[] {
  const path = [...parent, ...issue.path.map((key) => (typeof key === "symbol" ? String(key) : key))];
  if (issue.code === "invalid_union") {
    const meant = meantBranch(issue.errors, valueAt(data, path));
    if (meant) return meant.flatMap((inner) => problemsOf(inner, path, data));
  }
  if (issue.code === "invalid_key") {
    return [{ path, text: found(path.at(-1), issue.issues[0]?.message ?? issue.message) }];
  }
  if (issue.code === "custom" && saysAll(issue.params)) return [{ path, text: issue.message }];
  const value = valueAt(data, path);
  if (value === undefined) return [{ path, text: `missing, ${issue.message}` }];
  return [{ path, text: isPrivate(path) ? issue.message : found(value, issue.message) }];
}

/** Whether the message names what was found by itself. */
function saysAll(params: Record<string, unknown> | undefined): boolean {
  return params?.["unknownKey"] === true || params?.["complete"] === true;
}

/** The form of a value that its writer had in mind: the one that fails on more than the type of the whole. */
function meantBranch(branches: readonly Issue[][], value: unknown): Issue[] | undefined {
  return branches.find((issues) => !issues.every((issue) => isOfAnotherType(issue, value)));
}

function isOfAnotherType(issue: Issue, value: unknown): boolean {
  if (issue.path.length > 0) return false;
  if (issue.code === "invalid_union") return meantBranch(issue.errors, value) === undefined;
  // A mapping is none of the words of a choice, whatever stands in it.
  return issue.code === "invalid_type" || (issue.code === "invalid_value" && typeof value === "object");
}

// Where a secret belongs, and may have been written in clear.
function isPrivate([section, , key]: KeyPath): boolean {
  return section === "webhooks" && (key === "secret" || key === "url");
}

function found(value: unknown, expectation: string): string {
  return `found ${showValue(value)}, ${expectation}`;
}
