// What the checks across keys look at: each value on its own either well-formed or left out. So they can
// run on a file that has other problems too, and all problems are reported at once.

import { z } from "zod";
import { protocolName } from "./protocol-schema.ts";
import { host, pathPrefix, socketAddress } from "./values.ts";

// null: not understood, so nothing can be said about it.
const hostOutlines = z.array(host().nullable().catch(null)).nullable().prefault([]).catch(null);

const protocolOutline = z.object({
  protocol: protocolName().nullable().catch(null).optional(),
  replay: z.unknown().optional(),
  swallow: z.unknown().optional(),
  heartbeat: z.unknown().optional(),
  socketIo: z.unknown().optional(),
});

const webSocketOutline = protocolOutline.extend({
  paths: z.record(z.string(), protocolOutline.nullable().catch(null)).nullable().prefault({}).catch(null),
});

const serviceOutline = z.object({
  hosts: hostOutlines,
  testHosts: hostOutlines,
  paths: z.array(pathPrefix().nullable().catch(null)).nullable().prefault(["/"]).catch(null),
  upstreams: z.record(z.string(), z.unknown()).nullable().catch(null),
  active: z.string().nullable().prefault(null).catch(null),
  websocket: webSocketOutline.nullable().prefault({}).catch(null),
});

const configOutline = z.object({
  admin: z
    .object({
      listen: socketAddress().nullable().prefault(null).catch(null),
      allowRemote: z.boolean().prefault(false).catch(true),
    })
    .prefault({})
    .catch({ listen: null, allowRemote: true }),
  services: z.record(z.string(), serviceOutline.nullable().catch(null)).catch({}),
});

/** A `protocol` that is left out is not there. */
export type ProtocolOutline = z.output<typeof protocolOutline>;
export type ServiceOutline = z.output<typeof serviceOutline>;
export type ConfigOutline = z.output<typeof configOutline>;

export function outlineOf(data: unknown): ConfigOutline {
  return configOutline.catch({ admin: { listen: null, allowRemote: true }, services: {} }).parse(data);
}

/** The services of which there is an outline, by name. */
export function outlinedServices(outline: ConfigOutline): [name: string, service: ServiceOutline][] {
  return Object.entries(outline.services).flatMap(([name, service]) => (service ? [[name, service]] : []));
}
