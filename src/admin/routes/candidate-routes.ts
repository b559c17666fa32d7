import { createRoute } from "@hono/zod-openapi";
import { resolveService } from "../../control/resolve-service.ts";
import type { HealthStatus, ServicePort } from "../../gateway/gateway-port.ts";
import type { Clock } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/duration.ts";
import { GatewayError } from "../../lib/gateway-error.ts";
import { sleep } from "../../lib/sleep.ts";
import type { AdminContext } from "../admin-env.ts";
import { candidateAnswer, writeAnswer } from "../schemas/answer-schemas.ts";
import { candidateBody, noQuery, serviceParams, writeHeaders } from "../schemas/request-schemas.ts";
import { withDeadline } from "../with-deadline.ts";
import { answers, jsonBody, newRoutes, type RouteDeps, type Routes } from "./route-parts.ts";

const DEFAULT_WAIT_MS = 60_000;
const LOOK_MS = 250;

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
      const { upstream, version, waitHealthy = version !== undefined } = c.req.valid("json");
      const { name } = resolveService(control.settings, c.req.valid("param").service);
      const write = await writer.dispatch(c, { type: "set_candidate", service: name, upstream });
      if (waitHealthy !== false) {
        const waitMs = waitHealthy === true ? DEFAULT_WAIT_MS : waitHealthy;
        await untilHealthy(deps, c, { service: name, upstream, version, waitMs });
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

interface Awaited {
  service: string;
  upstream: string;
  /** Undefined: any. */
  version: string | undefined;
  waitMs: number;
}

async function untilHealthy(
  { clock, writer }: RouteDeps,
  c: AdminContext,
  { service, upstream, version, waitMs }: Awaited,
): Promise<void> {
  const until = { clock, deadlineMs: waitMs, clientLeft: c.get("clientLeft") };
  const port = writer.service(service);
  const isGood = (signal: AbortSignal) => whenGood({ clock, port, upstream, version, signal });
  if (await withDeadline(until, isGood)) return;
  const reason = reasonOf(port.health(upstream), version);
  throw new GatewayError(
    "not_healthy",
    `upstream ${upstream} did not become healthy within ${formatDuration(waitMs)} (${reason}); it stays the candidate`,
  );
}

interface Asked {
  clock: Clock;
  port: ServicePort;
  upstream: string;
  version: string | undefined;
  signal: AbortSignal;
}

// An address that is taken over by another version is healthy all the while: the version is looked at again and again.
async function whenGood({ clock, port, upstream, version, signal }: Asked): Promise<boolean> {
  while (await port.whenHealthy(upstream, signal)) {
    if (version === undefined || port.health(upstream).version === version) return true;
    if (!(await waited(clock, signal))) return false;
  }
  return false;
}

function waited(clock: Clock, signal: AbortSignal): Promise<boolean> {
  return sleep(clock, LOOK_MS, signal).then(
    () => true,
    () => false,
  );
}

function reasonOf({ state, reason, version }: HealthStatus, wanted: string | undefined): string {
  if (reason !== null || state !== "healthy") return reason ?? "no probe has been good often enough";
  return version === null
    ? "its health answer says no version; see the config's health.version"
    : `it is version ${version}, not ${wanted ?? "any"}`;
}
