// The paths below /admin/services need the service's name even when there is only one.

import { GatewayError } from "../lib/gateway-error.ts";
import type { AdminClient } from "../client/admin-client.ts";
import { isStatusAnswer } from "../client/answer-guards.ts";

/** The name that was given, else that of the only service. */
export async function findService(client: AdminClient, given: string | undefined): Promise<string> {
  if (given !== undefined) return given;
  const { services } = await client.call({ method: "GET", path: "/admin/status" }, isStatusAnswer);
  const [first, ...others] = services.map(({ name }) => name);
  if (first !== undefined && others.length === 0) return first;
  const message = `configured are ${[first, ...others].join(", ")}: name one with --service`;
  throw new GatewayError("service_required", message);
}

/** `/admin/services/chat/upstreams/green` */
export function servicePath(service: string, ...rest: string[]): string {
  return `/admin/services/${[service, ...rest].map(encodeURIComponent).join("/")}`;
}
