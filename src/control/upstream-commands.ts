// Upstreams that come and go while the gateway runs.

import { isDeepStrictEqual } from "node:util";
import type { HealthSettings, UpstreamSettings } from "../config/settings.ts";
import { changed, refuse, unchanged } from "./decision.ts";
import type { ServiceDecision, ServiceView } from "./decision.ts";
import { redactUrl } from "./redact-url.ts";
import { slotOf } from "../gateway/slot-of.ts";
import { knownUpstreams } from "./state.ts";

export type UpstreamCommand = PutUpstream | DeleteUpstream;

export interface PutUpstream {
  type: "put_upstream";
  at: number;
  service: string;
  name: string;
  /** `http://host:port` or `unix:/path`; the edge has checked their form. */
  urls: string[];
  /** What is left out stays as it is for a known upstream, else is as for the config's `active`. */
  health?: HealthChange | undefined;
}

export type HealthChange = { [Key in keyof HealthSettings]?: HealthSettings[Key] | undefined };

export interface DeleteUpstream {
  type: "delete_upstream";
  at: number;
  service: string;
  name: string;
}

// What fits into a path, a log line and a metric label; it also keeps `__proto__` out.
const UPSTREAM_NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/i;

export function decideUpstream(view: ServiceView, command: UpstreamCommand): ServiceDecision {
  return command.type === "put_upstream" ? putUpstream(view, command) : deleteUpstream(view, command);
}

function putUpstream(view: ServiceView, { name, urls, health }: PutUpstream): ServiceDecision {
  if (!UPSTREAM_NAME.test(name)) {
    const rule = "1 to 63 letters, digits, dots, dashes or underscores, a letter or digit first";
    return refuse("bad_request", `${JSON.stringify(name)} cannot name an upstream; allowed: ${rule}`);
  }
  if (urls.length === 0) return refuse("bad_request", `upstream ${name} needs at least one URL`);
  const upstream: UpstreamSettings = { urls: [...urls], health: mergeHealth(view, name, health) };
  if (isDeepStrictEqual(own(view.state.upstreams, name), upstream)) return unchanged(view);
  const upstreams = { ...view.state.upstreams, [name]: upstream };
  return changed(view, { upstreams }, "upstream_put", { upstream: name, urls: urls.map(redactUrl) });
}

function deleteUpstream(view: ServiceView, { name }: DeleteUpstream): ServiceDecision {
  const service = view.settings.name;
  if (!Object.hasOwn(knownUpstreams(view.state, view.settings), name)) {
    return refuse("unknown_upstream", `service ${service} has no upstream ${name}`);
  }
  const { slots } = view.state;
  const slot = slotOf(slots, name);
  if (slot === "active" || slot === "candidate") {
    const remedy = slot === "candidate" ? "clear the candidate first" : "cut over to another one first";
    return refuse("upstream_in_use", `upstream ${name} is the ${slot} of service ${service}; ${remedy}`);
  }
  if (!Object.hasOwn(view.state.upstreams, name)) {
    return refuse("bad_request", `upstream ${name} comes from the config file; take it out there and reload`);
  }
  const { [name]: _deleted, ...upstreams } = view.state.upstreams;
  // Else a version that was rolled back could not be taken away before the next one takes its slot. One of the config
  // comes back under the name.
  const isGone = slot === "previous" && !Object.hasOwn(view.settings.upstreams, name);
  const change = isGone ? { upstreams, slots: { ...slots, previous: null } } : { upstreams };
  return changed(view, change, "upstream_deleted", { upstream: name });
}

function mergeHealth({ state, settings }: ServiceView, name: string, change: HealthChange = {}) {
  const known = knownUpstreams(state, settings);
  const base = own(known, name) ?? own(settings.upstreams, settings.active);
  if (!base) throw new Error(`the config of ${settings.name} names ${settings.active}, which it lacks`);
  const given = Object.entries(change).filter(([, value]) => value !== undefined);
  return { ...base.health, ...Object.fromEntries(given) };
}

function own<T>(record: Record<string, T>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
