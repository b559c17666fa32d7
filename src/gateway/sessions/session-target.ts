// Whether a request belongs to a session that lives in the memory of one process, and what it does in it.
//
//   opens      asks for a session, and is given its name by the answer (Engine.IO)
//   listens    waits for what the app has to say; of SockJS the first of these opens the session
//   sends      says something to the app
//   upgrades   goes on with the session over a WebSocket (Engine.IO)

import type { RequestHead } from "../../proxy/request-head.ts";
import { type EngineIoTarget, readEngineIoTarget } from "./engine-io-target.ts";
import { readSockJsTarget, type SockJsTarget } from "./sockjs-target.ts";

export type SessionRole = "opens" | "listens" | "sends" | "upgrades";

export type SessionTarget = {
  role: SessionRole;
  /** How the session is known; null: it has no name yet. */
  key: string | null;
} & (
  | { protocol: "engine.io"; engineIo: EngineIoTarget }
  | {
      protocol: "sockjs";
      sockJs: SockJsTarget;
    }
);

export type SessionHead = Pick<RequestHead, "method" | "target" | "webSocket">;

/** Null: it belongs to no session of that kind. */
export function readSessionTarget(head: SessionHead): SessionTarget | null {
  const engineIo = readEngineIoTarget(head.target);
  if (engineIo !== null) return ofEngineIo(head, engineIo);
  const sockJs = readSockJsTarget(head.target);
  return sockJs === null ? null : ofSockJs(head, sockJs);
}

export function engineIoKey(sid: string): string {
  return `engine.io ${sid}`;
}

/** Its answer is a stream of lines, which ends only when somebody ends it. */
export function isLineStream(target: SessionTarget): boolean {
  if (target.protocol !== "sockjs") return false;
  const { transport } = target.sockJs;
  return transport === "xhr_streaming" || transport === "htmlfile";
}

function ofEngineIo({ method, webSocket }: SessionHead, engineIo: EngineIoTarget): SessionTarget | null {
  const role = roleInEngineIo(method, webSocket, engineIo);
  if (role === null) return null;
  const key = engineIo.sid === null ? null : engineIoKey(engineIo.sid);
  return { protocol: "engine.io", engineIo, role, key };
}

function roleInEngineIo(
  method: string,
  webSocket: boolean,
  { transport, sid }: EngineIoTarget,
): SessionRole | null {
  // Without a name it is a session that has begun as a WebSocket, and stays one.
  if (transport === "websocket") return webSocket && sid !== null ? "upgrades" : null;
  if (method === "POST") return sid === null ? null : "sends";
  if (method !== "GET") return null;
  return sid === null ? "opens" : "listens";
}

function ofSockJs({ method }: SessionHead, sockJs: SockJsTarget): SessionTarget | null {
  const { transport, session } = sockJs;
  const isSend = transport === "xhr_send" || transport === "jsonp_send";
  const wants = isSend || transport.startsWith("xhr") ? "POST" : "GET";
  if (method !== wants) return null;
  return { protocol: "sockjs", sockJs, role: isSend ? "sends" : "listens", key: `sockjs ${session}` };
}
