import { createRoute } from "@hono/zod-openapi";
import { resolveService } from "../../control/resolve-service.ts";
import { waitedAnswer } from "../schemas/answer-schemas.ts";
import { holdBody, noQuery, releaseBody, writeHeaders } from "../schemas/request-schemas.ts";
import { settle } from "../settle.ts";
import { answers, jsonBody, newRoutes, type RouteDeps, type Routes } from "./route-parts.ts";

const holdRoute = createRoute({
  method: "post",
  path: "/admin/hold",
  summary: "Hold new work, or renew the lease of a hold.",
  request: { query: noQuery, headers: writeHeaders, body: jsonBody(holdBody) },
  responses: answers(waitedAnswer, "The service holds."),
});

const releaseRoute = createRoute({
  method: "post",
  path: "/admin/release",
  summary: "Open, and let go what is held.",
  request: { query: noQuery, headers: writeHeaders, body: jsonBody(releaseBody) },
  responses: answers(waitedAnswer, "The service is open."),
});

export function holdRoutes(deps: RouteDeps): Routes {
  const { control, writer } = deps;
  return newRoutes()
    .openapi(holdRoute, async (c) => {
      const { service, lease, maxWait, onLeaseEnd, wait, drainTimeout } = c.req.valid("json");
      const { name, drainTimeoutMs } = resolveService(control.settings, service);
      const command = {
        type: "hold",
        service: name,
        leaseMs: lease,
        maxWaitMs: maxWait,
        onLeaseEnd,
      } as const;
      const write = await writer.dispatch(c, command);
      const until = (signal: AbortSignal) => writer.service(name).whenQuiet(signal);
      const settling = await settle(deps, c, { wait, deadlineMs: drainTimeout ?? drainTimeoutMs, until });
      return c.json({ ...writer.answer(c, write), ...settling }, 200);
    })
    .openapi(releaseRoute, async (c) => {
      const { service, wait, drainTimeout } = c.req.valid("json");
      const { name, drainTimeoutMs } = resolveService(control.settings, service);
      const write = await writer.dispatch(c, { type: "release", service: name });
      const until = (signal: AbortSignal) => writer.service(name).whenReleased(signal);
      const settling = await settle(deps, c, { wait, deadlineMs: drainTimeout ?? drainTimeoutMs, until });
      return c.json({ ...writer.answer(c, write), ...settling }, 200);
    });
}
