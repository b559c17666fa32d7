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
