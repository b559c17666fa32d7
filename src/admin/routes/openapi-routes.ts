import { newRoutes, type RouteDeps, type Routes } from "./route-parts.ts";

/** The document of all routes that `app` has by the time it is first asked for. */
export function openApiRoutes(app: Routes, { version }: Pick<RouteDeps, "version">): Routes {
  app.openAPIRegistry.registerComponent("securitySchemes", "token", { type: "http", scheme: "bearer" });
  let document: object | undefined;
  const routes = newRoutes();
  routes.get("/admin/openapi.json", (c) => {
    document ??= app.getOpenAPI31Document({
      openapi: "3.1.0",
      info: { title: "Holdgate admin API", version },
      security: [{ token: [] }],
    });
    return c.json(document);
  });
  return routes;
}
