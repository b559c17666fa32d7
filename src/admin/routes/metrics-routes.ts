import { createRoute, z } from "@hono/zod-openapi";
import { GatewayMetrics } from "../metrics/gateway-metrics.ts";
import { newRoutes, orProblem, type RouteDeps, type Routes } from "./route-parts.ts";

const getMetrics = createRoute({
  method: "get",
  path: "/metrics",
  summary: "Metrics for Prometheus.",
  responses: {
    200: { description: "The metrics.", content: { "text/plain": { schema: z.string() } } },
    default: orProblem,
  },
});

export function metricsRoutes(deps: RouteDeps): Routes {
  const metrics = new GatewayMetrics(deps);
  return newRoutes().openapi(getMetrics, async (c) =>
    c.text(await metrics.render(), 200, { "Content-Type": metrics.contentType }),
  );
}
