import { createRoute, z } from "@hono/zod-openapi";
import { GatewayError } from "../../lib/gateway-error.ts";
import { EventFeed } from "../event-feed.ts";
import { eventMessage } from "../schemas/answer-schemas.ts";
import { noQuery } from "../schemas/request-schemas.ts";
import { newRoutes, orProblem, type RouteDeps, type Routes } from "./route-parts.ts";

const getEvents = createRoute({
  method: "get",
  path: "/admin/events",
  summary: "Server-sent events of all that happens.",
  description:
    "Each message's `data` is an EventMessage in JSON. With Last-Event-ID the stream goes on after that event; a message of the type `missed` says that some in between are no longer known. Of what may come hundreds of times a second (wave, tunnel_moved, tunnel_given_up) the newest 1000 are kept, and the newest 1000 of the rest. A listener that falls behind misses some of the former, and is dropped when more than 1000 messages wait for it.",
  request: {
    query: noQuery,
    headers: z.object({
      "Last-Event-ID": z.string().optional().describe("The last event that was seen; 0: all that are kept."),
    }),
  },
  responses: {
    200: { description: "The stream.", content: { "text/event-stream": { schema: eventMessage } } },
    default: orProblem,
  },
});

export function eventRoutes({ control, clock }: RouteDeps): Routes {
  return newRoutes().openapi(getEvents, (c) => {
    const feed = new EventFeed({
      events: control.events,
      clock,
      lastEventId: parseEventId(c.req.header("last-event-id")),
      drop: () => void c.env.outgoing?.destroy(),
    });
    // X-Accel-Buffering: nginx would otherwise collect the events before it passes them on.
    return c.body(feed.stream(), 200, { "Content-Type": "text/event-stream", "X-Accel-Buffering": "no" });
  });
}

function parseEventId(header: string | undefined): number | undefined {
  // An EventSource that has seen no id yet sends none, or an empty one.
  if (header === undefined || header === "") return undefined;
  if (/^\d{1,15}$/.test(header)) return Number(header);
  throw new GatewayError("bad_request", `Last-Event-ID: expected the id of an event; found ${header}`);
}
