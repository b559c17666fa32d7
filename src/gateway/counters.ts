// Totals of a service since the start of the process; plain numbers, because they are touched by each
// request. Metrics read them when they are asked for.

import type { ServiceCounters } from "./gateway-port.ts";

export function newCounters(): ServiceCounters {
  return {
    admitted: 0,
    forwarded: 0,
    refused: 0,
    abandoned: 0,
    shed: 0,
    expired: 0,
    held: 0,
    released: 0,
    heldMs: 0,
    answers: [0, 0, 0, 0, 0, 0],
    resent: 0,
    failed: 0,
    tunnelsOpened: 0,
    tunnelsClosed: 0,
    reconnected: 0,
    cut: 0,
    cutovers: 0,
    connectFailures: 0,
  };
}
