// What an operator can do to a service: when it is offered, what it asks for, what it will do, and the call it makes.
//
//   isOffered(service)   whether its button is shown
//   fields(service)      what the dialog asks for
//   explain(service, input)   sentences, with the numbers of now
//   request(service, input)   { method, path, body }
//   done(service)        what has happened, after the answer

import { plural } from "./format.js";
import * as say from "./sentences.js";

const path = (service, rest) => `admin/services/${encodeURIComponent(service.name)}/${rest}`;

const DURATION = "\\d+(\\.\\d+)?(ms|s|m|h|d)";
const TIME_OF_DAY = "([01]?\\d|2[0-3]):[0-5]\\d";
const AFTER_LEASE = {
  maintenance: "with the maintenance page",
  open: "and everything goes on to the upstream",
};

export const ACTIONS = [
  {
    id: "hold",
    label: (service) => (service.mode.name === "hold" ? "Renew hold" : "Hold"),
    tone: "hold",
    group: "traffic",
    isOffered: () => true,
    fields: () => [
      { name: "lease", label: "Lease", kind: "text", placeholder: "as configured", hint: "such as 90s or 5m", pattern: DURATION },
      {
        name: "onLeaseEnd",
        label: "When the lease runs out",
        kind: "select",
        options: [
          ["", "as configured"],
          ["maintenance", "show the maintenance page"],
          ["open", "open again"],
        ],
      },
    ],
    explain: (service, { lease, onLeaseEnd }) => [
      say.onHold(service),
      say.whatGoesOn(service),
      `Without a release it ends by itself after ${lease || "the configured lease"}, ${AFTER_LEASE[onLeaseEnd] ?? "in the way that is configured"}.`,
    ],
    request: (service, { lease, onLeaseEnd }) => ({
      method: "POST",
      path: "admin/hold",
      body: { service: service.name, ...(lease && { lease }), ...(onLeaseEnd && { onLeaseEnd }) },
    }),
    done: ({ name }) => `${name} is holding.`,
  },
  {
    id: "release",
    label: () => "Release",
    tone: "good",
    group: "traffic",
    isOffered: ({ mode }) => mode.name === "hold",
    explain: (service) => [say.onRelease(service)],
    request: ({ name }) => ({ method: "POST", path: "admin/release", body: { service: name } }),
    done: ({ name }) => `${name} is open.`,
  },
  {
    id: "maintenance-on",
    label: ({ mode }) => (mode.name === "maintenance" ? "Change message" : "Maintenance on"),
    tone: "maintenance",
    group: "traffic",
    isOffered: () => true,
    fields: ({ mode }) => [
      { name: "message", label: "Message for visitors", kind: "textarea", value: mode.message ?? "", placeholder: "as configured" },
      {
        name: "expectedEnd",
        label: "Expected end",
        kind: "text",
        placeholder: "not announced",
        hint: "from now, such as 20m, or a time of today, such as 18:30",
        pattern: `${DURATION}|${TIME_OF_DAY}`,
      },
    ],
    explain: (service) => [say.onMaintenance(service), say.whatGoesOn(service)],
    request: ({ name }, { message, expectedEnd }) => ({
      method: "POST",
      path: "admin/maintenance",
      body: { service: name, message: message || null, expectedEnd: expectedEnd ? toMoment(expectedEnd) : null },
    }),
    done: ({ name }) => `${name} is in maintenance.`,
  },
  {
    id: "maintenance-off",
    label: () => "Maintenance off",
    tone: "good",
    group: "traffic",
    isOffered: ({ mode }) => mode.name === "maintenance",
    explain: ({ name, slots }) => [
      `${name} will be open again: requests go to ${slots.active}, and waiting maintenance pages come back within seconds.`,
    ],
    request: ({ name }) => ({ method: "DELETE", path: `admin/maintenance?service=${encodeURIComponent(name)}` }),
    done: ({ name }) => `${name} is open.`,
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
    request: (service, { upstream }) => ({ method: "PUT", path: path(service, "candidate"), body: { upstream } }),
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
    request: (service) => ({ method: "DELETE", path: path(service, "candidate") }),
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
        ? { method: "PUT", path: path(service, "canary"), body: { percent: Number(percent) } }
        : { method: "DELETE", path: path(service, "canary") },
    done: ({ canary, slots }) => (canary === null ? "There is no canary." : `${canary} % of clients go to ${slots.candidate}.`),
  },
  {
    id: "cutover",
    label: () => "Cut over",
    tone: "accent",
    group: "slots",
    isOffered: ({ slots }) => slots.candidate !== null,
    fields: (service) => forceField(service, service.slots.candidate),
    explain: (service) => leave(service, service.slots.candidate),
    request: (service, { force }) => ({
      method: "POST",
      path: path(service, "cutover"),
      body: { to: service.slots.candidate, ...(force && { force }) },
    }),
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
    request: (service, { force }) => ({ method: "POST", path: path(service, "rollback"), body: { ...(force && { force }) } }),
    done: ({ slots }) => `${slots.active} is active again.`,
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
  if (moment.getTime() < Date.now()) moment.setDate(moment.getDate() + 1);
  return moment.toISOString();
}
