// What an operation asks of the gateway.

import { formatDuration } from "../../lib/duration.ts";
import type { GatewayEffect, ModeOrder, OperationOf, ResolvedAddress } from "../operations/operation.ts";

type Kinds = GatewayEffect["kind"];

export const gatewayCalls: { [Kind in Kinds]: (operation: OperationOf<Kind>) => string } = {
  "set-mode": ({ mode }) => `gateway: ${order(mode)}`,
  announce: ({ message, inMs }) => {
    return `gateway: announce "${message}"${inMs === null ? "" : ` for in ${formatDuration(inMs)}`}`;
  },
  "withdraw-announcement": () => "gateway: withdraw the announcement",
  "put-upstream": ({ upstream, address }) => `gateway: set the upstream ${upstream} to ${place(address)}`,
  "remove-upstream": ({ upstream }) => `gateway: remove the upstream ${upstream}`,
  "set-candidate": ({ upstream, waitHealthyMs }) => {
    const wait = waitHealthyMs === null ? "" : `, healthy within ${formatDuration(waitHealthyMs)}`;
    return `gateway: make ${upstream} the candidate${wait}`;
  },
  "clear-candidate": () => "gateway: clear the candidate",
  "set-canary": ({ percent }) =>
    percent === null ? "gateway: end the canary" : `gateway: send ${percent}% of clients to the candidate`,
  cutover: ({ to, force }) =>
    `gateway: cut over to ${to ?? "the candidate"}${force ? ", healthy or not" : ""}`,
  "await-active": ({ waitMs }) => `wait at most ${formatDuration(waitMs)} until the active upstream answers`,
};

function order(mode: ModeOrder): string {
  switch (mode.name) {
    case "open":
      return `release${mode.wait ? ", and wait until nothing is held" : ""}`;
    case "hold": {
      const lease = mode.leaseMs === null ? "" : ` for at most ${formatDuration(mode.leaseMs)}`;
      return `hold${lease}${mode.wait ? ", and wait until nothing is in flight" : ""}`;
    }
    case "maintenance":
      return "maintenance on";
  }
}

function place(address: ResolvedAddress): string {
  if (address.kind === "url") return address.url;
  const { container, port, by } = address;
  return by === "name"
    ? `http://${container.name}:${port}`
    : `the address of ${container.name}, port ${port}`;
}
