import { GatewayError } from "../lib/gateway-error.ts";
import type { Principal } from "./principal.ts";

/** For the reads that give more than there is to look at. */
export function requireOperate({ actor, scope }: Principal, who: string): void {
  if (scope === "operate") return;
  throw new GatewayError("forbidden", `the token ${actor} has the scope ${scope}; ${who} needs operate`);
}
