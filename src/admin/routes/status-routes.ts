import { createRoute } from "@hono/zod-openapi";
import { statusAnswer } from "../schemas/answer-schemas.ts";
import { noQuery } from "../schemas/request-schemas.ts";
import { answers, newRoutes, type RouteDeps, type Routes } from "./route-parts.ts";

const getStatus = createRoute({
  method: "get",
  path: "/admin/status",
  summary: "Everything: services, modes, slots, health, what is in flight and held.",
  request: { query: noQuery },
  responses: answers(statusAnswer, "The status now."),
});

export function statusRoutes({ gateway, control, version }: RouteDeps): Routes {
  return newRoutes().openapi(getStatus, (c) => {
    const stateVersion = control.state.version;
    c.header("ETag", `"${stateVersion}"`);
    return c.json({ holdgate: version, stateVersion, ...gateway.status() }, 200);
  });
}
