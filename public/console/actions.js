// What an operator can do to a service: when it is offered, what it asks for, what it will do, and the call it makes.
// Each function takes the service as it is now; `explain` and `request` also what the dialog asked for. Without
// `isOffered` it always is.

import { clockTime, plural } from "./format.js";
import * as say from "./sentences.js";

const path = ({ name }, rest) => `admin/services/${encodeURIComponent(name)}/${rest}`;
const query = (call, { name }) => `admin/${call}?service=${encodeURIComponent(name)}`;

const DURATION = "\\d+(\\.\\d+)?(ms|s|m|h|d)";
const TIME_OF_DAY = "([01]?\\d|2[0-3]):[0-5]\\d";
const WHEN = "from now, such as 20m, or a time of day, such as 18:30";
export const ACTIONS = [
  {
    id: "hold",
    label: (service) => (service.mode.name === "hold" ? "Renew hold" : "Hold"),
    tone: "hold",
    fields: () => [
      { name: "lease", label: "Lease", kind: "text", placeholder: "as configured", hint: "such as 90s or 5m", pattern: DURATION },
    ],
    explain: (service, { lease }) => [
      say.onHold(service),
      say.whatGoesOn(service),
      `Without a release it ends by itself after ${lease || "the configured lease"}, in the way that is configured.`,
    ],
    request: (service, { lease }) => ["POST", "admin/hold", { service: service.name, lease: lease || undefined }],
    done: ({ name }) => `${name} is holding.`,
  },
  {
    id: "release",
    label: () => "Release",
    tone: "good",
    isOffered: ({ mode }) => mode.name === "hold",
    explain: (service) => [say.onRelease(service)],
    request: ({ name }) => ["POST", "admin/release", { service: name }],
    done: ({ name }) => `${name} is open.`,
  },
  {
    id: "maintenance-on",
    label: ({ mode }) => (mode.name === "maintenance" ? "Change message" : "Maintenance on"),
    tone: "maintenance",
    fields: ({ mode }) => [
      messageField(mode),
      {
        name: "expectedEnd",
        label: "Expected end",
        kind: "text",
        placeholder: mode.expectedEnd === null ? "not announced" : "as announced",
        hint: WHEN,
        pattern: `${DURATION}|${TIME_OF_DAY}`,
      },
    ],
    explain: (service) => [say.onMaintenance(service), say.whatGoesOn(service)],
    // What is left out stays as it was announced.
    request: ({ name }, { message, expectedEnd }) => [
      "POST",
      "admin/maintenance",
      { service: name, message: message || null, expectedEnd: expectedEnd ? toMoment(expectedEnd) : undefined },
    ],
    done: ({ name }) => `${name} is in maintenance.`,
  },
  {
    id: "maintenance-off",
    label: () => "Maintenance off",
    tone: "good",
    isOffered: ({ mode }) => mode.name === "maintenance",
    explain: ({ name, slots }) => [
      `${name} will be open again: requests go to ${slots.active}, and waiting maintenance pages come back within seconds.`,
    ],
    request: (service) => ["DELETE", query("maintenance", service)],
    done: ({ name }) => `${name} is open.`,
  },
  {
    id: "window-plan",
    label: () => "Plan maintenance",
    // The gateway takes one plan at a time: the next one after this is cancelled.
    isOffered: ({ window, mode }) => mode.name !== "maintenance" && window === null,
    fields: () => [
      { name: "at", label: "Begins", kind: "text", required: true, hint: WHEN, pattern: `${DURATION}|${TIME_OF_DAY}` },
      { name: "for", label: "Takes", kind: "text", required: true, value: "30m", hint: "such as 30m or 2h", pattern: DURATION },
      messageField(null),
    ],
    explain: ({ name }, input) => [
      `${name} goes into maintenance by itself ${input.at ? `at ${input.at}` : "then"}, and is open again after ${input.for || "that time"}.`,
      "It is kept over a restart, and one button cancels it.",
    ],
    request: ({ name }, { at, for: time, message }) => [
      "POST",
      "admin/maintenance",
      { service: name, at: toMoment(at), for: time, message: message || undefined },
    ],
    done: ({ window }) => `Maintenance is planned${window === null ? "" : ` for ${clockTime(window.startsAt)}`}.`,
  },
  {
    id: "window-cancel",
    label: () => "Cancel plan",
    isOffered: ({ window }) => window !== null,
    explain: ({ name, window }) => [
      window.phase === "running"
        ? `The planned maintenance of ${name} ends now, and ${name} is open again.`
        : `The maintenance of ${name} that is planned for ${clockTime(window.startsAt)} does not happen.`,
    ],
    request: (service) => ["DELETE", query("maintenance/window", service)],
    done: () => "Nothing is planned.",
  },
  {
    id: "announcement-withdraw",
    label: () => "Withdraw announcement",
    isOffered: ({ announcement }) => announcement !== null,
    explain: ({ name }) => [`Users of ${name} are no longer told of it.`],
    request: (service) => ["DELETE", path(service, "announcement")],
    done: () => "The announcement is withdrawn.",
  },
  {
    id: "cutover",
    label: () => "Cut over",
    tone: "accent",
    group: "slots",
    isOffered: ({ slots }) => slots.candidate !== null,
    fields: (service) => forceField(service, service.slots.candidate),
    explain: (service) => leave(service, service.slots.candidate),
    request: (service, { force }) => ["POST", path(service, "cutover"), { to: service.slots.candidate, force }],
    done: ({ slots }) => `${slots.active} is active, ${slots.previous} is the way back.`,
  },
  {
    id: "rollback",
    label: () => "Roll back",
    tone: "bad",
    group: "slots",
    isOffered: ({ slots }) => slots.previous !== null,
    fields: (service) => forceField(service, service.slots.previous),
    explain: (service) => leave(service, service.slots.previous),
    request: (service, { force }) => ["POST", path(service, "rollback"), { force }],
    done: ({ slots }) => `${slots.active} is active again.`,
  },
  {
    id: "candidate-set",
    label: ({ slots }) => (slots.candidate === null ? "Set candidate" : "Change candidate"),
    group: "slots",
    isOffered: ({ upstreams, slots }) => upstreams.some(({ name }) => name !== slots.active),
    fields: (service) => [
      {
        name: "upstream",
        label: "Upstream",
        kind: "select",
        value: service.slots.candidate ?? undefined,
        options: service.upstreams
          .filter(({ name }) => name !== service.slots.active)
          .map(({ name }) => [name, say.nameOf(service, name)]),
      },
    ],
    explain: ({ slots }, { upstream }) => [
      `${upstream} will be the next to take over. Until the cutover its health is watched, and only test hosts, named routes and a canary reach it.`,
      ...(upstream === slots.previous ? [`It is the previous upstream now, so there will be no rollback to it.`] : []),
    ],
    request: (service, { upstream }) => ["PUT", path(service, "candidate"), { upstream }],
    done: ({ slots }) => `${slots.candidate} is the candidate.`,
  },
  {
    id: "candidate-clear",
    label: () => "Clear candidate",
    group: "slots",
    isOffered: ({ slots }) => slots.candidate !== null,
    explain: (service) => [
      `${service.slots.candidate} will no longer be the candidate.`,
      ...(service.canary === null ? [] : [`The ${service.canary} % of clients that go there return to ${service.slots.active}.`]),
    ],
    request: (service) => ["DELETE", path(service, "candidate")],
    done: () => "There is no candidate.",
  },
  {
    id: "canary",
    label: ({ canary }) => (canary === null ? "Canary" : "Change canary"),
    group: "slots",
    isOffered: ({ slots }) => slots.candidate !== null,
    fields: ({ canary }) => [
      { name: "percent", label: "Percent of clients", kind: "number", value: String(canary ?? 10), min: 0, max: 100 },
    ],
    explain: ({ slots, canary }, { percent }) => [
      Number(percent) > 0
        ? `${percent} % of clients will go to ${slots.candidate}, the others stay on ${slots.active}; each client keeps its side.`
        : `All clients will go to ${slots.active}.`,
      `At the moment it is ${canary ?? 0} %.`,
    ],
    request: (service, { percent }) =>
      Number(percent) > 0
        ? ["PUT", path(service, "canary"), { percent: Number(percent) }]
        : ["DELETE", path(service, "canary")],
    done: ({ canary, slots }) => (canary === null ? "There is no canary." : `${canary} % of clients go to ${slots.candidate}.`),
  },
];

