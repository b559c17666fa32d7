// Starts the stand-in as what its environment says (settings.ts), and ends it on SIGTERM as soon as what it does is
// done: as the first process of a container it would otherwise not hear the signal at all.

import { existsSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { createEdge } from "./edge.ts";
import { keepBeating } from "./heartbeat.ts";
import { createRedis } from "./redis.ts";
import { createRouter } from "./router.ts";
import { migrate, schemaOnDisk } from "./schema.ts";
import { readSettings, type Settings } from "./settings.ts";
import { createWeb } from "./web.ts";

const settings = readSettings();

process.on("SIGTERM", () => void stopSoon()).on("SIGINT", () => void stopSoon());
let stop: () => Promise<void> | void = () => {};

async function start(): Promise<void> {
  if (settings.crash !== null) exit(settings.crash, "crashed at the start");
  const missing = settings.requiredFiles.find((file) => !existsSync(file));
  if (missing !== undefined) exit(4, `${missing} is missing`);
  if (!["db", "proxy", "redis", "router"].includes(settings.role)) await checkSchema();
  await sleep(settings.bootMs);
  if (settings.role === "worker" || settings.role === "beat") stop = keepBeating(settings);
  else await listen(await createServerOf(settings));
  console.log(`${settings.role} ${settings.version} ready in ${Math.round(performance.now())}ms`);
  if (settings.crashAfterMs !== null) {
    setTimeout(() => exit(1, "crashed after a while"), settings.crashAfterMs);
  }
}

async function checkSchema(): Promise<void> {
  const isOld = schemaOnDisk(settings) < settings.schemaVersion;
  if (isOld && settings.migratesAtStart) await migrate(settings);
  if (schemaOnDisk(settings) > settings.schemaUpTo) exit(3, "the schema is newer than this version");
}

async function createServerOf({ role }: Settings): Promise<Server> {
  if (role === "proxy") return createEdge(settings);
  if (role === "router") return createRouter(settings);
  if (role === "redis") return createRedis(settings);
  if (role === "db") return createServer((socket) => void socket.on("error", () => {}).end());
  return createWeb(settings);
}

async function listen(server: Server): Promise<void> {
  stop = endWithRequests(server);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.on("error", reject).listen(settings.port, "0.0.0.0", resolve);
  await promise;
}

/** Ends when the requests in flight are answered; WebSockets end with the process, without a Close. */
function endWithRequests(server: Server): () => Promise<void> {
  const idle = Promise.withResolvers<void>();
  let inFlight = 0;
  let isStopping = false;
  const settle = (): void => {
    if (isStopping && inFlight === 0) idle.resolve();
  };
  server.on("request", (_request: IncomingMessage, response: ServerResponse) => {
    inFlight += 1;
    response.on("close", () => {
      inFlight -= 1;
      settle();
    });
  });
  return () => {
    server.close();
    isStopping = true;
    settle();
    return idle.promise;
  };
}

async function stopSoon(): Promise<void> {
  await sleep(settings.stopMs);
  await stop();
  exit(0, "stopped");
}

function exit(code: number, reason: string): never {
  console.log(`${settings.role} ${settings.version}: ${reason}`);
  process.exit(code);
}

await start();
