// Whether a port accepts a connection. That says nothing of the app behind it: a port proxy accepts long before.

import { once } from "node:events";
import { connect } from "node:net";
import type { Check } from "../plan/check.ts";
import { attempt } from "./attempt.ts";
import { type CheckContext, targetRef } from "./check-context.ts";
import { allGood, bad, type CheckResult, type Found, found, GOOD } from "./check-result.ts";
import { connectionFailure } from "./connection-failure.ts";
import { findContainerUrl } from "./find-origins.ts";

type TcpCheck = Extract<Check, { kind: "tcp" }>;
interface Address {
  host: string;
  port: number;
}

const TIMEOUT_MS = 5000;

export async function checkTcp({ address }: TcpCheck, context: CheckContext): Promise<CheckResult> {
  const addresses = "host" in address ? found([address]) : await addressesOf(address, context);
  return addresses.ok ? allGood(addresses.value, (each) => tryOne(each, context)) : addresses;
}

function tryOne({ host, port }: Address, { world }: CheckContext): Promise<CheckResult> {
  const { clock, signal } = world;
  return attempt(
    { clock, signal, timeoutMs: TIMEOUT_MS },
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
): Promise<Found<Address[]>> {
  const ref = targetRef(target, context.targets);
  if (ref.kind === "swarm") return bad(`the target ${target} is a Swarm service: give host:port`);
  if (ref.kind === "process") return found([{ host: "127.0.0.1", port }]);
  const addresses: Address[] = [];
  for (const container of ref.containers) {
    const url = await findContainerUrl(container, { port, network: ref.network }, context);
    if (!url.ok) return url;
    addresses.push({ host: new URL(url.value).hostname.replace(/^\[(.*)\]$/, "$1"), port });
  }
  return addresses.length > 0 ? found(addresses) : bad(`the target ${target} has no container`);
}
