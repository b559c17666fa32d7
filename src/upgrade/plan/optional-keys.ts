// Keys of which a mapping has one: each alone may be left out.

import { z } from "zod";

type Optional<Shape extends Record<string, z.ZodType>> = {
  [Key in keyof Shape]: z.ZodExactOptional<Shape[Key]>;
};

/** Every key may be left out; that one is there, `exactlyOne` sees to. */
export function optionalKeys<Shape extends Record<string, z.ZodType>>(shape: Shape): Optional<Shape> {
  const entries = Object.entries(shape).map(([key, schema]) => [key, z.exactOptional(schema)]);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- fromEntries forgets which key has which schema
  return Object.fromEntries(entries) as Optional<Shape>;
}
