// `when:` of a step. Variables are in their place by now, so that a comparison is one of two texts.

import type { Parsed } from "../../config/parsed.ts";
import type { Condition } from "./plan.ts";

const EXPECTED =
  "expected migrated, pending, true, false, a comparison such as ${a} == b, or one of them after not";

export function parseCondition(text: string): Parsed<Condition> {
  const trimmed = text.trim();
  const negated = /^not\s+(.+)$/s.exec(trimmed)?.[1];
  if (negated !== undefined) {
    const inner = parseCondition(negated);
    return "meaning" in inner ? { meaning: { kind: "not", of: inner.meaning } } : inner;
  }
  if (trimmed === "migrated" || trimmed === "pending") return { meaning: { kind: "fact", fact: trimmed } };
  if (trimmed === "true" || trimmed === "false") return known(trimmed === "true", trimmed);
  return comparison(trimmed);
}

function comparison(text: string): Parsed<Condition> {
  const [, left, operator, right] = /^(.*?)\s*(==|!=)\s*(.*)$/s.exec(text) ?? [];
  if (left === undefined || right === undefined || /==|!=/.test(right)) return { refusal: EXPECTED };
  const equal = unquoted(left) === unquoted(right);
  return known(operator === "==" ? equal : !equal, text);
}

function known(holds: boolean, text: string): Parsed<Condition> {
  return { meaning: { kind: "known", holds, text } };
}

function unquoted(text: string): string {
  return /^(["'])(.*)\1$/s.exec(text)?.[2] ?? text;
}
