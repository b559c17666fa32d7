import { describe, expect, it } from "vitest";
import { refusalOf } from "./refusal-of.ts";

/** The first of the keys stands on line 4, in column 18. */
function inWebSocket(keys: string): string[] {
  const services = "services:\n  chat:\n    upstreams: { blue: http://127.0.0.1:3000 }\n";
  return refusalOf(`${services}    websocket: { ${keys} }\n`).split("\n");
}

function withPlaces(problems: readonly string[]): string[] {
  return problems.map((problem) => `holdgate.yaml:${problem.replace("~", "services.chat.websocket")}`);
}

const NAMES =
  "auto, plain, first-message, socket.io, actioncable, phoenix, graphql-transport-ws, stomp, mqtt, mattermost, " +
  "chatalot, sockjs, signalr, xmpp, custom";

describe("a policy", () => {
  it.each([
    ["onCutover: splcie", '4:18: ~.onCutover: found "splcie", expected drain or reconnect or splice'],
    ["onUpstreamLoss: drain", '4:18: ~.onUpstreamLoss: found "drain", expected reconnect or splice'],
    [
      "paths: { /ws: { onCutover: keep } }",
      '4:34: ~.paths["/ws"].onCutover: found "keep", expected drain or reconnect or splice',
    ],
  ])("%s", (keys, problem) => {
    expect(inWebSocket(keys)).toEqual(withPlaces([problem]));
  });
});

describe("a protocol's name", () => {
  it.each([
    [
      "protocol: socketio",
      '4:18: ~.protocol: found "socketio", expected the name of a protocol; did you mean socket.io?',
    ],
    [
      "protocol: carrier-pigeon",
      `4:18: ~.protocol: found "carrier-pigeon", expected one of the protocols ${NAMES}`,
    ],
    ["protocol: 5", `4:18: ~.protocol: found 5, expected one of the protocols ${NAMES}`],
    [
      "paths: { /ws: { protocol: Action-Cable } }",
      '4:34: ~.paths["/ws"].protocol: found "Action-Cable", expected the name of a protocol; did you mean actioncable?',
    ],
  ])("%s", (keys, problem) => {
    expect(inWebSocket(keys)).toEqual(withPlaces([problem]));
  });
});

describe("what describes another protocol", () => {
  it.each([
    [
      "replay: { first: 1 }",
      "4:18: ~.replay: found a mapping, which goes with protocol: custom; here it is auto",
    ],
    [
      "protocol: plain, swallow: { first: 1 }, heartbeat: { every: 25s, message: hi }",
      "4:35: ~.swallow: found a mapping, which goes with protocol: custom; here it is plain",
      "4:58: ~.heartbeat: found a mapping, which goes with protocol: custom; here it is plain",
    ],
    [
      "protocol: custom, socketIo: { loseAcks: true }",
      "4:36: ~.socketIo: found a mapping, which goes with protocol: socket.io or auto; here it is custom",
    ],
    [
      "protocol: custom, paths: { /ws: { protocol: stomp, replay: { first: 1 } } }",
      '4:69: ~.paths["/ws"].replay: found a mapping, which goes with protocol: custom; here it is stomp',
    ],
    [
      "protocol: mqtt, paths: { /ws: { socketIo: {} } }",
      '4:50: ~.paths["/ws"].socketIo: found an empty mapping, which goes with protocol: socket.io or auto; here it is mqtt',
    ],
  ])("%s is refused, not ignored", (keys, ...problems) => {
    expect(inWebSocket(keys)).toEqual(withPlaces(problems));
  });

  it("is not complained of where the protocol itself is not understood", () => {
    const [problem, ...others] = inWebSocket("protocol: nonsense, replay: { first: 1 }");
    expect(problem).toContain('websocket.protocol: found "nonsense"');
    expect(others).toEqual([]);
  });

  it("is complained of beside the other problems of the file", () => {
    expect(inWebSocket("onCutover: wait, replay: { first: 1 }")).toEqual(
      withPlaces([
        '4:18: ~.onCutover: found "wait", expected drain or reconnect or splice',
        "4:35: ~.replay: found a mapping, which goes with protocol: custom; here it is auto",
      ]),
    );
  });
});

