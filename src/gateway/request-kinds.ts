// Requests that a mode treats differently.

import type { Exchange } from "../proxy/exchange.ts";

/** A certificate must be renewed also in the middle of an upgrade, and its challenge comes once. */
export function isNeverHeld(exchange: Exchange): boolean {
  return exchange.head.target.startsWith("/.well-known/acme-challenge/");
}

/** A balancer in front would take the gateway out if the health path were held or refused. */
export function isBalancerProbe(exchange: Exchange, healthPath: string): boolean {
  const { method, path } = exchange.head;
  return healthPath !== "/" && path === healthPath && (method === "GET" || method === "HEAD");
}

/** A long poll by which Engine.IO (Socket.IO) listens. Its server ends the session when the poll breaks off. */
export function isSessionPoll({ head: { method, target } }: Exchange): boolean {
  return method === "GET" && target.includes("transport=polling") && SESSION.test(target);
}

const SESSION = /[?&]sid=[^&]/u;
