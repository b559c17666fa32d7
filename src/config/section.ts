// A mapping with fixed keys. An unknown key is an error that names the nearest known one: a typo that is
// silently ignored leaves an operator believing in a setting that is not there.

import { z } from "zod";
import { nearestKey } from "./nearest-key.ts";

/** A section with nothing in it (every key commented out) counts as one that was left out. */
export function section<Shape extends z.ZodRawShape>(shape: Shape): z.ZodType<SectionOutput<Shape>> {
  const known = Object.keys(shape);
  const mapping = z
    .object(shape, { error: `expected a mapping with any of the keys ${known.join(", ")}` })
    // Not strictObject, which reports all unknown keys of a mapping in one issue at the mapping's place.
    .catchall(unknownKey(known));
  return z.preprocess((input) => input ?? {}, mapping);
}

type SectionOutput<Shape extends z.ZodRawShape> = z.output<z.ZodObject<Shape, z.core.$strict>>;

function unknownKey(known: readonly string[]) {
  return z.unknown().refine(() => false, {
    params: { unknownKey: true },
    error: (issue) => {
      const nearest = nearestKey(String(issue.path?.at(-1)), known);
      return nearest === undefined
        ? `unknown key; the keys here are ${known.join(", ")}`
        : `unknown key; did you mean ${nearest}?`;
    },
  });
}
