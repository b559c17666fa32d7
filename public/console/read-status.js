// What the gateway tells, read defensively: a field that is missing or of another kind than expected becomes something
// harmless, so that a gateway that is older or newer than this page is still shown.

const number = (value) => (Number.isFinite(value) ? value : 0);
const numberOrNull = (value) => (Number.isFinite(value) ? value : null);
const text = (value) => (typeof value === "string" ? value : "");
const textOrNull = (value) => (typeof value === "string" ? value : null);
const flag = (value) => value === true;
const oneOf = (...names) => (value) => (names.includes(value) ? value : names[0]);
const record = (value) => (typeof value === "object" && value !== null && !Array.isArray(value) ? value : {});
const listOf = (read) => (value) => (Array.isArray(value) ? value.map(read) : []);
/** An object with these fields, each read by its function. */
const shape = (fields) => (value) =>
  Object.fromEntries(Object.entries(fields).map(([name, read]) => [name, read(record(value)[name])]));
const orNull = (read) => (value) => (value === null || value === undefined ? null : read(value));

const readUpstream = shape({
  name: text,
  urls: listOf(text),
  slot: textOrNull,
  health: shape({ state: oneOf("unknown", "healthy", "unhealthy"), reason: textOrNull, version: textOrNull }),
  inFlight: number,
  tunnels: number,
  drainingUntil: numberOrNull,
});

const readService = shape({
  name: text,
  hosts: listOf(text),
  paths: listOf(text),
  mode: shape({
    name: oneOf("open", "hold", "maintenance"),
    since: numberOrNull,
    leaseEndsAt: numberOrNull,
    onLeaseEnd: oneOf("maintenance", "open"),
    message: textOrNull,
    expectedEnd: numberOrNull,
  }),
  automaticHoldSince: numberOrNull,
  slots: shape({ active: text, candidate: textOrNull, previous: textOrNull }),
  upstreams: listOf(readUpstream),
  held: number,
  inFlight: number,
  tunnels: number,
  tunnelsBy: listOf(shape({ policy: text, count: number })),
  parked: number,
  releaseLimit: numberOrNull,
  canary: readCanary,
  announcement: orNull(shape({ message: text, at: numberOrNull })),
  window: orNull(shape({ startsAt: number, endsAt: number, message: textOrNull, phase: oneOf("scheduled", "announced", "running") })),
  counters: shape({ admitted: number, answers: listOf(number), failed: number, answerTimes: listOf(number) }),
  upgrade: orNull(shape({ id: text })),
});

/** Percent of the clients; null when there is no canary. */
function readCanary(value) {
  const percent = typeof value === "number" ? value : record(value).percent;
  return Number.isFinite(percent) && percent > 0 ? percent : null;
}

export const readStatus = shape({
  holdgate: text,
  stateVersion: number,
  startedAt: number,
  runners: number,
  services: listOf(readService),
});

const readStep = shape({
  id: text,
  title: text,
  state: text,
  percent: numberOrNull,
  detail: textOrNull,
  startedAt: numberOrNull,
  finishedAt: numberOrNull,
});

const readRun = shape({
  id: text,
  name: text,
  service: text,
  dryRun: flag,
  state: text,
  startedAt: number,
  finishedAt: numberOrNull,
  percent: number,
  step: textOrNull,
  message: textOrNull,
  lost: textOrNull,
  steps: listOf(readStep),
});

export const readUpgrades = shape({ upgrades: listOf(readRun) });

export const readEvent = shape({ id: number, at: text, type: text, service: textOrNull, data: record });

export const readAudit = shape({
  entries: listOf(
    shape({
      at: text,
      actor: text,
      from: text,
      action: text,
      service: textOrNull,
      outcome: oneOf("done", "refused"),
      code: textOrNull,
      parameters: record,
    }),
  ),
});

export const readWhoami = shape({ actor: text, scope: oneOf("read", "operate") });
