// The version that the gateway has read from the health path of an upstream.

import type { Check } from "../plan/check.ts";
import type { CheckContext } from "./check-context.ts";
import { bad, type CheckResult, GOOD } from "./check-result.ts";

type VersionCheck = Extract<Check, { kind: "version" }>;

export async function checkVersion(check: VersionCheck, { world }: CheckContext): Promise<CheckResult> {
  const { slots, upstreams } = await world.gateway.status(world.signal);
  const name = check.upstream ?? slots.active;
  const upstream = upstreams.find((each) => each.name === name);
  if (!upstream) return bad(`the gateway has no upstream ${name}`);
  const { version, state, reason } = upstream.health;
  if (version === check.version && state === "healthy") return GOOD;
  if (version === check.version) return bad(`upstream ${name} is ${state}${reason ? `: ${reason}` : ""}`);
  if (version !== null) return bad(`upstream ${name} is of version ${version} instead of ${check.version}`);
  const why =
    reason ?? "its health path told none; does health.version of the gateway's config name the field?";
  return bad(`the version of upstream ${name} is not known: ${why}`);
}
