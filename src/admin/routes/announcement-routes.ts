import { createRoute } from "@hono/zod-openapi";
import { resolveService } from "../../control/resolve-service.ts";
import type { AdminContext } from "../admin-env.ts";
import type { AnnouncementAnswer } from "../api-types.ts";
import { momentToWall } from "../schemas/duration-schema.ts";
import { noQuery, serviceParams, writeHeaders } from "../schemas/request-schemas.ts";
import { announcementAnswer, announcementBody } from "../schemas/upgrade-schemas.ts";
import type { Write } from "../writer.ts";
import { answers, jsonBody, newRoutes, type RouteDeps, type Routes } from "./route-parts.ts";

const path = "/admin/services/{service}/announcement";

const announce = createRoute({
  method: "put",
  path,
  summary: "Tell visitors of an interruption to come.",
  request: { params: serviceParams, query: noQuery, headers: writeHeaders, body: jsonBody(announcementBody) },
  responses: answers(
    announcementAnswer,
    "It is told, until it is withdrawn, or an hour after its time. A restart keeps it.",
  ),
});

const withdraw = createRoute({
  method: "delete",
  path,
  summary: "Tell them no longer.",
  request: { params: serviceParams, query: noQuery, headers: writeHeaders },
  responses: answers(announcementAnswer, "Nothing is told."),
});

export function announcementRoutes({ control, clock, writer }: RouteDeps): Routes {
  const change = async (c: AdminContext, command: Write["command"]): Promise<AnnouncementAnswer> => {
    const { service } = command;
    const { version, changed } = writer.answer(c, await writer.dispatch(c, command));
    const announcement = control.state.services[service]?.announcement ?? null;
    return { service, version, changed, announcement };
  };
  return newRoutes()
    .openapi(announce, async (c) => {
      const { name } = resolveService(control.settings, c.req.valid("param").service);
      const { message, at } = c.req.valid("json");
      const announcement = { message, at: at ? momentToWall(at, clock.wall()) : null };
      return c.json(await change(c, { type: "announce", service: name, announcement }), 200);
    })
    .openapi(withdraw, async (c) => {
      const { name } = resolveService(control.settings, c.req.valid("param").service);
      return c.json(await change(c, { type: "withdraw_announcement", service: name }), 200);
    });
}
