// Where new work goes. The slots are independent of the mode: a cutover during a hold is the normal case.
//
//            set_candidate           cutover                      cutover, rollback
//   (known) ───────────────▶ candidate ─────▶ active ◀─────────────────────────────────▶ previous
//           ◀───────────────
//            clear_candidate          An upstream is in one slot at most. To prepare the previous one
//                                     anew takes it out of `previous`: it is not what ran before any
//                                     more, so there is no way back to it but another cutover.

import { endCanary } from "./canary-commands.ts";
import { changed, refuse, unchanged } from "./decision.ts";
import type { Refusal, ServiceDecision, ServiceView } from "./decision.ts";
import { knownUpstreams } from "./state.ts";

export type SlotCommand =
  | SetCandidate
  | { type: "clear_candidate"; at: number; service: string }
  | Cutover
  | Rollback;

export interface SetCandidate {
  type: "set_candidate";
  at: number;
  service: string;
  upstream: string;
}

export interface Cutover {
  type: "cutover";
  at: number;
  service: string;
  /** Any known upstream; left out: the candidate. */
  to?: string | undefined;
  /** Cut over although the target is not healthy. */
  force: boolean;
  /** Of the upstream that is to become active, be it the candidate or `to`. */
  candidateHealthy: boolean;
}

export interface Rollback {
  type: "rollback";
  at: number;
  service: string;
  force: boolean;
  previousHealthy: boolean;
}

export function decideSlots(view: ServiceView, command: SlotCommand): ServiceDecision {
  const decision = decideSlot(view, command);
  if (!decision.ok || decision.state === view.state) return decision;
  const ended = endCanary({ ...view, state: decision.state });
  return ended.ok ? { ...ended, events: [...decision.events, ...ended.events] } : ended;
}

function decideSlot(view: ServiceView, command: SlotCommand): ServiceDecision {
  switch (command.type) {
    case "set_candidate":
      return setCandidate(view, command);
    case "clear_candidate":
      return clearCandidate(view);
    case "cutover":
      return cutover(view, command);
    case "rollback":
      return rollback(view, command);
  }
}

function setCandidate(view: ServiceView, { upstream }: SetCandidate): ServiceDecision {
  const { slots } = view.state;
  const refusal = refuseTarget(view, upstream);
  if (refusal) return refusal;
  if (slots.candidate === upstream) return unchanged(view);
  const previous = slots.previous === upstream ? null : slots.previous;
  const data = { upstream, before: slots.candidate };
  return changed(view, { slots: { ...slots, candidate: upstream, previous } }, "candidate_set", data);
}

function clearCandidate(view: ServiceView): ServiceDecision {
  const { slots } = view.state;
  if (slots.candidate === null) return unchanged(view);
  const data = { upstream: slots.candidate };
  return changed(view, { slots: { ...slots, candidate: null } }, "candidate_cleared", data);
}

function cutover(view: ServiceView, command: Cutover): ServiceDecision {
  const { slots } = view.state;
  const to = command.to ?? slots.candidate;
  if (to === null) {
    const remedy = "set one, or name the upstream to cut over to";
    return refuse("no_candidate", `service ${view.settings.name} has no candidate; ${remedy}`);
  }
  const refusal =
    refuseTarget(view, to) ?? refuseUnhealthy(to, "cutover", command.candidateHealthy || command.force);
  if (refusal) return refusal;
  const next = { active: to, candidate: null, previous: slots.active };
  return changed(view, { slots: next }, "cutover", { from: slots.active, to, forced: command.force });
}

function rollback(view: ServiceView, command: Rollback): ServiceDecision {
  const { slots } = view.state;
  const to = slots.previous;
  if (to === null) {
    return refuse("no_previous", `service ${view.settings.name} has no previous upstream to go back to`);
  }
  const refusal = refuseUnhealthy(to, "rollback", command.previousHealthy || command.force);
  if (refusal) return refusal;
  const next = { ...slots, active: to, previous: slots.active };
  return changed(view, { slots: next }, "rollback", { from: slots.active, to, forced: command.force });
}

function refuseTarget({ state, settings }: ServiceView, upstream: string): Refusal | undefined {
  const known = knownUpstreams(state, settings);
  if (!Object.hasOwn(known, upstream)) {
    const names = Object.keys(known).join(", ");
    return refuse(
      "unknown_upstream",
      `service ${settings.name} has no upstream ${upstream}; there are: ${names}`,
    );
  }
  if (state.slots.active !== upstream) return undefined;
  return refuse(
    "already_active",
    `upstream ${upstream} is the active one of service ${settings.name} already`,
  );
}

function refuseUnhealthy(upstream: string, what: string, allowed: boolean): Refusal | undefined {
  if (allowed) return undefined;
  const remedy = "wait until its health checks pass, or use force";
  return refuse("not_healthy", `${what} refused: upstream ${upstream} is not healthy; ${remedy}`);
}
