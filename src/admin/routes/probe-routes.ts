// For orchestrators, without a token: they say nothing but yes or no.

import { createRoute, z } from "@hono/zod-openapi";
import { newRoutes, type RouteDeps, type Routes } from "./route-parts.ts";

const text = (description: string) => ({ description, content: { "text/plain": { schema: z.string() } } });

const livez = createRoute({
  method: "get",
  path: "/livez",
  summary: "Whether the process answers at all.",
  security: [],
  responses: { 200: text("It does.") },
});

const readyz = createRoute({
  method: "get",
  path: "/readyz",
  summary: "Whether clients are listened to. A service that holds or is in maintenance is ready, too.",
  security: [],
  responses: { 200: text("They are."), 503: text("Not yet, or not any more.") },
});

export function probeRoutes({ gateway }: RouteDeps): Routes {
  return newRoutes()
    .openapi(livez, (c) => c.text("ok\n", 200))
    .openapi(readyz, (c) =>
      gateway.status().listening.length > 0
        ? c.text("ok\n", 200)
        : c.text("not ready: no public address is listened on\n", 503),
    );
}
