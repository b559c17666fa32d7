// What the gateway answers in the app's place to a request of a session whose app is gone, so that its client opens
// another at once:
//
//   Engine.IO, listening     its close packet, for which clients come back by themselves (the app's own answer would be
//                            `400 Session ID unknown`, which they report as an error)
//   everything else          410: who sends learns that it was not taken; an attempt to upgrade ends, and the polls go on
//
// SockJS has a close frame, too, but clients call that a clean close (`wasClean`), and apps that reconnect only after
// others would not come back. An error is what they would see of any app that is restarted.

import type { LocalAnswer } from "../../proxy/local-answer.ts";
import type { EngineIoTarget } from "./engine-io-target.ts";
import type { SessionTarget } from "./session-target.ts";

const TEXT = "text/plain; charset=UTF-8";
const JAVASCRIPT = "text/javascript; charset=UTF-8";

interface Said {
  type: string;
  body: string;
}

/** `origin`: of the page that asks. The answer says nothing of anybody, so that any page may read it. */
export function sessionEndAnswer(target: SessionTarget, origin: string | undefined): LocalAnswer {
  const closing = target.protocol === "engine.io" && target.role === "listens";
  const said = closing ? closePacket(target.engineIo) : null;
  const headers: Record<string, string> = {
    "Content-Type": said?.type ?? TEXT,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
  };
  if (origin !== undefined) {
    headers["Access-Control-Allow-Origin"] = origin;
    headers["Access-Control-Allow-Credentials"] = "true";
    headers["Vary"] = "Origin";
  }
  if (said !== null) return { status: 200, headers, body: said.body };
  return { status: 410, headers, body: "This session has ended; the client has to connect again.\n" };
}

/** `1`; protocol 3 puts the length before it. */
function closePacket({ version, jsonp }: EngineIoTarget): Said {
  const packet = version === 3 ? "1:1" : "1";
  if (jsonp === null) return { type: TEXT, body: packet };
  return { type: JAVASCRIPT, body: `___eio[${jsonp}]("${packet}");` };
}
