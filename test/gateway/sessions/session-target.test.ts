import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readEngineIoTarget } from "../../../src/gateway/sessions/engine-io-target.ts";
import { readSessionTarget } from "../../../src/gateway/sessions/session-target.ts";

const POLL = "/socket.io/?EIO=4&transport=polling";

function rolesOf(method: string, target: string, webSocket = false) {
  const read = readSessionTarget({ method, target, webSocket });
  return read && [read.role, read.key];
}

describe("a request of Engine.IO", () => {
  it.each([
    ["GET", POLL, ["opens", null]],
    ["GET", `${POLL}&t=x1&b64=1`, ["opens", null]],
    ["GET", "/deep/below/io?transport=polling&t=1&EIO=3", ["opens", null]],
    ["GET", `${POLL}&sid=abc`, ["listens", "engine.io abc"]],
    ["GET", `${POLL}&sid=a%2Bc`, ["listens", "engine.io a+c"]],
    ["GET", `${POLL}&sid=a+c`, ["listens", "engine.io a c"]],
    ["GET", `${POLL}&sid=`, ["opens", null]],
    ["POST", `${POLL}&sid=abc`, ["sends", "engine.io abc"]],
    ["POST", POLL, null],
    ["OPTIONS", `${POLL}&sid=abc`, null],
    ["GET", "/?EIO=4&transport=websocket&sid=abc", null],
    ["GET", "/?EIO=5&transport=polling&sid=abc", null],
    ["GET", "/?EIO=4&transport=webtransport", null],
    ["GET", "/?EIO=4&sid=abc", null],
    ["GET", "/EIO=4&transport=polling&sid=abc", null],
    ["GET", "/?xEIO=4&transport=polling&sid=abc", null],
    ["GET", `${POLL}&sid=${"a".repeat(257)}`, null],
    ["GET", `${POLL}&sid=%`, ["listens", "engine.io %"]],
    ["GET", `${POLL}&sid=%ff%zz`, ["listens", "engine.io \ufffd%zz"]],
    ["GET", "*", null],
    ["GET", "/", null],
  ])("%s %s", (method, target, expected) => {
    expect(rolesOf(method, target)).toEqual(expected);
  });

  it("goes on over a WebSocket, unless it has begun as one", () => {
    expect(rolesOf("GET", "/?EIO=4&transport=websocket&sid=abc", true)).toEqual([
      "upgrades",
      "engine.io abc",
    ]);
    expect(rolesOf("GET", "/?EIO=4&transport=websocket", true)).toBeNull();
  });

  it.each([
    [`${POLL}&j=12`, "12"],
    [`${POLL}&j=`, ""],
    [`${POLL}&j=1;alert(2)`, "12"],
    [POLL, null],
  ])("%s has the callback %j: digits only, as the server sees it", (target, jsonp) => {
    expect(readEngineIoTarget(target)?.jsonp).toBe(jsonp);
  });
});

describe("a request of SockJS", () => {
  it.each([
    ["POST", "/chat/000/abcd/xhr", ["listens", "sockjs /chat/000/abcd"]],
    ["POST", "/chat/000/abcd/xhr?t=1", ["listens", "sockjs /chat/000/abcd"]],
    ["POST", "/chat/000/abcd/xhr/", ["listens", "sockjs /chat/000/abcd"]],
    ["POST", "/a/b/c/server/session/xhr_streaming", ["listens", "sockjs /a/b/c/server/session"]],
    ["POST", "/000/abcd/xhr_send", ["sends", "sockjs /000/abcd"]],
    ["POST", "/chat/000/abcd/jsonp_send", ["sends", "sockjs /chat/000/abcd"]],
    ["GET", "/chat/000/abcd/jsonp?c=f", ["listens", "sockjs /chat/000/abcd"]],
    ["GET", "/chat/000/abcd/eventsource", ["listens", "sockjs /chat/000/abcd"]],
    ["GET", "/chat/000/abcd/htmlfile?c=f", ["listens", "sockjs /chat/000/abcd"]],
    ["GET", "/chat/000/abcd/websocket", null],
    ["GET", "/chat/000/abcd/xhr", null],
    ["OPTIONS", "/chat/000/abcd/xhr", null],
    ["POST", "/chat/000/abcd/eventsource", null],
    ["POST", "/chat/000/abcd/xhr_other", null],
    ["POST", "/chat/000/abcd/xhr//", null],
    ["POST", "/abcd/xhr", null],
    ["POST", "/xhr", null],
    ["POST", "/chat//abcd/xhr", null],
    ["POST", "/chat/0.0/abcd/xhr", null],
    ["POST", "/chat/000/ab.d/xhr", null],
    ["POST", "xhr", null],
    ["POST", "", null],
    ["POST", `/chat/000/${"a".repeat(600)}/xhr`, null],
  ])("%s %s", (method, target, expected) => {
    expect(rolesOf(method, target)).toEqual(expected);
  });
});

describe("whatever stands in a target", () => {
  // Bytes that pass the engine's own look: visible ASCII without the hash.
  const character = fc.integer({ min: 33, max: 126 }).map((code) => String.fromCharCode(code));
  const visible = fc.string({ unit: character });
  const piece = fc.oneof(
    visible,
    fc.constantFrom("EIO=", "4", "3", "&", "?", "transport=", "polling", "websocket", "sid=", "j=", "%"),
    fc.constantFrom("/", "000", "abcd", "xhr", "xhr_send", "jsonp", "eventsource", "c=", "f"),
  );
  const targets = fc.array(piece, { maxLength: 20 }).map((pieces) => `/${pieces.join("")}`);

  it("the reading of it never throws, and a session's name is what the query says", () => {
    fc.assert(
      fc.property(
        targets,
        fc.constantFrom("GET", "POST", "PUT"),
        fc.boolean(),
        (target, method, webSocket) => {
          const read = readSessionTarget({ method, target, webSocket });
          const engineIo = readEngineIoTarget(target);
          const query = new URLSearchParams(
            target.includes("?") ? target.slice(target.indexOf("?") + 1) : "",
          );
          if (engineIo !== null) {
            expect(engineIo.sid ?? "").toBe(query.get("sid") ?? "");
            expect(String(engineIo.version)).toBe(query.get("EIO"));
            expect(engineIo.transport).toBe(query.get("transport"));
          }
          if (read?.protocol === "sockjs") {
            const [path] = target.split("?");
            expect(`${read.sockJs.session}/${read.sockJs.transport}`).toBe(path?.replace(/\/$/u, ""));
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("what Engine.IO's own client asks for is seen, whatever the names", () => {
    const sid = fc.string({ minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(sid, fc.constantFrom("3", "4"), (name, version) => {
        const query = new URLSearchParams({ EIO: version, transport: "polling", t: "x", sid: name });
        expect(readEngineIoTarget(`/io/?${query.toString()}`)?.sid).toBe(query.get("sid"));
      }),
    );
  });
});
