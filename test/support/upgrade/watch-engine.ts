// What the engine did to the containers of a sandbox, as it tells in its events: the one witness of an order that does
// not come from the code under test.

import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import { ENGINE_SOCKET, filters } from "../docker/call-engine.ts";
import type { Sandbox } from "../docker/sandbox.ts";

export interface EngineEvent {
  /** `start`, `die`, `exec_start: pg_dump -Fc`, … */
  action: string;
  /** Of the container, at that time. */
  name: string;
  id: string;
  /** Milliseconds since 1970. */
  at: number;
  exitCode: number | null;
}

interface Told {
  Action: string;
  Actor: { ID: string; Attributes: { name?: string; exitCode?: string } };
  timeNano: number;
}

/** Until the test is over. Containers count that have the sandbox's label, from their images at least. */
export async function watchEngine(sandbox: Sandbox): Promise<EngineEvent[]> {
  const label = Object.entries(sandbox.labels).map(([key, value]) => `${key}=${value}`);
  const events: EngineEvent[] = [];
  const path = `/events?${filters({ type: ["container"], label })}`;
  const outgoing = request({ socketPath: ENGINE_SOCKET, path, agent: false });
  onTestFinished(() => void outgoing.destroy());
  const answer = await answerOf(outgoing);
  // The stream is cut at the end of the test.
  const lines = createInterface({ input: answer }).on("error", () => {});
  lines.on("line", (line) => events.push(eventOf(JSON.parse(line))));
  return events;
}

function answerOf(outgoing: ClientRequest): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  outgoing.on("response", resolve).on("error", reject);
  outgoing.end();
  return promise;
}

function eventOf({ Action: action, Actor, timeNano }: Told): EngineEvent {
  const { name = "", exitCode } = Actor.Attributes;
  const code = exitCode === undefined ? null : Number(exitCode);
  return { action, name, id: Actor.ID, at: timeNano / 1_000_000, exitCode: code };
}
