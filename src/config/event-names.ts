// What happens in Holdgate, by name. Control tells of it in these words, and the config chooses among them; a test keeps
// the list complete.

/** Those that are chosen by a `*`. */
const EVENTS = [
  "maintenance_on",
  "maintenance_changed",
  "maintenance_off",
  "window_scheduled",
  "window_announced",
  "window_cancelled",
  "window_missed",
  "announced",
  "announcement_withdrawn",
  "hold_started",
  "hold_renewed",
  "hold_settled",
  "released",
  "release_started",
  "release_finished",
  "lease_ended",
  "automatic_hold_started",
  "automatic_hold_over_lease",
  "automatic_hold_ended",
  "upstream_put",
  "upstream_deleted",
  "candidate_set",
  "candidate_cleared",
  "canary_changed",
  "cutover",
  "rollback",
  "drain_started",
  "drain_finished",
  "health_changed",
  "shed",
  "reconfigured",
  "service_added",
  "service_removed",
  "slots_repaired",
  "upgrade_started",
  "upgrade_step",
  "upgrade_waiting",
  "upgrade_rolling_back",
  "upgrade_finished",
  "runner_connected",
  "runner_disconnected",
] as const;

/** They may come by the thousand: only who names one gets it. */
const FREQUENT_EVENTS = ["wave", "tunnel_moved", "tunnel_given_up"] as const;

export const EVENT_NAMES = [...EVENTS, ...FREQUENT_EVENTS] as const;

export type EventName = (typeof EVENT_NAMES)[number];

/** What a team wants to hear of. */
export const NEWS = [
  "maintenance_*",
  "window_*",
  "announced",
  "announcement_withdrawn",
  "hold_started",
  "released",
  "automatic_hold_*",
  "cutover",
  "rollback",
  "upgrade_started",
  "upgrade_waiting",
  "upgrade_rolling_back",
  "upgrade_finished",
];

/** The names that `hold_*`, `cutover` or `*` stands for; none: it is a mistake. */
export function eventsLike(pattern: string): EventName[] {
  if (!pattern.includes("*")) return EVENT_NAMES.filter((name) => name === pattern);
  const parts = pattern.split("*");
  return EVENTS.filter((name) => matches(name, parts));
}

/** Whether the parts stand in the name in this order, the first at its beginning and the last at its end. */
function matches(name: string, parts: readonly string[]): boolean {
  const [first = "", ...rest] = parts;
  const last = rest.at(-1) ?? "";
  if (!name.startsWith(first)) return false;
  let from = first.length;
  for (const part of rest.slice(0, -1)) {
    const at = name.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return name.length - last.length >= from && name.endsWith(last);
}
