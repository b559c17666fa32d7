// The kinds of values that stand in a plan. A variable always comes as text, so a number and a switch may be
// written as text too, and a text as a number (`[sleep, 5]`).

import { z } from "zod";
import type { Parsed } from "../../config/parsed.ts";
import { list, parsedBy, text } from "../../config/values.ts";
import type { StatusRange } from "./plan.ts";

const IMAGE_EXPECTED = "expected an image such as ghcr.io/team/app:1.2.3";

/** Text that is not empty; a number or a switch counts as it was written. */
export function words(error: string): z.ZodType<string> {
  return parsedBy(scalar(error), (input): Parsed<string> => {
    return input === "" ? { refusal: error } : { meaning: String(input) };
  });
}

/** The same, where an empty text means something. */
export function anyText(error: string): z.ZodType<string> {
  return scalar(error).transform(String);
}

export function wholeNumber(least: number): z.ZodType<number> {
  const error = `expected a whole number of at least ${least}`;
  const written = z.union([z.int({ error }).min(least, { error }), text(error, /^\d+$/)], { error });
  return parsedBy(written, (input): Parsed<number> => {
    const number = Number(input);
    return number >= least && number <= 1_000_000_000 ? { meaning: number } : { refusal: error };
  });
}

export function exitCodes(): z.ZodType<number[]> {
  return oneOrMore(wholeNumber(0), "expected an exit code, or a list of them");
}

export function flag(): z.ZodType<boolean> {
  const error = "expected true or false";
  const written = z.union([z.boolean({ error }), z.enum(["true", "false"], { error })], { error });
  return written.transform((input) => input === true || input === "true");
}

/** A share, from 0 to 1: `1%` or `0.01`. */
export function rate(): z.ZodType<number> {
  const error = "expected a share such as 1% or 0.01";
  const written = z.union([z.number({ error }), text(error, /^\d+(?:\.\d+)?%?$/)], { error });
  return parsedBy(written, (input): Parsed<number> => {
    const share = typeof input === "string" && input.endsWith("%") ? parsePercent(input) : Number(input);
    return share >= 0 && share <= 1 ? { meaning: share } : { refusal: error };
  });
}

// Divided, not multiplied by 0.01, which would make 0.07 of 7% with a tail of digits.
function parsePercent(input: string): number {
  return Number(input.slice(0, -1)) / 100;
}

export function number(error: string): z.ZodType<number> {
  const written = z.union([z.number({ error }), text(error, /^-?\d+(?:\.\d+)?$/)], { error });
  return written.transform(Number);
}

/** `200`, `200-399`, or a list of both. */
export function statuses(): z.ZodType<StatusRange> {
  const error = "expected a status such as 200, a range such as 200-399, or a list of them";
  const pattern = /^[1-5]\d\d(?:-[1-5]\d\d)?$/;
  const one = z.union([z.int({ error }).min(100, { error }).max(599, { error }), text(error, pattern)], {
    error,
  });
  return parsedBy(z.union([one, z.array(one, { error })], { error }), (input): Parsed<StatusRange> => {
    const ranges = [input].flat().map(rangeOf);
    const sound = ranges.length > 0 && ranges.every(({ from, to }) => from <= to);
    return sound ? { meaning: ranges } : { refusal: error };
  });
}

function rangeOf(written: string | number): StatusRange[number] {
  const [from = Number.NaN, to = from] = String(written).split("-").map(Number);
  return { from, to };
}

/** What is started: a program and its arguments. */
export function command(): z.ZodType<string[]> {
  return z
    .array(anyText("expected a word of a command"), {
      error: "expected a list of words such as [pg_dump, -Fc]; for a line of shell [sh, -c, …]",
    })
    .min(1, { error: "expected at least the program's name" });
}

/** `a` or `[a, b]`; nothing only where `least` is 0. */
export function oneOrMore<Output>(
  item: z.ZodType<Output>,
  error: string,
  least: 0 | 1 = 1,
): z.ZodType<Output[]> {
  return z.union([item.transform((one) => [one]), list(item).min(least, { error })], { error });
}

export function names(what: string, least: 0 | 1 = 1): z.ZodType<string[]> {
  return oneOrMore(name(what), `expected ${what}, or a list of them`, least);
}

/** Of a target, a step, a volume: what exists is checked elsewhere. */
export function name(what: string): z.ZodType<string> {
  return text(`expected ${what}`, /^\S+$/);
}

export function image(): z.ZodType<string> {
  return text(IMAGE_EXPECTED, /^[^\s:@/][^\s]*$/);
}

/** Names with a text each: environments, labels, headers. */
export function pairs(what: string): z.ZodType<Record<string, string>> {
  const error = `expected a mapping of ${what}`;
  return z.record(z.string(), anyText("expected a text"), { error });
}

/** The path of a file or directory. */
export function path(what: string): z.ZodType<string> {
  return text(`expected ${what}`);
}

function scalar(error: string) {
  return z.union([z.string({ error }), z.number({ error }), z.boolean({ error })], { error });
}
