import { createRoute } from "@hono/zod-openapi";
import { resolveService } from "../../control/resolve-service.ts";
import { writeAnswer } from "../schemas/answer-schemas.ts";
import { toHealthChange } from "../schemas/health-schema.ts";
import { noQuery, upstreamBody, upstreamParams, writeHeaders } from "../schemas/request-schemas.ts";
import { answers, jsonBody, newRoutes, type RouteDeps, type Routes } from "./route-parts.ts";

const putUpstream = createRoute({
  method: "put",
  path: "/admin/services/{service}/upstreams/{upstream}",
  summary: "Add or change an upstream.",
  request: {
    params: upstreamParams,
    query: noQuery,
    headers: writeHeaders,
    body: jsonBody(upstreamBody),
  },
  responses: answers(writeAnswer, "The upstream is known."),
});

const deleteUpstream = createRoute({
  method: "delete",
  path: "/admin/services/{service}/upstreams/{upstream}",
  summary: "Remove an upstream that is neither active nor candidate.",
  request: { params: upstreamParams, query: noQuery, headers: writeHeaders },
  responses: answers(writeAnswer, "The upstream is gone."),
});

export function upstreamRoutes({ control, writer }: RouteDeps): Routes {
  return newRoutes()
    .openapi(putUpstream, async (c) => {
      const { service, upstream } = c.req.valid("param");
      const { url, urls = [], health } = c.req.valid("json");
      const write = await writer.dispatch(c, {
        type: "put_upstream",
        service: resolveService(control.settings, service).name,
        name: upstream,
        urls: url === undefined ? urls : [url],
        health: health && toHealthChange(health),
      });
      return c.json(writer.answer(c, write), 200);
    })
    .openapi(deleteUpstream, async (c) => {
      const { service, upstream } = c.req.valid("param");
      const { name } = resolveService(control.settings, service);
      const write = await writer.dispatch(c, { type: "delete_upstream", service: name, name: upstream });
      return c.json(writer.answer(c, write), 200);
    });
}
