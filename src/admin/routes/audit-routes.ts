import { createRoute } from "@hono/zod-openapi";
import { auditAnswer } from "../schemas/answer-schemas.ts";
import { auditQuery } from "../schemas/request-schemas.ts";
import { answers, newRoutes, type RouteDeps, type Routes } from "./route-parts.ts";

const getAudit = createRoute({
  method: "get",
  path: "/admin/audit",
  summary: "Who did what, when and from where; the newest first.",
  request: { query: auditQuery },
  responses: answers(auditAnswer, "The newest entries."),
});

export function auditRoutes({ control }: RouteDeps): Routes {
  return newRoutes().openapi(getAudit, async (c) => {
    const { limit, ...filter } = c.req.valid("query");
    const entries = await control.audit.recent(limit, filter);
    return c.json({ entries: entries.toReversed() }, 200);
  });
}
