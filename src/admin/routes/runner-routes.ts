import { createRoute } from "@hono/zod-openapi";
import type { RunnerAccepts, RunnerOrder } from "../../control/runner-order.ts";
import { requireOperate } from "../require-operate.ts";
import { runnerOrder, runnerQuery } from "../schemas/upgrade-schemas.ts";
import { ServerSentStream } from "../server-sent-stream.ts";
import { newRoutes, orProblem, type RouteDeps, type Routes } from "./route-parts.ts";

const getOrders = createRoute({
  method: "get",
  path: "/admin/runner",
  summary: "For runners: server-sent events of what they are asked to do.",
  description:
    "Each message's `data` is a RunnerOrder in JSON. A plan comes to one runner only, and again to one that connects before anybody has reported its run. Needs the scope operate: plans may hold secrets.",
  request: { query: runnerQuery },
  responses: {
    200: { description: "The stream.", content: { "text/event-stream": { schema: runnerOrder } } },
    default: orProblem,
  },
});

export function runnerRoutes({ upgrades, clock }: RouteDeps): Routes {
  return newRoutes().openapi(getOrders, (c) => {
    requireOperate(c.get("principal"), "a runner");
    const stream: ServerSentStream = new ServerSentStream({
      clock,
      begin: () =>
        upgrades.connect(parseAccepts(c.req.valid("query").accepts), (order) => stream.add(toMessage(order))),
      drop: () => void c.env.outgoing?.destroy(),
    });
    return c.body(stream.readable(), 200, { "Content-Type": "text/event-stream", "X-Accel-Buffering": "no" });
  });
}

function parseAccepts(text: string): RunnerAccepts {
  return text === "plans" ? { kind: "plans" } : { kind: "run", id: text.slice("run:".length) };
}

function toMessage(order: RunnerOrder): string {
  return `data: ${JSON.stringify(order)}\n\n`;
}
