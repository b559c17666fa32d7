import { createRoute } from "@hono/zod-openapi";
import { resolveService } from "../../control/resolve-service.ts";
import { writeAnswer } from "../schemas/answer-schemas.ts";
import { canaryBody, noQuery, serviceParams, writeHeaders } from "../schemas/request-schemas.ts";
import { answers, jsonBody, newRoutes, type RouteDeps, type Routes } from "./route-parts.ts";

const setCanary = createRoute({
  method: "put",
  path: "/admin/services/{service}/canary",
  summary: "Send a share of the clients to the candidate.",
  request: { params: serviceParams, query: noQuery, headers: writeHeaders, body: jsonBody(canaryBody) },
  responses: answers(writeAnswer, "The share is in force, while the candidate is healthy."),
});

const clearCanary = createRoute({
  method: "delete",
  path: "/admin/services/{service}/canary",
  summary: "Send all clients to the active upstream.",
  request: { params: serviceParams, query: noQuery, headers: writeHeaders },
  responses: answers(writeAnswer, "There is no canary."),
});

export function canaryRoutes({ control, writer }: RouteDeps): Routes {
  return newRoutes()
    .openapi(setCanary, async (c) => {
      const { percent } = c.req.valid("json");
      const { name } = resolveService(control.settings, c.req.valid("param").service);
      const write = await writer.dispatch(c, { type: "set_canary", service: name, percent });
      return c.json(writer.answer(c, write), 200);
    })
    .openapi(clearCanary, async (c) => {
      const { name } = resolveService(control.settings, c.req.valid("param").service);
      const write = await writer.dispatch(c, { type: "clear_canary", service: name });
      return c.json(writer.answer(c, write), 200);
    });
}
