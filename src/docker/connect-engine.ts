// An engine to talk to. Nothing is asked of it until the first call.

import { z } from "zod";
import { type Clock, systemClock } from "../lib/clock.ts";
import { containerCalls } from "./container-calls.ts";
import { type EngineAddress, EngineConnection } from "./engine-connection.ts";
import type { Engine } from "./engine.ts";
import { execCalls } from "./exec-calls.ts";
import { imageCalls } from "./image-calls.ts";
import { versionSchema } from "./negotiate-version.ts";
import { networkCalls } from "./network-calls.ts";
import { serviceCalls } from "./service-calls.ts";
import { volumeCalls } from "./volume-calls.ts";

const infoSchema = z
  .looseObject({
    Name: z.string(),
    DockerRootDir: z.string(),
    Swarm: z
      .looseObject({
        LocalNodeState: z.string().default("inactive"),
        ControlAvailable: z.boolean().default(false),
        NodeID: z.string().default(""),
      })
      .default({ LocalNodeState: "inactive", ControlAvailable: false, NodeID: "" }),
  })
  .transform(({ Name, DockerRootDir, Swarm }) => ({
    name: Name,
    rootDir: DockerRootDir,
    swarm: { state: Swarm.LocalNodeState, isManager: Swarm.ControlAvailable, nodeId: Swarm.NodeID },
  }));

/** Without an address it is what DOCKER_HOST names, else the socket where an engine listens by default. */
export function connectEngine(address: EngineAddress = {}, clock: Clock = systemClock): Engine {
  const connection = new EngineConnection(address, clock);
  return {
    async version(signal) {
      const call = { what: "ask for the engine's version", method: "GET", path: "/version", signal } as const;
      const { Version, ApiVersion } = await connection.ask(call, versionSchema);
      return { version: Version, apiVersion: ApiVersion };
    },
    info: (signal) =>
      connection.ask(
        { what: "ask the engine about itself", method: "GET", path: "/info", signal },
        infoSchema,
      ),
    containers: containerCalls(connection, clock),
    exec: execCalls(connection, clock),
    images: imageCalls(connection),
    networks: networkCalls(connection),
    volumes: volumeCalls(connection),
    services: serviceCalls(connection),
    close: () => connection.close(),
  };
}
