// A web page of another site has no business here, whatever the method. Browsers say where a request
// comes from; other clients send neither header.

import { createMiddleware } from "hono/factory";
import { GatewayError } from "../../lib/gateway-error.ts";
import type { AdminEnv } from "../admin-env.ts";

export function guardOrigin() {
  return createMiddleware<AdminEnv>(async function checkOrigin(c, next) {
    const origin = c.req.header("origin");
    if (origin !== undefined && !isOwn(origin, c.req.header("host"))) {
      throw new GatewayError("forbidden", `pages of ${JSON.stringify(origin)} may not use this interface`);
    }
    if (c.req.header("sec-fetch-site") === "cross-site") {
      throw new GatewayError("forbidden", "pages of other sites may not use this interface");
    }
    await next();
  });
}

// The Host has been checked. https as well, because a proxy that adds TLS may stand in front.
function isOwn(origin: string, host: string | undefined): boolean {
  return host !== undefined && [`http://${host}`, `https://${host}`].includes(origin.toLowerCase());
}
