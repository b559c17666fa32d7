import type { z } from "zod";

/**
 * Says which input a schema of the config takes. Those are typed as taking anything, since a file may
 * hold anything; a caller of the API wants the compiler to know. What is checked stays the same, hence
 * the cast.
 */
export function accepting<Input, Meaning>(schema: z.ZodType<Meaning>): z.ZodType<Meaning, Input> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  return schema as z.ZodType<Meaning, Input>;
}
