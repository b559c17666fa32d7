// What the gateway answers in the app's place to a request of a session whose app is gone: who listens is told that the
// session is closed, in the protocol's own words, and comes back by itself; who sends learns that it was not taken.
// (Engine.IO's server would answer `400 Session ID unknown`, which its clients report as an error.)

import type { LocalAnswer } from "../../proxy/local-answer.ts";
import type { EngineIoTarget } from "./engine-io-target.ts";
import type { SessionTarget } from "./session-target.ts";
import type { SockJsTarget } from "./sockjs-target.ts";

const JAVASCRIPT = "text/javascript; charset=UTF-8";
const TEXT = "text/plain; charset=UTF-8";
// 1012 is what a WebSocket is told in the same situation; never 1000, which means that the client is not wanted.
const SOCKJS_CLOSE = 'c[1012,"service restart"]';

interface Said {
  type: string;
  body: string;
}

/** `origin`: of the page that asks. The answer says nothing of anybody, so that any page may read it. */
export function sessionEndAnswer(target: SessionTarget, origin: string | undefined): LocalAnswer {
  const said = target.role === "listens" ? closing(target) : null;
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

function closing(target: SessionTarget): Said | null {
  return target.protocol === "engine.io" ? ofEngineIo(target.engineIo) : ofSockJs(target.sockJs);
}

/** The packet `1`; protocol 3 puts the length before it. */
function ofEngineIo({ version, jsonp }: EngineIoTarget): Said {
  const packet = version === 3 ? "1:1" : "1";
  if (jsonp === null) return { type: TEXT, body: packet };
  return { type: JAVASCRIPT, body: `___eio[${jsonp}]("${packet}");` };
}

function ofSockJs({ transport, callback }: SockJsTarget): Said | null {
  switch (transport) {
    case "xhr":
    case "xhr_streaming":
      return { type: "application/javascript; charset=UTF-8", body: `${SOCKJS_CLOSE}\n` };
    case "eventsource":
      return { type: "text/event-stream", body: `\r\ndata: ${SOCKJS_CLOSE}\r\n\r\n` };
    case "jsonp":
      if (callback === null) return null;
      return { type: JAVASCRIPT, body: `/**/${callback}(${JSON.stringify(SOCKJS_CLOSE)});\r\n` };
    case "htmlfile":
      return callback === null ? null : { type: "text/html; charset=UTF-8", body: htmlFile(callback) };
    case "xhr_send":
    case "jsonp_send":
      return null;
  }
}

function htmlFile(callback: string): string {
  return [
    "<!doctype html>\n<html><head></head><body><script>",
    `var c = parent.${callback};c.start();c.message(${JSON.stringify(SOCKJS_CLOSE)});`,
    "window.onload = function() {c.stop();};</script></body></html>\n",
  ].join("\n");
}
