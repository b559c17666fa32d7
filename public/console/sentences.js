// What an action will do, in plain sentences with the numbers of now.

import { countdown, plural } from "./format.js";

export function upstreamOf(service, name) {
  return service.upstreams.find((upstream) => upstream.name === name);
}

/** `green (healthy, version 2.0.0)` */
export function nameOf(service, name) {
  const upstream = upstreamOf(service, name);
  if (!upstream) return name;
  const { version } = upstream.health;
  return `${name} (${[healthOf(upstream), ...(version === null ? [] : [`version ${version}`])].join(", ")})`;
}

export function healthOf({ health: { state, reason } }) {
  return reason === null ? state : `${state}: ${reason}`;
}

/** What is under way on an upstream, and what it may do: `3 requests in flight and 120 tunnels on blue go on.` */
function workOn(service, name, what) {
  const { inFlight = 0, tunnels = 0 } = upstreamOf(service, name) ?? {};
  const parts = [];
  if (inFlight > 0) parts.push(`${plural(inFlight, "request")} in flight`);
  if (tunnels > 0) parts.push(plural(tunnels, "tunnel"));
  return parts.length === 0 ? `Nothing is under way on ${name} just now.` : `${parts.join(" and ")} on ${name} ${what}.`;
}

export function whatGoesOn(service) {
  return workOn(service, service.slots.active, inFlightAndTunnels(service) === 1 ? "goes on" : "go on");
}

const inFlightAndTunnels = ({ inFlight, tunnels }) => inFlight + tunnels;

export function onHold(service) {
  const { name, slots, held } = service;
  const waiting = held > 0 ? ` ${plural(held, "request")} already wait.` : "";
  return `New requests and WebSocket handshakes for ${name} will wait, in order, instead of going to ${slots.active}.${waiting}`;
}

export function onRelease({ name, slots, held }) {
  if (held === 0) return `${name} will be open again; nobody waits just now.`;
  return `${plural(held, "held request")} will go to ${slots.active}, in order and a few at a time; what comes new queues behind them.`;
}

export function onMaintenance({ name, held }) {
  const waiting = held > 0 ? ` So will the ${plural(held, "request")} held now.` : "";
  return `Visitors of ${name} will get the maintenance page (503) until you switch it off.${waiting}`;
}

/** What becomes of the work on an upstream that is left. */
export function onLeaving(service, name) {
  const parts = [workOn(service, name, "may finish until the drain's deadline")];
  const count = (policy) =>
    service.tunnelsBy.filter((entry) => entry.policy === policy).reduce((sum, entry) => sum + entry.count, 0);
  const tellers = {
    reconnect: (n) => `${plural(n, "tunnel")} will be closed in waves (1012), so that clients come back to the new one.`,
    splice: (n) => `${plural(n, "tunnel")} will be moved while the clients' sockets stay open.`,
    drain: (n) => `${plural(n, "tunnel")} stay until then, and are closed after it.`,
  };
  for (const [policy, tell] of Object.entries(tellers)) if (count(policy) > 0) parts.push(tell(count(policy)));
  return parts;
}

/** `Open`, `Holding`, `Maintenance` */
export const MODE_NAMES = { open: "Open", hold: "Holding", maintenance: "Maintenance" };

export function describeMode(mode, now) {
  switch (mode.name) {
    case "hold":
      return `lease ends in ${countdown(mode.leaseEndsAt - now)}, then ${mode.onLeaseEnd}`;
    case "maintenance": {
      if (mode.expectedEnd === null) return "no end is announced";
      const left = mode.expectedEnd - now;
      return left > 0 ? `expected to end in ${countdown(left)}` : `should have ended ${countdown(-left)} ago`;
    }
    default:
      return "requests go straight to the active upstream";
  }
}
