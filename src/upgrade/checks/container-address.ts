// Where a container can be reached: in one of its networks, at one of its ports.

import type { ContainerInspect } from "../../docker/engine.ts";
import { bad, type Found, found } from "./check-result.ts";

/** Its address; `network` null: its only one. Without brackets for IPv6. */
export function addressIn(container: ContainerInspect, network: string | null): Found<string> {
  const name = nameOf(container);
  if (!container.State.Running) return bad(`${name} is ${container.State.Status}, so it has no address`);
  // It shares the network of its machine, where the runner is too.
  if (container.HostConfig.NetworkMode === "host") return found("127.0.0.1");
  const chosen = chooseNetwork(container, network);
  if (!chosen.ok) return chosen;
  const endpoint = container.NetworkSettings.Networks[chosen.value];
  const address = endpoint?.IPAddress || endpoint?.GlobalIPv6Address;
  return address ? found(address) : bad(`${name} has no address in the network ${chosen.value}`);
}

/** The port it answers at: the one that is named, else the only TCP port that it exposes. */
export function portOf(container: ContainerInspect, port: number | null): Found<number> {
  if (port !== null) return found(port);
  const exposed = Object.keys(container.Config.ExposedPorts ?? {}).filter((each) => each.endsWith("/tcp"));
  const [only, ...others] = exposed;
  if (only !== undefined && others.length === 0) return found(Number.parseInt(only, 10));
  const what = only === undefined ? "no TCP port" : exposed.join(", ");
  return bad(`${nameOf(container)} exposes ${what}; give its target a port`);
}

/** Without the engine's slash. */
export function nameOf(container: ContainerInspect): string {
  return container.Name.replace(/^\//, "");
}

function chooseNetwork(container: ContainerInspect, network: string | null): Found<string> {
  const names = Object.keys(container.NetworkSettings.Networks);
  const name = nameOf(container);
  const list = names.join(", ") || "no network";
  if (network !== null) {
    return names.includes(network) ? found(network) : bad(`${name} is in ${list}, not in ${network}`);
  }
  const [only, ...others] = names;
  if (only === undefined) return bad(`${name} is in no network`);
  return others.length === 0 ? found(only) : bad(`${name} is in ${list}; give its target one network`);
}
