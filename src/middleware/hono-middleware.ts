// The gate for Hono on @hono/node-server, whose bindings give it the request and the response of node:http.

import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import type { MiddlewareHandler } from "hono";
import type { Admitted } from "./admitted.ts";
import type { Gate } from "./gate.ts";

/** For `new Hono<HoldgateEnv>()`. */
export interface HoldgateEnv {
  Bindings: HttpBindings;
  Variables: {
    /** Undefined where no service is responsible. */
    holdgate: Admitted | undefined;
  };
}

export function honoMiddleware(gate: Gate): MiddlewareHandler<HoldgateEnv> {
  return async function holdgate(c, next): Promise<Response | undefined> {
    const { incoming, outgoing } = c.env;
    const { promise, resolve } = Promise.withResolvers<Admitted | "foreign" | "over">();
    outgoing.once("close", () => resolve("over"));
    gate.admit(incoming, outgoing, { onAdmitted: resolve, onForeign: () => resolve("foreign") });
    const admission = await promise;
    if (admission === "over") return RESPONSE_ALREADY_SENT;
    if (admission !== "foreign") c.set("holdgate", admission);
    await next();
    // What the handler threw, fetch for example: Hono has made its own answer of it by now.
    if (c.error) gate.fail(incoming, c.error);
    if (outgoing.headersSent) {
      // Or Hono would make a response of both.
      c.res = undefined;
      c.res = RESPONSE_ALREADY_SENT;
    }
    return undefined;
  };
}
