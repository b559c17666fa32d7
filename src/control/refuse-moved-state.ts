import { GatewayError } from "../lib/gateway-error.ts";

/** Throws `state_moved` unless the state is what the caller has read; undefined: any will do. */
export function refuseMovedState(version: number, ifMatch: number | undefined): void {
  if (ifMatch === undefined || ifMatch === version) return;
  throw new GatewayError("state_moved", `the state is at version ${version}, not ${ifMatch}; read it again`);
}
