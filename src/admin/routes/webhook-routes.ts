import { createRoute } from "@hono/zod-openapi";
import { noQuery } from "../schemas/request-schemas.ts";
import { webhookParams, webhookTestAnswer } from "../schemas/webhook-schemas.ts";
import { answers, newRoutes, type RouteDeps, type Routes } from "./route-parts.ts";

const test = createRoute({
  method: "post",
  path: "/admin/webhooks/{webhook}/test",
  summary: "Post a `test` to a webhook at once, and tell whether it was taken.",
  request: { params: webhookParams, query: noQuery },
  responses: answers(webhookTestAnswer, "It was tried."),
});

export function webhookRoutes({ webhooks }: RouteDeps): Routes {
  return newRoutes().openapi(test, async (c) =>
    c.json(await webhooks.test(c.req.valid("param").webhook), 200),
  );
}
