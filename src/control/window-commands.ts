// Windows of maintenance: planned, cancelled, and what happens of them by itself when its time has come. One for each
// service; a second is refused, because the first may be a colleague's.

import type { Mode } from "../gateway/snapshot.ts";
import { changed, refuse, unchanged } from "./decision.ts";
import type { Refusal, ServiceDecision, ServiceView, StateEvent, StateEventType } from "./decision.ts";
import { dueAt, isModeOf, momentsOf } from "./maintenance-window.ts";
import type { Due, MaintenanceWindow } from "./maintenance-window.ts";
import { enterMaintenance, fromConfig, open, refuseDuration } from "./mode-commands.ts";

export type WindowCommand =
  | ScheduleWindow
  | { type: "cancel_window"; at: number; service: string }
  | KeepSchedule;

export interface ScheduleWindow {
  type: "schedule_window";
  at: number;
  service: string;
  /** Null: now; a window that runs gets a new end by that. */
  startsAt: number | null;
  forMs: number;
  message: string | null;
  retryAfterMs: number | null;
}

/** The time of something has come. Control says it, and is not believed: `at` decides. */
export interface KeepSchedule {
  type: "keep_schedule";
  at: number;
  service: string;
  due: Due;
}

const FARTHEST_MS = 366 * 24 * 60 * 60 * 1000;

export function decideWindow(view: ServiceView, command: WindowCommand): ServiceDecision {
  switch (command.type) {
    case "schedule_window":
      return schedule(view, command);
    case "cancel_window":
      return cancel(view);
    case "keep_schedule":
      return keepSchedule(view, command);
  }
}

/** After a command about the mode: a window whose maintenance was changed into another mode, or end, is over. */
export function handOver(view: ServiceView, decision: ServiceDecision, cause: string): ServiceDecision {
  const { window } = view.state;
  if (!decision.ok || window?.phase !== "running" || isModeOf(window, decision.state.mode)) return decision;
  return withWindow(decision, null, [windowEvent(view, "window_cancelled", window, { cause })]);
}

function schedule(view: ServiceView, command: ScheduleWindow): ServiceDecision {
  const startsAt = command.startsAt ?? command.at;
  const { message, retryAfterMs } = command;
  const next: MaintenanceWindow = {
    startsAt,
    endsAt: startsAt + command.forMs,
    message,
    retryAfterMs,
    phase: "scheduled",
  };
  const refusal = refuseTimes(command) ?? refuseSecond(view.state.window, command, next);
  if (refusal) return refusal;
  if (command.startsAt === null) return startNow(view, command.at, next);
  if (view.state.window) return unchanged(view);
  return changed(view, { window: next }, "window_scheduled", facts(next));
}

function startNow(view: ServiceView, at: number, next: MaintenanceWindow): ServiceDecision {
  const { window: running, mode } = view.state;
  const window = running ? renewed(running, mode, next) : next;
  return withWindow(
    // What is not asked for stays as the mode has it, which may be another than was planned.
    start(view, at, next),
    { ...window, phase: "running" },
    [],
    [windowEvent(view, "window_scheduled", window)],
  );
}

function renewed(running: MaintenanceWindow, mode: Mode, next: MaintenanceWindow): MaintenanceWindow {
  const message = next.message ?? (mode.name === "maintenance" ? mode.message : running.message);
  const retryAfterMs = next.retryAfterMs ?? running.retryAfterMs;
  return { ...running, endsAt: next.endsAt, message, retryAfterMs };
}

function cancel(view: ServiceView): ServiceDecision {
  const { window } = view.state;
  if (!window) return unchanged(view);
  const event = windowEvent(view, "window_cancelled", window, { cause: "cancel_window" });
  const decision = window.phase === "running" ? open(view, { cause: "window_cancelled" }) : unchanged(view);
  return withWindow(decision, null, [event]);
}

