// The console, for browsers, and for everything else a line on what listens here. Its files need no token, because they
// say nothing of the gateway's state; all that they show, they ask the API for.

import type { AdminContext } from "../admin-env.ts";
import { type ConsoleFile, loadConsoleFiles } from "../console-files.ts";
import { newRoutes, type RouteDeps, type Routes } from "./route-parts.ts";

/**
 * Whatever got into the page could run nothing and tell nobody: scripts come from this listener only, and strings are
 * never made into markup. `form-action`: a form that is not taken over by its script must not send the token anywhere.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
].join("; ");

const SAFETY_HEADERS = {
  "Content-Security-Policy": CONTENT_SECURITY_POLICY,
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
};

export function homeRoutes({ version }: Pick<RouteDeps, "version">): Routes {
  const { page, parts } = loadConsoleFiles();
  const text = forShells(version);
  const routes = newRoutes();
  routes.get("/", (c) => {
    c.header("Vary", "Accept");
    if (!c.req.header("accept")?.includes("text/html")) return c.text(text);
    return send(c, c.env.transport === "socket" ? page.withoutToken : page.withToken);
  });
  routes.get("/console/:part", (c) => {
    const part = parts.get(c.req.param("part"));
    return part ? send(c, part) : c.notFound();
  });
  return routes;
}

/** Asked for again each time and mostly answered by 304, so that an upgraded gateway never meets old scripts. */
function send(c: AdminContext, { body, gzipped, contentType, etag }: ConsoleFile): Response {
  const headers = { ...SAFETY_HEADERS, ETag: etag, "Cache-Control": "no-cache" };
  c.header("Vary", "Accept-Encoding", { append: true });
  if (c.req.header("if-none-match") === etag) return c.body(null, 304, headers);
  if (!/\bgzip\b/.test(c.req.header("accept-encoding") ?? "")) {
    return c.body(body, 200, { ...headers, "Content-Type": contentType });
  }
  return c.body(gzipped(), 200, { ...headers, "Content-Type": contentType, "Content-Encoding": "gzip" });
}

function forShells(version: string): string {
  return `Holdgate ${version}: the admin interface. In a browser this is the console.

  GET /admin/status         what is going on
  GET /admin/openapi.json   all calls, as OpenAPI 3.1
  GET /metrics              for Prometheus
  GET /livez, /readyz       for orchestrators

Over TCP a call needs \`Authorization: Bearer <token>\`; the first token is in admin.token in the dataDir.
The same from a shell: holdgate --help
`;
}
