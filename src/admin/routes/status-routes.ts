import { createRoute } from "@hono/zod-openapi";
import type { ServiceOverview, ServiceStatus, UpgradeReport, UpgradeSummary } from "../api-types.ts";
import { statusAnswer } from "../schemas/answer-schemas.ts";
import { noQuery } from "../schemas/request-schemas.ts";
import { windowStatusOf } from "../window-status.ts";
import { answers, newRoutes, type RouteDeps, type Routes } from "./route-parts.ts";

const getStatus = createRoute({
  method: "get",
  path: "/admin/status",
  summary: "Everything: services, modes, slots, health, what is in flight and held.",
  request: { query: noQuery },
  responses: answers(statusAnswer, "The status now."),
});

export function statusRoutes(deps: RouteDeps): Routes {
  const { gateway, control, version, upgrades, webhooks, reloads, vitals } = deps;
  const startedAt = deps.clock.wall();
  return newRoutes().openapi(getStatus, (c) => {
    const stateVersion = control.state.version;
    c.header("ETag", `"${stateVersion}"`);
    const { services, ...status } = gateway.status();
    const own = {
      holdgate: version,
      stateVersion,
      startedAt,
      runners: upgrades.runners,
      webhooks: webhooks.status(),
      config: reloads.status,
      process: vitals.read(),
    };
    return c.json({ ...own, ...status, services: services.map((service) => overview(service, deps)) }, 200);
  });
}

function overview(service: ServiceStatus, { upgrades, control }: RouteDeps): ServiceOverview {
  const report = upgrades.current(service.name);
  const own = control.state.services[service.name];
  return {
    ...service,
    upgrade: report && summaryOf(report),
    announcement: own?.announcement ?? null,
    window: windowStatusOf(own?.window),
  };
}

function summaryOf({ steps: _steps, ...summary }: UpgradeReport): UpgradeSummary {
  return summary;
}