describe("the messages of a custom protocol", () => {
  it.each([
    ["{ first: 0 }", "46: ~.replay.first: found 0, expected a whole number of 1 to 100"],
    ["{ first: 101 }", "46: ~.replay.first: found 101, expected a whole number of 1 to 100"],
    ["{ first: 1.5 }", "46: ~.replay.first: found 1.5, expected a whole number of 1 to 100"],
    [
      '{ match: "" }',
      '46: ~.replay.match: found "", expected a pattern of 1 to 256 characters, such as auth*',
    ],
    [
      `{ match: ${"x".repeat(257)} }`,
      `46: ~.replay.match: found "${"x".repeat(60)}…", expected a pattern of 1 to 256 characters, such as auth*`,
    ],
    ["{ frist: 1 }", "46: ~.replay.frist: unknown key; did you mean first?"],
    [
      "{ first: 1, match: auth }",
      "36: ~.replay: found a mapping, expected either first: a number of messages, or match: a pattern",
    ],
    [
      "{}",
      "36: ~.replay: found an empty mapping, expected either first: a number of messages, or match: a pattern",
    ],
    ["1", "36: ~.replay: found 1, expected a mapping with any of the keys first, match"],
  ])("replay: %s", (replay, problem) => {
    expect(inWebSocket(`protocol: custom, replay: ${replay}`)).toEqual(withPlaces([`4:${problem}`]));
  });
});

describe("the heartbeat of a custom protocol", () => {
  const MESSAGE_EXPECTED = "expected the text of a message in quotes, of at most 4 KiB";

  it.each([
    [
      "{ every: 999ms, message: hi }",
      '49: ~.heartbeat.every: found "999ms", expected a duration of at least 1s',
    ],
    ["{ message: hi }", "36: ~.heartbeat.every: missing, expected a duration such as 30s or 5m"],
    ["{ every: 25s }", `36: ~.heartbeat.message: missing, ${MESSAGE_EXPECTED}`],
    [
      '{ every: 25s, message: {"type":"ping"} }',
      `61: ~.heartbeat.message: found a mapping, ${MESSAGE_EXPECTED}`,
    ],
    [
      `{ every: 25s, message: ${"e".repeat(4097)} }`,
      `61: ~.heartbeat.message: found "${"e".repeat(60)}…", ${MESSAGE_EXPECTED}`,
    ],
    [
      `{ every: 25s, message: ${"é".repeat(2049)} }`,
      `61: ~.heartbeat.message: found "${"é".repeat(60)}…", ${MESSAGE_EXPECTED}`,
    ],
  ])("%.60s", (heartbeat, problem) => {
    expect(inWebSocket(`protocol: custom, heartbeat: ${heartbeat}`)).toEqual(withPlaces([`4:${problem}`]));
  });
});

describe("socketIo and splice", () => {
  it.each([
    ["socketIo: { rerunConnect: yes }", '4:30: ~.socketIo.rerunConnect: found "yes", expected true or false'],
    ["socketIo: { loseAck: true }", "4:30: ~.socketIo.loseAck: unknown key; did you mean loseAcks?"],
    ["splice: { maxBytes: 0 }", "4:28: ~.splice.maxBytes: found 0, expected a size such as 64KiB or 8MiB"],
    [
      "splice: { maxMessage: 1GiB }",
      '4:28: ~.splice.maxMessage: found "1GiB", expected a size of at most 256MiB',
    ],
    ["splice: { onUnknown: lose }", '4:28: ~.splice.onUnknown: found "lose", expected reconnect or keep'],
    [
      "splice: { unknownWindow: 1 second }",
      '4:28: ~.splice.unknownWindow: found "1 second", expected a duration such as 30s or 5m',
    ],
    [
      "paths: { /ws: { splice: {} } }",
      '4:34: ~.paths["/ws"].splice: unknown key; the keys here are onCutover, onUpstreamLoss, protocol, replay, swallow, heartbeat, socketIo',
    ],
  ])("%s", (keys, problem) => {
    expect(inWebSocket(keys)).toEqual(withPlaces([problem]));
  });
});
