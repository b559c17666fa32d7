// The admin API as one application. It knows no sockets: each request says over what it came.

import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { methodNotAllowed } from "hono/method-not-allowed";
import { GatewayError } from "../lib/gateway-error.ts";
import type { AdminEnv } from "./admin-env.ts";
import type { AdminDeps } from "./admin-ports.ts";
import { auditRefusals } from "./middleware/audit-refusals.ts";
import { authenticate } from "./middleware/authenticate.ts";
import { endWithToken } from "./middleware/end-with-token.ts";
import { guardHost } from "./middleware/guard-host.ts";
import { guardOrigin } from "./middleware/guard-origin.ts";
import { readJsonBody } from "./middleware/read-json-body.ts";
import { refuseEndedToken } from "./middleware/refuse-ended-token.ts";
import { onError, problemAnswer } from "./problem.ts";
import { ProcessVitals } from "./process-vitals.ts";
import { RefusalAudit } from "./refusal-audit.ts";
import { announcementRoutes } from "./routes/announcement-routes.ts";
import { auditRoutes } from "./routes/audit-routes.ts";
import { canaryRoutes } from "./routes/canary-routes.ts";
import { bypassRoutes } from "./routes/bypass-routes.ts";
import { candidateRoutes } from "./routes/candidate-routes.ts";
import { cutoverRoutes } from "./routes/cutover-routes.ts";
import { eventRoutes } from "./routes/event-routes.ts";
import { holdRoutes } from "./routes/hold-routes.ts";
import { homeRoutes } from "./routes/home-routes.ts";
import { maintenanceRoutes } from "./routes/maintenance-routes.ts";
import { metricsRoutes } from "./routes/metrics-routes.ts";
import { openApiRoutes } from "./routes/openapi-routes.ts";
import { probeRoutes } from "./routes/probe-routes.ts";
import { newRoutes, type Routes } from "./routes/route-parts.ts";
import { runnerRoutes } from "./routes/runner-routes.ts";
import { statusRoutes } from "./routes/status-routes.ts";
import { tokenRoutes } from "./routes/token-routes.ts";
import { upgradeRoutes } from "./routes/upgrade-routes.ts";
import { upstreamRoutes } from "./routes/upstream-routes.ts";
import { whoamiRoutes } from "./routes/whoami-routes.ts";
import { webhookRoutes } from "./routes/webhook-routes.ts";
import { Writer } from "./writer.ts";

const NOUNS = [
  homeRoutes,
  whoamiRoutes,
  statusRoutes,
  maintenanceRoutes,
  holdRoutes,
  upstreamRoutes,
  candidateRoutes,
  canaryRoutes,
  cutoverRoutes,
  announcementRoutes,
  webhookRoutes,
  bypassRoutes,
  upgradeRoutes,
  runnerRoutes,
  eventRoutes,
  auditRoutes,
  tokenRoutes,
  metricsRoutes,
  probeRoutes,
];

/** `app.fetch(request, bindings)` answers one request; see AdminBindings. */
export function createAdminApp(deps: AdminDeps): Routes {
  const app = newRoutes();
  app.onError(onError(deps.log));
  app.notFound(answerNotFound);
  app.use(
    noStore(),
    auditRefusals(new RefusalAudit(deps)),
    guardHost(() => deps.control.settings.admin),
    guardOrigin(),
    authenticate(deps),
    endWithToken(deps.clock),
    methodNotAllowed({ app, onMethodNotAllowed: answerMethodNotAllowed }),
    readJsonBody(),
    refuseEndedToken(deps.clock),
  );
  const routeDeps = { ...deps, writer: new Writer(deps), vitals: new ProcessVitals(deps.clock) };
  for (const routes of NOUNS) app.route("/", routes(routeDeps));
  app.route("/", openApiRoutes(app, deps));
  return app;
}

/** What is true of the gateway now is not true a moment later; the console's files are, and say so themselves. */
function noStore() {
  return createMiddleware<AdminEnv>(async function forbidStoring(c, next) {
    await next();
    if (!c.res.headers.has("Cache-Control")) c.header("Cache-Control", "no-store");
  });
}

function answerNotFound(c: Context): Response {
  const detail = `${c.req.path} does not exist here; GET /admin/openapi.json lists what does`;
  return problemAnswer(new GatewayError("not_found", detail));
}

function answerMethodNotAllowed(c: Context, methods: string[]): Response {
  const allow = methods.join(", ");
  const detail = `${c.req.path} takes ${allow}, not ${c.req.method}`;
  return problemAnswer(new GatewayError("method_not_allowed", detail), { Allow: allow });
}
