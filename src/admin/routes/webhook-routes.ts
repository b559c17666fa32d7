import { createRoute } from "@hono/zod-openapi";
import { recordAction } from "../action-audit.ts";
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

export function webhookRoutes(deps: RouteDeps): Routes {
  return newRoutes().openapi(test, async (c) => {
    const { webhook } = c.req.valid("param");
    const tested = await deps.webhooks.test(webhook);
    const parameters = { webhook, ...tested };
    await recordAction(deps, c, { action: "test_webhook", service: null, parameters });
    return c.json(tested, 200);
  });
}
