// Against DNS rebinding: a web page makes its own name resolve to 127.0.0.1 and then speaks to us with
// the browser's blessing. The browser still sends that name as Host, and no such name passes here.

import { hostname } from "node:os";
import { isIP } from "node:net";
import { createMiddleware } from "hono/factory";
import type { Settings, SocketAddress } from "../../config/settings.ts";
import { GatewayError } from "../../lib/gateway-error.ts";
import type { AdminEnv } from "../admin-env.ts";
import { hostWithoutPort, isLoopbackHost } from "../loopback.ts";

/**
 * On TCP the Host must be a loopback name or address, or what `admin.listen` says. With
 * `admin.allowRemote` also: any IP address, any name without a dot (a container's service name), and the
 * machine's own name. None of these can be registered by a stranger in public DNS.
 */
export function guardHost(settings: () => Settings["admin"]) {
  return createMiddleware<AdminEnv>(async function checkHost(c, next) {
    if (c.env.transport === "tcp") refuseForeignHost(c.req.header("host"), settings());
    await next();
  });
}

function refuseForeignHost(header: string | undefined, { listen, allowRemote }: Settings["admin"]): void {
  const host = header === undefined ? undefined : hostWithoutPort(header);
  if (host !== undefined && isOurs(host, listen, allowRemote)) return;
  const found = header === undefined ? "no Host" : `the Host ${JSON.stringify(header)}`;
  throw new GatewayError(
    "forbidden",
    `the request came with ${found}, which is not this interface's; address it as localhost or as admin.listen says`,
  );
}

function isOurs(host: string, listen: SocketAddress, allowRemote: boolean): boolean {
  if (isLoopbackHost(host)) return true;
  if ("host" in listen && host === hostWithoutPort(listen.host)) return true;
  return allowRemote && (isIP(host) !== 0 || !host.includes(".") || host === hostname().toLowerCase());
}
