// Tokens: made, listed, revoked. No Idempotency-Key is taken, because the answer that would have to be kept has a
// secret in it; names are unique, so a repeated call makes no second token.

import { createRoute } from "@hono/zod-openapi";
import { recordAction } from "../action-audit.ts";
import { requireOperate } from "../require-operate.ts";
import { noQuery } from "../schemas/request-schemas.ts";
import {
  newTokenAnswer,
  tokenAnswer,
  tokenBody,
  tokenParams,
  tokensAnswer,
} from "../schemas/token-schemas.ts";
import { answers, jsonBody, newRoutes, type RouteDeps, type Routes } from "./route-parts.ts";

const create = createRoute({
  method: "post",
  path: "/admin/tokens",
  summary: "Make a token; its text is in this answer only.",
  request: { query: noQuery, body: jsonBody(tokenBody) },
  responses: answers(newTokenAnswer, "It can be used."),
});

const list = createRoute({
  method: "get",
  path: "/admin/tokens",
  summary: "The tokens by name, without their text. Needs the scope operate.",
  request: { query: noQuery },
  responses: answers(tokensAnswer, "The tokens, the oldest first; those that have expired, too."),
});

const revoke = createRoute({
  method: "delete",
  path: "/admin/tokens/{name}",
  summary: "Revoke a token; streams that are open with it end.",
  description: "The last token of the scope operate can be revoked over the unix socket only.",
  request: { params: tokenParams, query: noQuery },
  responses: answers(tokenAnswer, "It opens nothing any more."),
});

export function tokenRoutes(deps: RouteDeps): Routes {
  const { tokens, clock } = deps;
  return newRoutes()
    .openapi(create, async (c) => {
      const { name, scope, expires = null } = c.req.valid("json");
      const expiresAt = expires === null ? null : clock.wall() + expires;
      const { token, description } = await tokens.create({ name, scope, expiresAt });
      const parameters = { name, scope, expiresAt: description.expiresAt };
      await recordAction(deps, c, { action: "create_token", service: null, parameters });
      return c.json({ ...description, token }, 200);
    })
    .openapi(list, (c) => {
      requireOperate(c.get("principal"), "the list of tokens");
      return c.json({ tokens: tokens.list() }, 200);
    })
    .openapi(revoke, async (c) => {
      const { name } = c.req.valid("param");
      const revoked = await tokens.revoke(name, c.env.transport === "socket");
      await recordAction(deps, c, { action: "revoke_token", service: null, parameters: { name } });
      return c.json(revoked, 200);
    });
}
