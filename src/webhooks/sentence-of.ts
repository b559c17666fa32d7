// An event in a sentence, for the channel of a team.

import type { LoggedEvent } from "../control/event-log.ts";

type Data = Record<string, unknown>;

const SENTENCES: Record<string, (data: Data) => string> = {
  maintenance_on: ({ message, expectedEnd }) => `maintenance is on${until(expectedEnd)}${quoted(message)}`,
  maintenance_changed: ({ message, expectedEnd }) =>
    `maintenance goes on${until(expectedEnd)}${quoted(message)}`,
  maintenance_off: () => "maintenance is over, the service is open",
  window_scheduled: (data) => `maintenance is planned ${span(data)}${quoted(data["message"])}`,
  window_announced: (data) => `users are told of the maintenance planned ${span(data)}`,
  window_cancelled: (data) => `the maintenance planned ${span(data)} is cancelled (${text(data["cause"])})`,
  window_missed: (data) => `the maintenance planned ${span(data)} did not happen (${text(data["cause"])})`,
  announced: ({ message, at }) => `users are told${at === null ? "" : ` of ${time(at)}`}${quoted(message)}`,
  announcement_withdrawn: () => "users are told of nothing any more",
  hold_started: ({ leaseEndsAt, onLeaseEnd }) =>
    `requests are held${until(leaseEndsAt)} at most, then ${text(onLeaseEnd)}`,
  released: () => "the hold is over, requests go on",
  automatic_hold_started: ({ upstream, reason }) =>
    `upstream ${text(upstream)} cannot be reached (${text(reason)}); requests are held`,
  automatic_hold_over_lease: () => "the upstream has been away for too long; requests get 503",
  automatic_hold_ended: ({ upstream }) => `upstream ${text(upstream)} is back, requests go on`,
  cutover: ({ from, to, forced }) =>
    `cut over from ${text(from)} to ${text(to)}${forced === true ? ", forced" : ""}`,
  rollback: ({ from, to }) => `rolled back from ${text(from)} to ${text(to)}`,
  upgrade_started: ({ id, name }) => `upgrade ${text(name)} has begun (${text(id)})`,
  upgrade_waiting: ({ id, message }) => `upgrade ${text(id)} waits for a person${quoted(message)}`,
  upgrade_rolling_back: ({ id, message }) => `upgrade ${text(id)} is rolled back${quoted(message)}`,
  upgrade_finished: ({ id, result }) => `upgrade ${text(id)} is over: ${text(result).replace("_", " ")}`,
};

/** `chat: cut over from blue to green` */
export function sentenceOf({ type, service, data }: Pick<LoggedEvent, "type" | "service" | "data">): string {
  const known = Object.hasOwn(SENTENCES, type) ? SENTENCES[type] : undefined;
  const sentence = known?.(data) ?? [type.replaceAll("_", " "), details(data)].filter(Boolean).join(": ");
  return service === null ? `Holdgate: ${sentence}` : `${service}: ${sentence}`;
}

function details(data: Data): string {
  return Object.entries(data)
    .filter(([, value]) => ["string", "number", "boolean"].includes(typeof value))
    .map(([key, value]) => `${key} ${text(value)}`)
    .join(", ");
}

function span({ startsAt, endsAt }: Data): string {
  return `from ${time(startsAt)} to ${time(endsAt)}`;
}

function until(end: unknown): string {
  return typeof end === "number" ? ` until ${time(end)}` : "";
}

function quoted(message: unknown): string {
  return typeof message === "string" && message !== "" ? `: “${message}”` : "";
}

/** The gateway does not know where its readers live. */
function time(value: unknown): string {
  return typeof value === "number"
    ? `${new Date(value).toISOString().slice(0, 16).replace("T", " ")} UTC`
    : "?";
}

function text(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? null);
}
