import { newRoutes, type RouteDeps, type Routes } from "./route-parts.ts";

/** Tells who finds this port what it is; without a token, so it says nothing of the gateway's state. */
export function homeRoutes({ version }: Pick<RouteDeps, "version">): Routes {
  const text = `Holdgate ${version}: the admin interface.

  GET /admin/status         what is going on
  GET /admin/openapi.json   all calls, as OpenAPI 3.1
  GET /metrics              for Prometheus
  GET /livez, /readyz       for orchestrators

Over TCP a call needs \`Authorization: Bearer <token>\`; the first token is in admin.token in the dataDir.
The same from a shell: holdgate --help
`;
  const routes = newRoutes();
  routes.get("/", (c) => c.text(text));
  return routes;
}
