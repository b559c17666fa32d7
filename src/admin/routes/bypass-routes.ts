import { createRoute } from "@hono/zod-openapi";
import { resolveService } from "../../control/resolve-service.ts";
import { BYPASS_PATH } from "../../gateway/bypass/bypass-answers.ts";
import { signBypass } from "../../gateway/bypass/bypass-token.ts";
import type { BypassAnswer, BypassRevoked } from "../api-types.ts";
import { Orderer } from "../orderer.ts";
import { bypassAnswer, bypassBody, bypassRevoked } from "../schemas/bypass-schemas.ts";
import { noQuery, serviceParams, writeHeaders } from "../schemas/request-schemas.ts";
import { answers, jsonBody, newRoutes, type RouteDeps, type Routes } from "./route-parts.ts";

const DEFAULT_MS = 3_600_000;
const path = "/admin/services/{service}/bypass";

const make = createRoute({
  method: "post",
  path,
  summary: "Make a link that leads past maintenance and holds.",
  request: { params: serviceParams, query: noQuery, headers: writeHeaders, body: jsonBody(bypassBody) },
  responses: answers(bypassAnswer, "Whoever opens it gets past until it expires."),
});

const revoke = createRoute({
  method: "delete",
  path,
  summary: "End all links and cookies that lead past maintenance and holds.",
  request: { params: serviceParams, query: noQuery, headers: writeHeaders },
  responses: answers(bypassRevoked, "None of them is worth anything any more."),
});

export function bypassRoutes(deps: RouteDeps): Routes {
  const { control, clock, bypassKeys } = deps;
  const makers = new Orderer<BypassAnswer>(deps);
  const revokers = new Orderer<BypassRevoked>(deps);
  return newRoutes()
    .openapi(make, async (c) => {
      const { name } = resolveService(control.settings, c.req.valid("param").service);
      const { for: forMs = DEFAULT_MS } = c.req.valid("json");
      const answer = await makers.place(c, {
        place: async () => linkOf(await bypassKeys.keyFor(name), name, clock.wall() + forMs),
        // Never the token: whoever reads the audit must not get in by it.
        record: ({ service, expiresAt }) => ({ action: "bypass_link", service, parameters: { expiresAt } }),
      });
      return c.json(answer, 200);
    })
    .openapi(revoke, async (c) => {
      const { name: service } = resolveService(control.settings, c.req.valid("param").service);
      const answer = await revokers.place(c, {
        place: async () => ({ service, changed: await bypassKeys.revoke(service) }),
        record: ({ changed }) => ({ action: "bypass_revoke", service, parameters: { changed } }),
      });
      return c.json(answer, 200);
    });
}

function linkOf(key: Buffer, service: string, until: number): BypassAnswer {
  // Whole seconds are what the token carries.
  const expiresAt = Math.floor(until / 1000) * 1000;
  const token = signBypass(key, service, expiresAt);
  return { service, path: `${BYPASS_PATH}?token=${token}`, token, expiresAt };
}
