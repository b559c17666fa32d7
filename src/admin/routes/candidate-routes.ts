import { createRoute } from "@hono/zod-openapi";
import { resolveService } from "../../control/resolve-service.ts";
import { formatDuration } from "../../lib/duration.ts";
import { GatewayError } from "../../lib/gateway-error.ts";
import type { AdminContext } from "../admin-env.ts";
import { candidateAnswer, writeAnswer } from "../schemas/answer-schemas.ts";
import { candidateBody, noQuery, serviceParams, writeHeaders } from "../schemas/request-schemas.ts";
import { withDeadline } from "../with-deadline.ts";
import { answers, jsonBody, newRoutes, type RouteDeps, type Routes } from "./route-parts.ts";

const DEFAULT_WAIT_MS = 60_000;

const setCandidate = createRoute({
  method: "put",
  path: "/admin/services/{service}/candidate",
  summary: "Prepare an upstream for the next cutover.",
  request: { params: serviceParams, query: noQuery, headers: writeHeaders, body: jsonBody(candidateBody) },
  responses: answers(candidateAnswer, "The candidate is set, and healthy when that was waited for."),
});

const clearCandidate = createRoute({
  method: "delete",
  path: "/admin/services/{service}/candidate",
  summary: "Have no candidate.",
  request: { params: serviceParams, query: noQuery, headers: writeHeaders },
  responses: answers(writeAnswer, "There is no candidate."),
});

export function candidateRoutes(deps: RouteDeps): Routes {
  const { control, writer } = deps;
  return newRoutes()
    .openapi(setCandidate, async (c) => {
      const { upstream, waitHealthy = false } = c.req.valid("json");
      const { name } = resolveService(control.settings, c.req.valid("param").service);
      const write = await writer.dispatch(c, { type: "set_candidate", service: name, upstream });
      if (waitHealthy !== false) {
        const waitMs = waitHealthy === true ? DEFAULT_WAIT_MS : waitHealthy;
        await untilHealthy(deps, c, { service: name, upstream, waitMs });
      }
      const answer = { ...writer.answer(c, write), health: writer.service(name).health(upstream) };
      return c.json(answer, 200);
    })
    .openapi(clearCandidate, async (c) => {
      const { name } = resolveService(control.settings, c.req.valid("param").service);
      const write = await writer.dispatch(c, { type: "clear_candidate", service: name });
      return c.json(writer.answer(c, write), 200);
    });
}

async function untilHealthy(
  { clock, writer }: RouteDeps,
  c: AdminContext,
  { service, upstream, waitMs }: { service: string; upstream: string; waitMs: number },
): Promise<void> {
  const until = { clock, deadlineMs: waitMs, clientLeft: c.get("clientLeft") };
  const port = writer.service(service);
  if (await withDeadline(until, (signal) => port.whenHealthy(upstream, signal))) return;
  const reason = port.health(upstream).reason ?? "no probe has been good often enough";
  throw new GatewayError(
    "not_healthy",
    `upstream ${upstream} did not become healthy within ${formatDuration(waitMs)} (${reason}); it stays the candidate`,
  );
}
