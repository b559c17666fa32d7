// What `${name}` means: the plan's own `vars`, what was given on the command line over them, and what
// Holdgate knows by itself.

import { nearestKey } from "../../config/nearest-key.ts";
import { type KeyPath, type Problem, showValue } from "../../config/problem.ts";
import { substitute, type Values } from "./substitute.ts";

export interface BuiltIns {
  run: string;
  service: string;
  /** The upstream that serves now. */
  active: string;
  /** The other one; null: there is not exactly one other. */
  idle: string | null;
}

export interface Variables {
  values: Values;
  problems: Problem[];
}

const BUILT_IN = ["run", "service", "active", "idle"];
const NO_IDLE = "found ${idle}, but the service has not exactly two upstreams; name the one that is meant";

/** @param written a scalar of `vars` as it stands in the file. */
export function resolveVariables(
  declared: unknown,
  given: Readonly<Record<string, string>>,
  builtIns: BuiltIns,
  written: (path: KeyPath) => string | undefined,
): Variables {
  const { idle, ...others } = builtIns;
  const values = new Map<string, string | { refusal: string }>(Object.entries(others));
  values.set("idle", idle ?? { refusal: NO_IDLE });
  const own = isMapping(declared) ? declared : {};
  const problems = [
    ...undeclared(given, Object.keys(own)),
    ...Object.entries(own).flatMap(([name, value]) => {
      const path = ["vars", name];
      const meaning = meaningOf(name, value, { values, given, text: written(path) });
      if ("problem" in meaning) {
        // Known from here on, so that each use of it is not a mistake of its own.
        if (!values.has(name)) values.set(name, `unknown-${name}`);
        return [{ path, text: meaning.problem }];
      }
      values.set(name, meaning.text);
      return [];
    }),
  ];
  return { values, problems };
}

interface Sources {
  values: Values;
  given: Readonly<Record<string, string>>;
  /** As it stands in the file. */
  text: string | undefined;
}

function meaningOf(name: string, value: unknown, { values, given, text }: Sources) {
  if (BUILT_IN.includes(name))
    return { problem: `found ${name}, which Holdgate sets by itself; choose another name` };
  const override = Object.hasOwn(given, name) ? given[name] : undefined;
  if (override !== undefined) return fromOutside(name, override);
  if (value === null) return { problem: `has no value; give it one here, or with --var ${name}=…` };
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean")
    return { problem: `found ${showValue(value)}, expected a text` };
  const result = substitute(typeof value === "string" ? value : (text ?? String(value)), values);
  return "refusal" in result ? { problem: result.refusal } : result;
}

function fromOutside(name: string, value: string) {
  // A value is a value: it must not reach for secrets that the plan did not give it.
  return value.includes("${")
    ? { problem: `found \${ in the value of --var ${name}, expected the value itself` }
    : { text: value };
}

function undeclared(given: Readonly<Record<string, string>>, known: readonly string[]): Problem[] {
  return Object.keys(given)
    .filter((name) => !known.includes(name))
    .map((name) => {
      const nearest = nearestKey(name, known);
      const offer = known.length === 0 ? "the plan has no vars" : `its vars are ${known.join(", ")}`;
      const remedy = nearest === undefined ? offer : `did you mean ${nearest}?`;
      return { path: ["vars"], text: `--var ${name} is not declared in the plan; ${remedy}` };
    });
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
