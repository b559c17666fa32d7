// Everything that can be done to the state, and the one pure function that decides on it. A command
// carries each outside fact it needs (the time, the health of an upstream), so that the same command on
// the same state always comes to the same decision.

import type { Settings } from "../config/settings.ts";
import { decideCanary } from "./canary-commands.ts";
import type { CanaryCommand } from "./canary-commands.ts";
import type { Decision, ServiceDecision, ServiceView } from "./decision.ts";
import { decideAnnouncement } from "./announcement-commands.ts";
import type { AnnouncementCommand } from "./announcement-commands.ts";
import { decideMode } from "./mode-commands.ts";
import type { ModeCommand } from "./mode-commands.ts";
import { reconfigure } from "./reconfigure.ts";
import type { Reconfigure } from "./reconfigure.ts";
import { findService } from "./resolve-service.ts";
import { decideSlots } from "./slot-commands.ts";
import type { SlotCommand } from "./slot-commands.ts";
import { initialServiceState } from "./state.ts";
import type { State } from "./state.ts";
import { decideUpstream } from "./upstream-commands.ts";
import type { UpstreamCommand } from "./upstream-commands.ts";
import { decideWindow, handOver } from "./window-commands.ts";
import type { WindowCommand } from "./window-commands.ts";

export type ServiceCommand =
  | ModeCommand
  | WindowCommand
  | AnnouncementCommand
  | UpstreamCommand
  | SlotCommand
  | CanaryCommand;

/** `at` is in milliseconds since 1970. */
export type Command = ServiceCommand | Reconfigure;

/** A command as its caller makes it; control says when. */
export type CommandInput = Command extends infer Each
  ? Each extends Command
    ? Omit<Each, "at">
    : never
  : never;

/** `settings` are those in force; a `reconfigure` brings the new ones itself. */
export function decide(state: State, command: Command, settings: Settings): Decision {
  if (command.type === "reconfigure") {
    return { ok: true, ...reconfigure(state, settings, command.settings) };
  }
  const service = findService(settings, command.service);
  if ("ok" in service) return service;
  // A service without a state is one that the settings have just brought; it starts with its defaults.
  const own = Object.hasOwn(state.services, service.name) ? state.services[service.name] : undefined;
  const view = { state: own ?? initialServiceState(service), settings: service };
  return replaceService(state, view, decideService(view, command));
}

function decideService(view: ServiceView, command: ServiceCommand): ServiceDecision {
  switch (command.type) {
    case "maintenance_on":
    case "maintenance_off":
    case "hold":
    case "release":
    case "lease_ended":
      return handOver(view, decideMode(view, command), command.type);
    case "schedule_window":
    case "cancel_window":
    case "keep_schedule":
      return decideWindow(view, command);
    case "announce":
    case "withdraw_announcement":
      return decideAnnouncement(view, command);
    case "put_upstream":
    case "delete_upstream":
      return decideUpstream(view, command);
    case "set_candidate":
    case "clear_candidate":
    case "cutover":
    case "rollback":
      return decideSlots(view, command);
    case "set_canary":
    case "clear_canary":
      return decideCanary(view, command);
  }
}

function replaceService(state: State, view: ServiceView, decision: ServiceDecision): Decision {
  if (!decision.ok) return decision;
  if (decision.state === view.state) return { ok: true, state, events: [] };
  const services = { ...state.services, [view.settings.name]: decision.state };
  return { ok: true, state: { ...state, version: state.version + 1, services }, events: decision.events };
}
