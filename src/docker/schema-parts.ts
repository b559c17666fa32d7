// Pieces of the schemas of the engine's answers. It writes null for what is empty here and leaves it out there; where
// our types promise a list or a record there is one. Keys that we do not know are kept.

import { z } from "zod";
import type { JsonObject } from "../lib/json.ts";

/** Any object: it came out of JSON, so that is what is in it. */
export const jsonObject = z.custom<JsonObject>(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  "expected an object",
);

export const strings = z.array(z.string());

export const stringsOrNone = strings.nullish().transform((value) => value ?? []);

export const stringsOrNull = strings.nullish().transform((value) => value ?? null);

export const textOrEmpty = z
  .string()
  .nullish()
  .transform((value) => value ?? "");

export const labels = z
  .record(z.string(), z.string())
  .nullish()
  .transform((value) => value ?? {});

/** For answers that say nothing more than that it was done. */
export const created = z.looseObject({ Id: z.string() });
