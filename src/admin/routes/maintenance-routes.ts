import { createRoute } from "@hono/zod-openapi";
import { resolveService } from "../../control/resolve-service.ts";
import { writeAnswer } from "../schemas/answer-schemas.ts";
import { momentToWall } from "../schemas/duration-schema.ts";
import { maintenanceBody, noQuery, serviceQuery, writeHeaders } from "../schemas/request-schemas.ts";
import { answers, jsonBody, newRoutes, type RouteDeps, type Routes } from "./route-parts.ts";

const switchOn = createRoute({
  method: "post",
  path: "/admin/maintenance",
  summary: "Maintenance on; what is left out stays as it is, or comes from the config.",
  request: { query: noQuery, headers: writeHeaders, body: jsonBody(maintenanceBody) },
  responses: answers(writeAnswer, "Maintenance is on."),
});

const switchOff = createRoute({
  method: "delete",
  path: "/admin/maintenance",
  summary: "Back to open.",
  request: { query: serviceQuery, headers: writeHeaders },
  responses: answers(writeAnswer, "The service is open."),
});

export function maintenanceRoutes({ control, clock, writer }: RouteDeps): Routes {
  return newRoutes()
    .openapi(switchOn, async (c) => {
      const { service, message, expectedEnd, retryAfter } = c.req.valid("json");
      const write = await writer.dispatch(c, {
        type: "maintenance_on",
        service: resolveService(control.settings, service).name,
        message,
        expectedEnd: expectedEnd ? momentToWall(expectedEnd, clock.wall()) : expectedEnd,
        retryAfterMs: retryAfter,
      });
      return c.json(writer.answer(c, write), 200);
    })
    .openapi(switchOff, async (c) => {
      const { name } = resolveService(control.settings, c.req.valid("query").service);
      const write = await writer.dispatch(c, { type: "maintenance_off", service: name });
      return c.json(writer.answer(c, write), 200);
    });
}