function keepSchedule(view: ServiceView, { at, due }: KeepSchedule): ServiceDecision {
  const { window } = view.state;
  if (!dueAt(momentsOf(view.state, view.settings), at).includes(due)) return unchanged(view);
  if (due === "announcement_end") {
    return changed(view, { announcement: null }, "announcement_withdrawn", { cause: "over" });
  }
  if (!window) return unchanged(view);
  switch (due) {
    case "window_announce": {
      const announced: MaintenanceWindow = { ...window, phase: "announced" };
      return changed(view, { window: announced }, "window_announced", facts(window));
    }
    case "window_miss":
      return changed(view, { window: null }, "window_missed", {
        ...facts(window),
        cause: "gateway_was_down",
      });
    case "window_start":
      return startOnTime(view, at, window);
    case "window_end":
      return withWindow(open(view, { cause: "window_ended" }), null, []);
  }
}

/** A maintenance that an operator has begun meanwhile is theirs, and ends when they say so. */
function startOnTime(view: ServiceView, at: number, window: MaintenanceWindow): ServiceDecision {
  if (view.state.mode.name === "maintenance") {
    return changed(view, { window: null }, "window_missed", { ...facts(window), cause: "in_maintenance" });
  }
  return withWindow(start(view, at, window), { ...window, phase: "running" }, []);
}

function start(view: ServiceView, at: number, window: MaintenanceWindow): ServiceDecision {
  const { mode } = view.state;
  const was = mode.name === "maintenance" ? mode : fromConfig(view, at);
  const message = window.message ?? was.message;
  const retryAfterMs = window.retryAfterMs ?? was.retryAfterMs;
  const next = { ...was, message, retryAfterMs, expectedEnd: window.endsAt };
  return enterMaintenance(view, next, { cause: "window" });
}

function refuseTimes({ at, startsAt, forMs, retryAfterMs }: ScheduleWindow): Refusal | undefined {
  const refusal = refuseDuration("for", forMs) ?? refuseDuration("retryAfter", retryAfterMs ?? undefined);
  if (refusal || startsAt === null) return refusal;
  if (!(startsAt >= at)) return refuse("bad_request", `at is ${timeText(startsAt)}, which has passed`);
  if (startsAt <= at + FARTHEST_MS) return undefined;
  return refuse("bad_request", `at is ${timeText(startsAt)}; a window is planned at most a year ahead`);
}

function refuseSecond(
  window: MaintenanceWindow | null,
  command: ScheduleWindow,
  next: MaintenanceWindow,
): Refusal | undefined {
  const isRenewed = window?.phase === "running" && command.startsAt === null;
  if (!window || isRenewed || isSame(window, next)) return undefined;
  const planned = `${timeText(window.startsAt)} to ${timeText(window.endsAt)}`;
  return refuse("window_exists", `a window is planned already, ${planned}; cancel it first`);
}

function isSame(one: MaintenanceWindow, other: MaintenanceWindow): boolean {
  return (
    one.startsAt === other.startsAt &&
    one.endsAt === other.endsAt &&
    one.message === other.message &&
    one.retryAfterMs === other.retryAfterMs
  );
}

function withWindow(
  decision: ServiceDecision,
  window: MaintenanceWindow | null,
  after: StateEvent[],
  before: StateEvent[] = [],
): ServiceDecision {
  if (!decision.ok) return decision;
  const events = [...before, ...decision.events, ...after];
  return { ok: true, state: { ...decision.state, window }, events };
}

function windowEvent(
  view: ServiceView,
  type: StateEventType,
  window: MaintenanceWindow,
  data: Record<string, unknown> = {},
): StateEvent {
  return { type, service: view.settings.name, data: { ...facts(window), ...data } };
}

function facts({ startsAt, endsAt, message }: MaintenanceWindow): Record<string, unknown> {
  return { startsAt, endsAt, message };
}

function timeText(time: number): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? `${time}` : date.toISOString();
}
