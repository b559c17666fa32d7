// `holdgate status` for people: a paragraph for each service.

import type { ServiceOverview, ServiceStatus, StatusAnswer, UpstreamStatus } from "../admin/api-types.ts";
import { describeDuration } from "./describe-duration.ts";
import { describeCanary, describeHealth, describeMode, describeTraffic, plural } from "./describe-service.ts";
import { describeAnnouncement, describeWindow } from "./describe-window.ts";
import { formatAddress } from "./format-address.ts";
import { localTime } from "./render-event.ts";
import { renderSplice } from "./render-splice.ts";
import { renderTable } from "./render-table.ts";
import { renderWebhooks } from "./render-webhooks.ts";
import type { Terminal } from "./terminal.ts";

type Style = Terminal["style"];

const MODE_COLOURS = { open: "green", hold: "yellow", maintenance: "magenta" } as const;
const SLOT_ORDER = ["active", "candidate", "previous", null];

/** `wallMs` is now, in milliseconds since 1970. */
export function renderStatus(status: StatusAnswer, wallMs: number, style: Style): string {
  const listening = status.listening.map(formatAddress).join(", ") || "nothing";
  const head = `Holdgate ${status.holdgate} listens on ${listening}; ${plural(status.connections, "connection")}, state version ${status.stateVersion}`;
  const top = [head, ...failedReload(status)].join("\n");
  const services = status.services.map((service) => renderService(service, wallMs, style));
  const webhooks = renderWebhooks(status.webhooks, wallMs).join("\n");
  return [top, ...services, ...(webhooks === "" ? [] : [webhooks])].join("\n\n");
}

function failedReload({ config: { lastError } }: StatusAnswer): string[] {
  if (lastError === null) return [];
  return [`the configuration of ${localTime(lastError.at)} is not in force: ${lastError.reason}`];
}

function renderService(service: ServiceOverview, wallMs: number, style: Style): string {
  const where = `${service.hosts.join(", ") || "any host"} ${service.paths.join(", ")}`;
  const mode = style(MODE_COLOURS[service.mode.name], describeMode(service.mode, wallMs));
  const facts = [mode, ...automaticHold(service, wallMs), describeTraffic(service), ...release(service)];
  return [
    `${style("bold", service.name)} (${where})`,
    `  ${facts.join("; ")}`,
    ...renderSplice(service, style).map((line) => `  ${line}`),
    ...maintenanceMessage(service),
    ...canary(service),
    ...upgrade(service),
    ...announcement(service, wallMs),
    ...plannedWindow(service, wallMs),
    ...upstreamTable(service.upstreams, wallMs).map((line) => `  ${line}`),
  ].join("\n");
}

function automaticHold({ automaticHoldSince }: ServiceStatus, wallMs: number): string[] {
  if (automaticHoldSince === null) return [];
  return [`upstream unreachable for ${describeDuration(wallMs - automaticHoldSince)}`];
}

function release({ releaseLimit }: ServiceStatus): string[] {
  return releaseLimit === null ? [] : [`releasing, at most ${releaseLimit} at once`];
}

function maintenanceMessage({ mode }: ServiceStatus): string[] {
  return mode.name === "maintenance" && mode.message !== null ? [`  “${mode.message}”`] : [];
}

function canary(service: ServiceStatus): string[] {
  const share = describeCanary(service);
  return share === null ? [] : [`  canary: ${share}`];
}

function upgrade({ upgrade: run }: ServiceOverview): string[] {
  if (!run) return [];
  const facts = [run.state.replace("_", " "), `${run.percent} %`, ...(run.step === null ? [] : [run.step])];
  return [`  upgrade ${run.id} (${run.name}): ${facts.join(", ")}`];
}

function announcement({ announcement: announced }: ServiceOverview, wallMs: number): string[] {
  return announced ? [`  ${describeAnnouncement(announced, wallMs)}`] : [];
}

function plannedWindow({ window }: ServiceOverview, wallMs: number): string[] {
  return window ? [`  ${describeWindow(window, wallMs)}`] : [];
}

function upstreamTable(upstreams: readonly UpstreamStatus[], wallMs: number): string[] {
  const sorted = upstreams.toSorted((one, other) => slotRank(one) - slotRank(other));
  return renderTable([
    ["SLOT", "UPSTREAM", "HEALTH", "VERSION", "IN FLIGHT", "TUNNELS", "ADDRESS"],
    ...sorted.map((upstream) => upstreamRow(upstream, wallMs)),
  ]);
}

function upstreamRow(upstream: UpstreamStatus, wallMs: number): string[] {
  const { drainingUntil, health } = upstream;
  const draining = drainingUntil === null ? "" : `, cut in ${describeDuration(drainingUntil - wallMs)}`;
  return [
    upstream.slot ?? "-",
    upstream.name,
    describeHealth(health),
    health.version ?? "-",
    `${upstream.inFlight}${draining}`,
    String(upstream.tunnels),
    upstream.urls.map((url) => describeAddress(url, upstream)).join(", "),
  ];
}

function describeAddress(url: string, { addresses }: UpstreamStatus): string {
  const address = addresses.length > 1 ? addresses.find((each) => each.url === url) : undefined;
  if (address === undefined) return url;
  return `${url} (${address.inFlight}${address.ejected ? ", passed over" : ""})`;
}

function slotRank({ slot }: UpstreamStatus): number {
  return SLOT_ORDER.indexOf(slot);
}
