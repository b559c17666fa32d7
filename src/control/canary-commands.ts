// Which share of the clients goes to the candidate before it is active. Every change of the slots ends it
// (slot-commands.ts): a share was meant for the candidate of then.

import { changed, refuse, unchanged } from "./decision.ts";
import type { ServiceDecision, ServiceView } from "./decision.ts";

export type CanaryCommand =
  /** `percent`: 0 to 100, whole. */
  | { type: "set_canary"; at: number; service: string; percent: number }
  | { type: "clear_canary"; at: number; service: string };

export function decideCanary(view: ServiceView, command: CanaryCommand): ServiceDecision {
  return command.type === "set_canary" ? setCanary(view, command) : endCanary(view);
}

/** No canary, and an event if there was one. */
export function endCanary(view: ServiceView): ServiceDecision {
  const { canary } = view.state;
  if (canary === null) return unchanged(view);
  return changed(view, { canary: null }, "canary_changed", { percent: null, before: canary.percent });
}

function setCanary(
  view: ServiceView,
  { at, percent }: Extract<CanaryCommand, { type: "set_canary" }>,
): ServiceDecision {
  const { canary, slots } = view.state;
  if (!Number.isInteger(percent) || percent < 0 || percent > 100) {
    return refuse(
      "bad_request",
      `found a canary of ${percent} percent, expected a whole number from 0 to 100`,
    );
  }
  if (slots.candidate === null) {
    const remedy = "set one first";
    return refuse(
      "no_candidate",
      `service ${view.settings.name} has no candidate to send clients to; ${remedy}`,
    );
  }
  if (canary?.percent === percent) return unchanged(view);
  const next = { percent, since: canary?.since ?? at };
  const data = { percent, before: canary?.percent ?? null, candidate: slots.candidate };
  return changed(view, { canary: next }, "canary_changed", data);
}
