// Upgrades: the gateway passes orders on to runners, and keeps what they tell.

import { createRoute, type z } from "@hono/zod-openapi";
import type { RunnerOrder } from "../../control/runner-order.ts";
import { resolveService } from "../../control/resolve-service.ts";
import type { UpgradeReport } from "../../control/upgrade-report.ts";
import { GatewayError } from "../../lib/gateway-error.ts";
import type { AdminContext } from "../admin-env.ts";
import type { UpgradeAccepted } from "../api-types.ts";
import { Orderer, type OrderRecord } from "../orderer.ts";
import { readPlanHeading } from "../read-plan-heading.ts";
import { noQuery, writeHeaders } from "../schemas/request-schemas.ts";
import {
  acceptedAnswer,
  approveBody,
  reportedAnswer,
  runParams,
  submitBody,
  upgradeReport,
  upgradesAnswer,
} from "../schemas/upgrade-schemas.ts";
import { accepts, answers, jsonBody, newRoutes, type RouteDeps, type Routes } from "./route-parts.ts";

const submit = createRoute({
  method: "post",
  path: "/admin/upgrades",
  summary: "Hand a plan to a runner.",
  request: { query: noQuery, headers: writeHeaders, body: jsonBody(submitBody) },
  responses: accepts(acceptedAnswer, "A runner has it; GET /admin/upgrades/{id} says how it goes."),
});

const list = createRoute({
  method: "get",
  path: "/admin/upgrades",
  summary: "The runs that runners have told of, the newest first.",
  request: { query: noQuery },
  responses: answers(upgradesAnswer, "The runs."),
});

const show = createRoute({
  method: "get",
  path: "/admin/upgrades/{id}",
  summary: "One run.",
  request: { params: runParams, query: noQuery },
  responses: answers(upgradeReport, "The run, as its runner has told last."),
});

function orderRoute<const Path extends string>(path: Path, summary: string) {
  return createRoute({
    method: "post",
    path,
    summary,
    request: { params: runParams, query: noQuery, headers: writeHeaders },
    responses: accepts(acceptedAnswer, "A runner has been told."),
  });
}

const cancel = orderRoute("/admin/upgrades/{id}/cancel", "Stop a run; what it did is rolled back.");
const resume = orderRoute("/admin/upgrades/{id}/resume", "Go on with a run that was paused or broke off.");
const rollback = orderRoute(
  "/admin/upgrades/{id}/rollback",
  "Undo a run that is paused, broke off or was kept.",
);

const approve = createRoute({
  method: "post",
  path: "/admin/upgrades/{id}/approve",
  summary: "Answer a run that waits for somebody's decision.",
  request: { params: runParams, query: noQuery, headers: writeHeaders, body: jsonBody(approveBody) },
  responses: accepts(acceptedAnswer, "A runner has been told."),
});

const report = createRoute({
  method: "put",
  path: "/admin/upgrades/{id}/report",
  summary: "For runners: how a run goes.",
  request: { params: runParams, query: noQuery, body: jsonBody(upgradeReport) },
  responses: answers(reportedAnswer, "It is known."),
});

export function upgradeRoutes(deps: RouteDeps): Routes {
  const { upgrades } = deps;
  const orderer = new Orderer<UpgradeReport>(deps);
  const toRun = async (c: AdminContext, order: Exclude<RunnerOrder, { plan: string }>) =>
    accepted(
      await orderer.place(c, {
        place: () => upgrades.order(order),
        record: (run) => orderRecord(order, run),
      }),
    );
  return newRoutes()
    .openapi(submit, async (c) => c.json(await submitPlan(c, c.req.valid("json"), deps, orderer), 202))
    .openapi(list, (c) => c.json({ upgrades: upgrades.list() }, 200))
    .openapi(show, (c) => c.json(upgrades.find(c.req.valid("param").id), 200))
    .openapi(cancel, async (c) => c.json(await toRun(c, { order: "cancel", ...c.req.valid("param") }), 202))
    .openapi(resume, async (c) => c.json(await toRun(c, { order: "resume", ...c.req.valid("param") }), 202))
    .openapi(rollback, async (c) =>
      c.json(await toRun(c, { order: "rollback", ...c.req.valid("param") }), 202),
    )
    .openapi(approve, async (c) => {
      const order = { order: "approve", ...c.req.valid("param"), ...c.req.valid("json") } as const;
      return c.json(await toRun(c, order), 202);
    })
    .openapi(report, (c) => {
      const { id } = c.req.valid("param");
      const told = c.req.valid("json");
      if (told.id !== id)
        throw new GatewayError("bad_request", `the report of ${told.id} was sent for ${id}`);
      upgrades.report(told);
      return c.json({ id }, 200);
    });
}

function submitPlan(
  c: AdminContext,
  { plan, vars = {}, dryRun = false }: z.output<typeof submitBody>,
  { control, upgrades }: RouteDeps,
  orderer: Orderer<UpgradeReport>,
): Promise<UpgradeAccepted> {
  const heading = readPlanHeading(plan);
  // A service that only the runner can tell, by a variable, is the runner's to look for and to lock.
  const service = resolveService(control.settings, heading.service ?? undefined).name;
  const name = heading.name ?? service;
  const placed = orderer.place(c, {
    place: () => upgrades.submit({ name, service, plan, vars, dryRun }),
    record: ({ id }) => ({
      action: dryRun ? "upgrade_dry_run" : "upgrade_run",
      service,
      parameters: { id, name, vars: Object.keys(vars) },
    }),
  });
  return placed.then(accepted);
}

function accepted(run: UpgradeReport): UpgradeAccepted {
  return { id: run.id, report: run };
}

function orderRecord(order: Exclude<RunnerOrder, { plan: string }>, { service }: UpgradeReport): OrderRecord {
  const { order: what, ...parameters } = order;
  return { action: `upgrade_${what}`, service, parameters };
}
