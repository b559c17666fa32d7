// What can only be seen by looking at several keys at once.

import { type ConfigOutline, outlineOf, outlinedServices } from "./outline.ts";
import { isLocalAddress } from "./parse-socket-address.ts";
import { type Problem, showValue, valueAt } from "./problem.ts";
import { protocolConflicts } from "./protocol-conflicts.ts";
import { webhookConflicts } from "./webhook-conflicts.ts";
import { routeConflicts } from "./route-conflicts.ts";

export function crossCheck(data: unknown): Problem[] {
  const outline = outlineOf(data);
  return [
    ...adminExposed(outline, data),
    ...activeUnknown(outline),
    ...protocolConflicts(outline),
    ...routeConflicts(outline),
    ...webhookConflicts(data),
  ];
}

function adminExposed({ admin: { listen, allowRemote } }: ConfigOutline, data: unknown): Problem[] {
  if (listen === null || allowRemote || isLocalAddress(listen)) return [];
  const path = ["admin", "listen"];
  const text =
    `found ${showValue(valueAt(data, path))}, which other machines can reach; ` +
    "expected a loopback address such as 127.0.0.1:9180, or admin.allowRemote: true beside it";
  return [{ path, text }];
}

function activeUnknown(outline: ConfigOutline): Problem[] {
  return outlinedServices(outline).flatMap(([name, { active, upstreams }]) => {
    if (active === null || upstreams === null || Object.hasOwn(upstreams, active)) return [];
    const text = `found ${showValue(active)}, expected one of the upstreams: ${Object.keys(upstreams).join(", ")}`;
    return [{ path: ["services", name, "active"], text }];
  });
}
