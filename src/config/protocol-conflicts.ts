// What describes one protocol must not stand beside another: it would be ignored, and its writer believe in it.

import { type ConfigOutline, type ProtocolOutline, outlinedServices } from "./outline.ts";
import { type KeyPath, type Problem, showValue } from "./problem.ts";

type Name = NonNullable<ProtocolOutline["protocol"]>;

interface DescribingKey {
  key: "replay" | "swallow" | "heartbeat" | "socketIo";
  goesWith: readonly Name[];
}

const DESCRIBING_KEYS: readonly DescribingKey[] = [
  { key: "replay", goesWith: ["custom"] },
  { key: "swallow", goesWith: ["custom"] },
  { key: "heartbeat", goesWith: ["custom"] },
  { key: "socketIo", goesWith: ["socket.io", "auto"] },
];

export function protocolConflicts(outline: ConfigOutline): Problem[] {
  return outlinedServices(outline).flatMap(([name, { websocket }]) => {
    if (websocket === null) return [];
    const at = ["services", name, "websocket"];
    const { protocol = "auto", paths } = websocket;
    return [
      ...misplacedKeys(websocket, protocol, at),
      ...Object.entries(paths ?? {}).flatMap(([prefix, path]) => {
        if (path === null) return [];
        const { protocol: ofPath = protocol } = path;
        return misplacedKeys(path, ofPath, [...at, "paths", prefix]);
      }),
    ];
  });
}

function misplacedKeys(section: ProtocolOutline, protocol: Name | null, at: KeyPath): Problem[] {
  // A protocol that is not understood is a problem of its own.
  if (protocol === null) return [];
  return DESCRIBING_KEYS.flatMap(({ key, goesWith }) => {
    const value = section[key] ?? null;
    if (value === null || goesWith.includes(protocol)) return [];
    const text = `found ${showValue(value)}, which goes with protocol: ${goesWith.join(" or ")}; here it is ${protocol}`;
    return [{ path: [...at, key], text }];
  });
}
