// The answers of the health endpoints, each in the shape of the system it stands for.

import { existsSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { connect } from "node:net";
import { schemaOnDisk } from "./schema.ts";
import type { Settings } from "./settings.ts";

let probes = 0;

export async function answerHealth(settings: Settings, response: ServerResponse): Promise<void> {
  probes += 1;
  const databaseAnswers = await connects(settings.dbHost);
  const isGood = databaseAnswers && healthNow(settings);
  switch (settings.healthShape) {
    case "chatalot":
      // 200 with a dead database too: only the body tells.
      return answer(response, 200, chatalotBody(settings, isGood));
    case "makechat":
      return answer(response, isGood ? 200 : 500, { version: settings.reportedVersion });
    default:
      return answer(response, isGood ? 200 : 503, { version: settings.reportedVersion });
  }
}

function chatalotBody(settings: Settings, isGood: boolean): object {
  return {
    status: isGood ? "ok" : "degraded",
    db_healthy: isGood,
    version: settings.reportedVersion,
    uptime_secs: Math.floor(process.uptime()),
  };
}

function healthNow(settings: Settings): boolean {
  if (schemaOnDisk(settings) < settings.schemaVersion) return false;
  const [, file] = /^file:(.*)$/.exec(settings.health) ?? [];
  if (file !== undefined) return existsSync(file);
  return settings.health === "ok" || (settings.health === "flap" && probes % 2 === 1);
}

/** Whether something listens there; true when nothing is asked for. */
async function connects(address: string | null): Promise<boolean> {
  if (address === null) return true;
  const [host = "", port = ""] = address.split(":");
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host, port: Number(port), timeout: 1_000 });
  socket.on("connect", () => resolve(true));
  socket.on("timeout", () => resolve(false)).on("error", () => resolve(false));
  const result = await promise;
  socket.destroy();
  return result;
}

export function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(JSON.stringify(body));
}
