import { createRoute } from "@hono/zod-openapi";
import type { z } from "zod";
import { resolveService } from "../../control/resolve-service.ts";
import type { AdminContext } from "../admin-env.ts";
import type { MaintenanceAnswer } from "../api-types.ts";
import { momentToWall } from "../schemas/duration-schema.ts";
import { noQuery, serviceQuery, writeHeaders } from "../schemas/request-schemas.ts";
import { maintenanceAnswer, plannedMaintenanceBody } from "../schemas/window-schemas.ts";
import { windowStatusOf } from "../window-status.ts";
import type { Write } from "../writer.ts";
import { answers, jsonBody, newRoutes, type RouteDeps, type Routes } from "./route-parts.ts";

const switchOn = createRoute({
  method: "post",
  path: "/admin/maintenance",
  summary: "Maintenance on, or planned; what is left out stays as it is, or comes from the config.",
  description:
    "With `at` and `for` a window is planned, which begins and ends by itself; with `for` alone it begins now.",
  request: { query: noQuery, headers: writeHeaders, body: jsonBody(plannedMaintenanceBody) },
  responses: answers(maintenanceAnswer, "Maintenance is on, or planned."),
});

const switchOff = createRoute({
  method: "delete",
  path: "/admin/maintenance",
  summary: "Back to open. A window that is still to come stays planned.",
  request: { query: serviceQuery, headers: writeHeaders },
  responses: answers(maintenanceAnswer, "The service is open."),
});

const cancelWindow = createRoute({
  method: "delete",
  path: "/admin/maintenance/window",
  summary: "Cancel the planned maintenance; when it runs already, it ends.",
  request: { query: serviceQuery, headers: writeHeaders },
  responses: answers(maintenanceAnswer, "Nothing is planned."),
});

export function maintenanceRoutes({ control, clock, writer }: RouteDeps): Routes {
  const write = async (c: AdminContext, command: Write["command"]): Promise<MaintenanceAnswer> => {
    const answer = writer.answer(c, await writer.dispatch(c, command));
    return { ...answer, window: windowStatusOf(control.state.services[command.service]?.window) };
  };
  return newRoutes()
    .openapi(switchOn, async (c) => {
      const body = c.req.valid("json");
      const { name } = resolveService(control.settings, body.service);
      return c.json(await write(c, switchOnCommand(body, name, clock.wall())), 200);
    })
    .openapi(switchOff, async (c) => {
      const { name } = resolveService(control.settings, c.req.valid("query").service);
      return c.json(await write(c, { type: "maintenance_off", service: name }), 200);
    })
    .openapi(cancelWindow, async (c) => {
      const { name } = resolveService(control.settings, c.req.valid("query").service);
      return c.json(await write(c, { type: "cancel_window", service: name }), 200);
    });
}

function switchOnCommand(
  body: z.output<typeof plannedMaintenanceBody>,
  service: string,
  nowMs: number,
): Write["command"] {
  const { message, expectedEnd, retryAfter, at, for: forMs } = body;
  if (forMs === undefined) {
    return {
      type: "maintenance_on",
      service,
      message,
      expectedEnd: expectedEnd ? momentToWall(expectedEnd, nowMs) : expectedEnd,
      retryAfterMs: retryAfter,
    };
  }
  return {
    type: "schedule_window",
    service,
    startsAt: at ? momentToWall(at, nowMs) : null,
    forMs,
    message: message ?? null,
    retryAfterMs: retryAfter ?? null,
  };
}
