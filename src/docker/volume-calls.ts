import { z } from "zod";
import { pathPart } from "./engine-call.ts";
import type { EngineConnection } from "./engine-connection.ts";
import type { VolumeCalls } from "./engine.ts";

const volumeSchema = z.looseObject({ Name: z.string(), Driver: z.string(), Mountpoint: z.string() });

export function volumeCalls(connection: EngineConnection): VolumeCalls {
  return {
    inspect(name, signal) {
      const call = {
        what: `inspect volume ${name}`,
        method: "GET",
        path: `/volumes/${pathPart(name)}`,
        signal,
      } as const;
      return connection.find(call, volumeSchema);
    },
  };
}
