import { decodePayload } from "engine.io-parser";
import { expect, it } from "vitest";
import { sessionEndAnswer } from "../../../src/gateway/sessions/session-end-answer.ts";
import { readSessionTarget } from "../../../src/gateway/sessions/session-target.ts";

function answerTo(method: string, target: string, webSocket = false, origin?: string) {
  const read = readSessionTarget({ method, target, webSocket });
  if (read === null) throw new Error(`${target} is of no session`);
  return sessionEndAnswer(read, origin);
}

const POLL = "/socket.io/?EIO=4&transport=polling&sid=a";

it.each([
  ["protocol 4", POLL, "text/plain; charset=UTF-8", "1"],
  ["protocol 3", POLL.replace("4", "3"), "text/plain; charset=UTF-8", "1:1"],
  ["JSONP", `${POLL}&j=7`, "text/javascript; charset=UTF-8", '___eio[7]("1");'],
  [
    "JSONP of protocol 3",
    `${POLL.replace("4", "3")}&j=7`,
    "text/javascript; charset=UTF-8",
    '___eio[7]("1:1");',
  ],
  [
    "JSONP with more than a number",
    `${POLL}&j=7](alert(1)`,
    "text/javascript; charset=UTF-8",
    '___eio[71]("1");',
  ],
])("a poll of Engine.IO by %s gets its close packet", (_, target, type, body) => {
  const answer = answerTo("GET", target);
  expect(answer).toMatchObject({ status: 200, body, headers: { "Content-Type": type } });
  expect(answer.headers["Cache-Control"]).toBe("no-store");
});

it("the close packet is what Engine.IO's own parser takes for one", () => {
  const { body } = answerTo("GET", POLL);
  expect(decodePayload(String(body), "nodebuffer")).toEqual([{ type: "close" }]);
});

it.each([
  ["POST", POLL, false],
  ["GET", POLL.replace("polling", "websocket"), true],
  ["POST", "/echo/000/abcd/xhr", false],
  ["POST", "/echo/000/abcd/xhr_send", false],
  ["GET", "/echo/000/abcd/eventsource", false],
])("%s %s is told that there is no such session any more", (method, target, webSocket) => {
  expect(answerTo(method, target, webSocket).status).toBe(410);
});

it("a page of another origin may read it, with its credentials, and nobody else's is told", () => {
  expect(answerTo("GET", POLL, false, "https://chat.example").headers).toMatchObject({
    "Access-Control-Allow-Origin": "https://chat.example",
    "Access-Control-Allow-Credentials": "true",
    Vary: "Origin",
  });
  expect(Object.keys(answerTo("GET", POLL).headers).join()).not.toContain("Access-Control");
});
