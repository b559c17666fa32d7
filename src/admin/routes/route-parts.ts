// What the descriptions of the routes have in common.

import { OpenAPIHono } from "@hono/zod-openapi";
import type { z } from "zod";
import { GatewayError } from "../../lib/gateway-error.ts";
import type { AdminEnv } from "../admin-env.ts";
import type { AdminDeps } from "../admin-ports.ts";
import { describeIssues } from "../describe-issues.ts";
import type { ProcessVitals } from "../process-vitals.ts";
import { problem } from "../schemas/answer-schemas.ts";
import type { Writer } from "../writer.ts";

export interface RouteDeps extends AdminDeps {
  writer: Writer;
  vitals: ProcessVitals;
}

export type Routes = OpenAPIHono<AdminEnv>;

/** A group of routes; what their schemas do not accept becomes a `bad_request` that names the place. */
export function newRoutes(): Routes {
  return new OpenAPIHono<AdminEnv>({
    defaultHook(result) {
      if (result.success) return;
      throw new GatewayError("bad_request", describeIssues(result.error.issues));
    },
  });
}

export function jsonBody<Schema extends z.ZodType>(schema: Schema) {
  return { content: { "application/json": { schema } }, required: true } as const;
}

/** An answer in JSON, or a problem. */
export function answers<Schema extends z.ZodType>(schema: Schema, description: string) {
  return { 200: { description, content: { "application/json": { schema } } }, default: orProblem } as const;
}

/** The same for what somebody else carries out. */
export function accepts<Schema extends z.ZodType>(schema: Schema, description: string) {
  return { 202: { description, content: { "application/json": { schema } } }, default: orProblem } as const;
}

export const orProblem = {
  description: "What went wrong.",
  content: { "application/problem+json": { schema: problem } },
} as const;
