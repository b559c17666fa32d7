import { createRoute } from "@hono/zod-openapi";
import { whoamiAnswer } from "../schemas/answer-schemas.ts";
import { noQuery } from "../schemas/request-schemas.ts";
import { answers, newRoutes, type Routes } from "./route-parts.ts";

const whoami = createRoute({
  method: "get",
  path: "/admin/whoami",
  summary: "Who the caller is taken for, and what that one may do.",
  request: { query: noQuery },
  responses: answers(whoamiAnswer, "The name and the scope of the token."),
});

export function whoamiRoutes(): Routes {
  return newRoutes().openapi(whoami, (c) => {
    const { actor, scope } = c.get("principal");
    return c.json({ actor, scope }, 200);
  });
}
