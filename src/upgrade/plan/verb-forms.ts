// What the form of a verb yields: the fields of its step.

import type { z } from "zod";
import type { StepVerb, VerbName } from "./plan.ts";

export type VerbFields<Verb extends VerbName> = Omit<Extract<StepVerb, { verb: Verb }>, "verb">;
export type VerbForms = { [Verb in VerbName]: z.ZodType<VerbFields<Verb>> };
