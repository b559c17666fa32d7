// Cutover and rollback are the same step in two directions: what was active becomes previous and drains.

import { createRoute } from "@hono/zod-openapi";
import { resolveService } from "../../control/resolve-service.ts";
import type { ServicePort } from "../../gateway/gateway-port.ts";
import type { AdminContext } from "../admin-env.ts";
import type { WaitedAnswer } from "../api-types.ts";
import { waitedAnswer } from "../schemas/answer-schemas.ts";
import {
  cutoverBody,
  noQuery,
  rollbackBody,
  serviceParams,
  writeHeaders,
} from "../schemas/request-schemas.ts";
import { settle } from "../settle.ts";
import type { Write } from "../writer.ts";
import { answers, jsonBody, newRoutes, type RouteDeps, type Routes } from "./route-parts.ts";

/**
 * The gateway cuts what is left when its own drain deadline comes, and tunnels close in waves after it. A
 * caller that waits without a deadline of its own is to see that end, not to miss it by an instant.
 */
const AFTER_DRAIN_MS = 5_000;

const cutoverRoute = createRoute({
  method: "post",
  path: "/admin/services/{service}/cutover",
  summary: "The candidate becomes active, the active one previous.",
  request: { params: serviceParams, query: noQuery, headers: writeHeaders, body: jsonBody(cutoverBody) },
  responses: answers(waitedAnswer, "New work goes to the new upstream."),
});

const rollbackRoute = createRoute({
  method: "post",
  path: "/admin/services/{service}/rollback",
  summary: "Cut over back to the previous upstream.",
  request: { params: serviceParams, query: noQuery, headers: writeHeaders, body: jsonBody(rollbackBody) },
  responses: answers(waitedAnswer, "New work goes to the upstream that was active before."),
});

export function cutoverRoutes(deps: RouteDeps): Routes {
  const { control, writer } = deps;
  return newRoutes()
    .openapi(cutoverRoute, async (c) => {
      const { to, force = false, ...waiting } = c.req.valid("json");
      const { name } = resolveService(control.settings, c.req.valid("param").service);
      const port = writer.service(name);
      // Named, so that the upstream whose health was looked at is the one that is cut over to.
      const target = to ?? port.status().slots.candidate ?? undefined;
      const write = await writer.dispatch(c, {
        type: "cutover",
        service: name,
        to: target,
        force,
        candidateHealthy: isHealthy(port, target),
      });
      return c.json(await answerDrained(deps, c, write, waiting), 200);
    })
    .openapi(rollbackRoute, async (c) => {
      const { force = false, ...waiting } = c.req.valid("json");
      const { name } = resolveService(control.settings, c.req.valid("param").service);
      const port = writer.service(name);
      const previousHealthy = isHealthy(port, port.status().slots.previous ?? undefined);
      const write = await writer.dispatch(c, { type: "rollback", service: name, force, previousHealthy });
      return c.json(await answerDrained(deps, c, write, waiting), 200);
    });
}

// Asked of the list, because the caller may name an upstream that does not exist.
function isHealthy(port: ServicePort, upstream: string | undefined): boolean {
  const found = port.status().upstreams.find(({ name }) => name === upstream);
  return found?.health.state === "healthy";
}

async function answerDrained(
  deps: RouteDeps,
  c: AdminContext,
  write: Write,
  { wait, drainTimeout }: { wait?: boolean | undefined; drainTimeout?: number | undefined },
): Promise<WaitedAnswer> {
  const { control, writer } = deps;
  const { drainTimeoutMs, name } = resolveService(control.settings, write.command.service);
  const port = writer.service(name);
  const old = port.status().slots.previous;
  if (old !== null && drainTimeout !== undefined) port.setDrainTimeout(old, drainTimeout);
  const settling = await settle(deps, c, {
    wait,
    deadlineMs: (drainTimeout ?? drainTimeoutMs) + AFTER_DRAIN_MS,
    until: async (signal) =>
      old === null ? { inFlight: 0, tunnels: 0, held: 0 } : port.whenDrained(old, signal),
  });
  return { ...writer.answer(c, write), ...settling };
}