function leave(service, to) {
  const { active } = service.slots;
  const held = service.held > 0 ? ` So do the ${plural(service.held, "held request")}, when they are released.` : "";
  return [
    `New requests will go to ${say.nameOf(service, to)} instead of ${active}, at once.${held}`,
    ...say.onLeaving(service, active),
  ];
}

function messageField(present) {
  const value = present?.message ?? "";
  return { name: "message", label: "Message for visitors", kind: "textarea", value, placeholder: "as configured" };
}

function forceField(service, to) {
  if (say.upstreamOf(service, to)?.health.state === "healthy") return [];
  return [{ name: "force", label: `Go on although ${to} is not healthy`, kind: "checkbox" }];
}

/** `18:30` is the next time that it is so late here; anything else the gateway understands itself. */
function toMoment(text) {
  const [, hours, minutes] = /^(\d{1,2}):(\d\d)$/.exec(text.trim()) ?? [];
  if (hours === undefined) return text;
  const moment = new Date();
  moment.setHours(Number(hours), Number(minutes), 0, 0);
  if (moment.getTime() < Date.now()) {
    moment.setDate(moment.getDate() + 1);
    // In the night in which the clocks change, it is that late at another distance.
    moment.setHours(Number(hours), Number(minutes), 0, 0);
  }
  return moment.toISOString();
}
