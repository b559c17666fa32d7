import { expect } from "vitest";
import { eventually } from "./eventually.ts";
import type { StartedEngine } from "./start-engine.ts";

/** Waits until the engine has neither connections of clients nor anything in flight. */
export async function untilEmpty({
  engine,
  upstream,
}: Pick<StartedEngine, "engine" | "upstream">): Promise<void> {
  const counts = () => ({
    connections: engine.connections,
    keptBodyBytes: engine.keptBodyBytes,
    inFlight: upstream.exchanges.size,
    tunnels: upstream.tunnels.size,
  });
  const nothing = { connections: 0, keptBodyBytes: 0, inFlight: 0, tunnels: 0 };
  await eventually(() => expect(counts()).toEqual(nothing));
}
