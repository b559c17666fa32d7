// Why a container does not start: who has its address or its port. A dynamic address may have been given to another
// between the stop of the old container and the start of the new one, and is often free again a moment later.

import { fixedAddresses } from "../../docker/clone-container.ts";
import { EngineError } from "../../docker/engine-error.ts";
import type { ContainerInspect } from "../../docker/engine.ts";
import { nameOf } from "./find-container.ts";
import type { PerformContext } from "./handler.ts";

// Engines answer 403, 409 or 500 for these; only the text tells.
const TAKEN = /address already in use|port is already allocated|failed to bind|ports are not available/i;

/** Transient for a taken address or port, so that it is tried again. */
export async function explainStartFailure(
  container: ContainerInspect,
  error: EngineError,
  context: PerformContext,
): Promise<EngineError> {
  if (!TAKEN.test(error.message)) return error;
  const thieves = [
    ...(await holdersOfPorts(container, context)),
    ...(await holdersOfAddresses(container, context)),
  ];
  const who =
    thieves.length > 0
      ? `${thieves.join("; ")}: stop it`
      : "no running container has them by now: a program outside of Docker, or one that has just gone";
  const message = `start container ${nameOf(container)}: an address or a port that it needs is taken: ${who} (${error.message})`;
  return new EngineError("failed", error.status, message, { cause: error });
}

async function holdersOfPorts(container: ContainerInspect, context: PerformContext): Promise<string[]> {
  const wanted = hostPorts(container.HostConfig.PortBindings);
  if (wanted.length === 0) return [];
  const others = (await running(context)).filter(({ Id }) => Id !== container.Id);
  return others.flatMap((other) => {
    const held = hostPorts(other.NetworkSettings.Ports).filter((port) => wanted.includes(port));
    return held.map((port) => `the port ${port} is published by the container ${nameOf(other)}`);
  });
}

/** `8080/tcp` of the host; ports that the engine chooses are free by nature. */
function hostPorts(bindings: ContainerInspect["HostConfig"]["PortBindings"]): string[] {
  const ports = Object.entries(bindings ?? {}).flatMap(([inside, bound]) =>
    (bound ?? []).map(({ HostPort }) => ({ HostPort, protocol: inside.split("/")[1] ?? "tcp" })),
  );
  const fixed = ports.filter(({ HostPort }) => HostPort !== "" && HostPort !== "0");
  return [...new Set(fixed.map(({ HostPort, protocol }) => `${HostPort}/${protocol}`))];
}

async function running({ engine, signal }: PerformContext): Promise<ContainerInspect[]> {
  const all = await engine.containers.list({}, signal);
  const alive = all.filter(({ State }) => State === "running" || State === "paused");
  const inspected = await Promise.all(alive.map(({ Id }) => engine.containers.inspect(Id, signal)));
  return inspected.filter((each) => each !== undefined);
}

async function holdersOfAddresses(
  container: ContainerInspect,
  { engine, signal }: PerformContext,
): Promise<string[]> {
  const holders: string[] = [];
  for (const { network, address } of fixedAddresses(container)) {
    const found = await engine.networks.inspect(network, signal);
    const thief = Object.entries(found?.Containers ?? {}).find(
      ([id, { IPv4Address, IPv6Address }]) =>
        id !== container.Id && [IPv4Address, IPv6Address].some((held) => held.split("/")[0] === address),
    );
    if (thief) {
      holders.push(
        `the address ${address} in ${network} belongs to the container ${thief[1].Name} (fixed addresses should lie outside of what the network gives away: --ip-range)`,
      );
    }
  }
  return holders;
}
