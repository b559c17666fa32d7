import { createRoute } from "@hono/zod-openapi";
import { resolveService } from "../../control/resolve-service.ts";
import type { AdminContext } from "../admin-env.ts";
import type { AnnouncementAnswer } from "../api-types.ts";
import { Orderer } from "../orderer.ts";
import { momentToWall } from "../schemas/duration-schema.ts";
import { noQuery, serviceParams, writeHeaders } from "../schemas/request-schemas.ts";
import { announcementAnswer, announcementBody } from "../schemas/upgrade-schemas.ts";
import { answers, jsonBody, newRoutes, type RouteDeps, type Routes } from "./route-parts.ts";

const path = "/admin/services/{service}/announcement";

const announce = createRoute({
  method: "put",
  path,
  summary: "Tell visitors of an interruption to come.",
  request: { params: serviceParams, query: noQuery, headers: writeHeaders, body: jsonBody(announcementBody) },
  responses: answers(announcementAnswer, "It is told, until it is withdrawn or the gateway ends."),
});

const withdraw = createRoute({
  method: "delete",
  path,
  summary: "Tell them no longer.",
  request: { params: serviceParams, query: noQuery, headers: writeHeaders },
  responses: answers(announcementAnswer, "Nothing is told."),
});

export function announcementRoutes(deps: RouteDeps): Routes {
  const { control, clock, announcements } = deps;
  const orderer = new Orderer<AnnouncementAnswer>(deps);
  const change = (c: AdminContext, service: string, action: string, apply: () => boolean) =>
    orderer.place(c, {
      place: () => ({ service, changed: apply(), announcement: announcements.of(service) }),
      record: ({ announcement }) => ({ action, service, parameters: { ...announcement } }),
    });
  return newRoutes()
    .openapi(announce, async (c) => {
      const { name } = resolveService(control.settings, c.req.valid("param").service);
      const { message, at } = c.req.valid("json");
      const announcement = { message, at: at ? momentToWall(at, clock.wall()) : null };
      const apply = () => announcements.announce(name, announcement);
      return c.json(await change(c, name, "announce", apply), 200);
    })
    .openapi(withdraw, async (c) => {
      const { name } = resolveService(control.settings, c.req.valid("param").service);
      const apply = () => announcements.withdraw(name);
      return c.json(await change(c, name, "withdraw_announcement", apply), 200);
    });
}
