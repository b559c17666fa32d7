// Whether a port accepts a connection. That says nothing of the app behind it: a port proxy accepts long before.

import { once } from "node:events";
import { connect } from "node:net";
import type { Check } from "../plan/check.ts";
import { attempt, type AttemptLimits } from "./attempt.ts";
import { type CheckContext, targetRef } from "./check-context.ts";
import { allGood, bad, type CheckResult, type Found, found, GOOD } from "./check-result.ts";
import { connectionFailure } from "./connection-failure.ts";
import { findContainerUrl } from "./find-origins.ts";

type TcpCheck = Extract<Check, { kind: "tcp" }>;
export interface TcpAddress {
  host: string;
  port: number;
}

const TIMEOUT_MS = 5000;

export async function checkTcp({ address }: TcpCheck, context: CheckContext): Promise<CheckResult> {
  const addresses = "host" in address ? found([address]) : await addressesOf(address, context);
  const { clock, signal } = context.world;
  const limits = { clock, signal, timeoutMs: TIMEOUT_MS };
  return addresses.ok ? allGood(addresses.value, (each) => tryToConnect(each, limits)) : addresses;
}

export function tryToConnect({ host, port }: TcpAddress, limits: AttemptLimits): Promise<CheckResult> {
  return attempt(
    limits,
    async (signal) => {
      const socket = connect(port, host);
      try {
        await once(socket, "connect", { signal });
        return GOOD;
      } finally {
        // Whatever it still says: an error that nobody hears ends the process.
        socket.on("error", () => {}).destroy();
      }
    },
    (error) => connectionFailure(`${host}:${port}`, error),
  );
}

async function addressesOf(
  { target, port }: { target: string; port: number },
  context: CheckContext,
): Promise<Found<TcpAddress[]>> {
  const ref = targetRef(target, context.targets);
  if (ref.kind === "swarm") return bad(`the target ${target} is a Swarm service: give host:port`);
  if (ref.kind === "process") return found([{ host: "127.0.0.1", port }]);
  const addresses: TcpAddress[] = [];
  for (const container of ref.containers) {
    const url = await findContainerUrl(container, { port, network: ref.network }, context);
    if (!url.ok) return url;
    addresses.push({ host: new URL(url.value).hostname.replace(/^\[(.*)\]$/, "$1"), port });
  }
  return addresses.length > 0 ? found(addresses) : bad(`the target ${target} has no container`);
}
