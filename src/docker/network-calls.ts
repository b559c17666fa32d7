// Networks, and which containers are in them.

import { z } from "zod";
import type { JsonObject } from "../lib/json.ts";
import { containerSchema } from "./container-schemas.ts";
import { pathPart } from "./engine-call.ts";
import type { EngineConnection } from "./engine-connection.ts";
import { EngineError } from "./engine-error.ts";
import type { EndpointSettings, NetworkCalls, NetworkInspect } from "./engine.ts";
import { textOrEmpty } from "./schema-parts.ts";

const subnet = z.looseObject({
  Subnet: z.string().exactOptional(),
  Gateway: z.string().exactOptional(),
  IPRange: z.string().exactOptional(),
});

const networkSchema: z.ZodType<NetworkInspect> = z.looseObject({
  Id: z.string(),
  Name: z.string(),
  Driver: z.string(),
  Internal: z.boolean(),
  IPAM: z.looseObject({
    Config: z
      .array(subnet)
      .nullish()
      .transform((value) => value ?? null),
  }),
  Containers: z
    .record(
      z.string(),
      z.looseObject({ Name: z.string(), IPv4Address: textOrEmpty, IPv6Address: textOrEmpty }),
    )
    .nullish()
    .transform((value) => value ?? {}),
});

export function networkCalls(connection: EngineConnection): NetworkCalls {
  return {
    inspect(idOrName, signal) {
      const path = `/networks/${pathPart(idOrName)}`;
      return connection.find(
        { what: `inspect network ${idOrName}`, method: "GET", path, signal },
        networkSchema,
      );
    },
    async connect(network, container, endpoint, signal) {
      const what = `connect container ${container} to network ${network}`;
      const path = `/networks/${pathPart(network)}/connect`;
      const body = { Container: container, EndpointConfig: endpoint };
      try {
        await connection.run({ what, method: "POST", path, body, signal });
      } catch (error) {
        if (!isConnectedAlready(error)) throw error;
        if (!(await hasAddress(connection, network, container, endpoint, signal))) throw error;
      }
    },
    async disconnect(network, container, { force }, signal) {
      const what = `disconnect container ${container} from network ${network}`;
      const path = `/networks/${pathPart(network)}/disconnect`;
      try {
        await connection.run({
          what,
          method: "POST",
          path,
          body: { Container: container, Force: force },
          signal,
        });
      } catch (error) {
        if (!(error instanceof EngineError) || !/is not connected to/i.test(error.message)) throw error;
      }
    },
  };
}

function isConnectedAlready(error: unknown): boolean {
  return error instanceof EngineError && /already exists in network|already connected/i.test(error.message);
}

/** Whether it is in that network with the addresses that are asked for. */
async function hasAddress(
  connection: EngineConnection,
  network: string,
  container: string,
  endpoint: JsonObject,
  signal?: AbortSignal,
): Promise<boolean> {
  const what = `inspect container ${container}`;
  const path = `/containers/${pathPart(container)}/json`;
  const found = await connection.find({ what, method: "GET", path, signal }, containerSchema);
  const endpoints = Object.entries(found?.NetworkSettings.Networks ?? {});
  const there = endpoints.find(([name, { NetworkID }]) => name === network || NetworkID === network)?.[1];
  return there !== undefined && hasWanted(there, endpoint["IPAMConfig"]);
}

function hasWanted({ IPAMConfig }: EndpointSettings, wanted: unknown): boolean {
  if (typeof wanted !== "object" || wanted === null) return true;
  return (["IPv4Address", "IPv6Address"] as const).every((key) => {
    const address: unknown = Reflect.get(wanted, key);
    return address === undefined || address === "" || address === IPAMConfig?.[key];
  });
}
