// The networks of a container's clone. Before API 1.44 a container is created in one network only and refused with
// two; so on every engine it begins with one, and the others are connected before it starts.

import type { JsonObject } from "../../lib/json.ts";
import type { ContainerInspect, EndpointSettings } from "../engine.ts";
import type { CloneChange } from "./clone-change.ts";

export interface NetworkJoin {
  /** Its name: an id would not outlive the network's own recreation. */
  network: string;
  /** As the engine takes it. */
  endpoint: JsonObject;
}

export interface NetworkJoins {
  /** What it is created in; null: in none, or `special`. */
  first: NetworkJoin | null;
  others: NetworkJoin[];
  /** The host's network, another container's, or none: there are no endpoints then. */
  special: boolean;
}

export function joinsOf(container: ContainerInspect, mode: CloneChange["mode"]): NetworkJoins {
  const networkMode = container.HostConfig.NetworkMode;
  if (/^(?:host|none|container:.*)$/.test(networkMode)) return { first: null, others: [], special: true };
  const joins = Object.entries(container.NetworkSettings.Networks).map(([network, settings]) => ({
    join: { network, endpoint: endpointLike(settings, container, mode) },
    isFirst: isNamed(networkMode, network, settings),
  }));
  const first = joins.find(({ isFirst }) => isFirst) ?? joins[0];
  const others = joins.filter((each) => each !== first).map(({ join }) => join);
  return { first: first?.join ?? null, others, special: false };
}

/** The network may be named by its id. */
function isNamed(networkMode: string, network: string, { NetworkID }: EndpointSettings): boolean {
  if (networkMode === "default") return network === "bridge";
  return networkMode === network || (networkMode.length >= 12 && NetworkID.startsWith(networkMode));
}

function endpointLike(
  settings: EndpointSettings,
  container: ContainerInspect,
  mode: CloneChange["mode"],
): JsonObject {
  const { Links, DriverOpts, GwPriority } = settings;
  const identity = mode === "in-place" ? identityOf(settings, container) : {};
  return {
    ...identity,
    ...(Links && Links.length > 0 && { Links }),
    ...(DriverOpts && { DriverOpts }),
    ...(typeof GwPriority === "number" && GwPriority !== 0 && { GwPriority }),
  };
}

/** What two containers cannot have at once. The short id and the host name are aliases that the engine adds by itself. */
function identityOf({ IPAMConfig, Aliases }: EndpointSettings, { Id, Config }: ContainerInspect): JsonObject {
  const addresses: JsonObject = JSON.parse(JSON.stringify(IPAMConfig ?? {}));
  const fixed = Object.entries(addresses).filter(([, value]) => value !== "" && value !== null);
  const aliases = [...new Set(Aliases)].filter(
    (alias) => alias !== Id.slice(0, 12) && alias !== Config.Hostname,
  );
  return {
    ...(fixed.length > 0 && { IPAMConfig: Object.fromEntries(fixed) }),
    ...(aliases.length > 0 && { Aliases: aliases }),
  };
}

/** The addresses that it has been given for itself, of all its networks. */
export function fixedAddresses(container: ContainerInspect): { network: string; address: string }[] {
  return Object.entries(container.NetworkSettings.Networks).flatMap(([network, { IPAMConfig }]) =>
    [IPAMConfig?.IPv4Address, IPAMConfig?.IPv6Address].flatMap((address) =>
      address === undefined || address === "" ? [] : { network, address },
    ),
  );
}
