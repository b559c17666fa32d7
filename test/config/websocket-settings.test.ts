import { describe, expect, it } from "vitest";
import { parseConfig } from "../../src/config/parse-config.ts";
import { PROTOCOL_NAMES, type WebSocketSettings } from "../../src/config/settings.ts";
import { PROTOCOLS } from "../../src/splice/protocols/recognise.ts";

function webSocketOf(keys: string): WebSocketSettings {
  const text = `services:\n  chat: { upstreams: { blue: http://127.0.0.1:3000 }, websocket: { ${keys} } }\n`;
  const [service] = parseConfig(text, "holdgate.yaml", {}).services;
  if (!service) throw new Error("no service came out");
  return service.webSocket;
}

describe("splice", () => {
  it("is a policy, of the service and of a path", () => {
    const settings = webSocketOf("onCutover: splice, paths: { /ws: { onUpstreamLoss: splice } }");
    expect(settings.onCutover).toBe("splice");
    expect(settings.paths).toEqual({ "/ws": { onUpstreamLoss: "splice" } });
  });

  it("has bounds of its own", () => {
    const keys = "maxBytes: 1MiB, totalBytes: 1GiB, maxMessage: 256MiB, onUnknown: keep, unknownWindow: 0";
    expect(webSocketOf(`splice: { ${keys} }`).splice).toEqual({
      maxBytes: 2 ** 20,
      totalBytes: 2 ** 30,
      maxMessageBytes: 2 ** 28,
      onUnknown: "keep",
      unknownWindowMs: 0,
    });
  });
});

describe("a protocol", () => {
  it("has every name that the registry has, and no other", () => {
    expect(PROTOCOL_NAMES.toSorted()).toEqual(PROTOCOLS.map(({ name }) => name).toSorted());
  });

  it.each(PROTOCOL_NAMES.filter((name) => name !== "socket.io"))("%s is nothing but its name", (name) => {
    expect(webSocketOf(`protocol: ${name}`).protocol).toEqual({ name });
  });

  it.each(["auto", "socket.io"])("%s has the options of Socket.IO", (name) => {
    expect(webSocketOf(`protocol: ${name}, socketIo: { loseAcks: true }`).protocol).toEqual({
      name,
      socketIo: { rerunConnect: false, loseAcks: true },
    });
  });

  it("custom is described beside it", () => {
    const described = `
      protocol: custom, replay: { match: "*auth*" }, swallow: { first: 100 },
      heartbeat: { every: 25s, message: '{"type":"ping"}' }`;
    expect(webSocketOf(described).protocol).toEqual({
      name: "custom",
      replay: { match: "*auth*" },
      swallow: { first: 100 },
      heartbeat: { everyMs: 25_000, message: '{"type":"ping"}' },
    });
  });

  it("custom takes a pattern of 256 characters, and each second a message of 4 KiB", () => {
    const described = `
      protocol: custom, replay: { match: ${"x".repeat(256)} },
      heartbeat: { every: 1s, message: ${"é".repeat(2048)} }`;
    expect(webSocketOf(described).protocol).toMatchObject({
      replay: { match: "x".repeat(256) },
      heartbeat: { everyMs: 1000, message: "é".repeat(2048) },
    });
  });

  it("custom may leave out each part of its description", () => {
    const nothing = { name: "custom", replay: null, swallow: null, heartbeat: null };
    expect(webSocketOf("protocol: custom").protocol).toEqual(nothing);
    expect(webSocketOf("protocol: custom, replay: , swallow: null").protocol).toEqual(nothing);
  });

  it("may be one that can never be moved, though it says splice", () => {
    expect(webSocketOf("onCutover: splice, protocol: sockjs").protocol).toEqual({ name: "sockjs" });
  });
});

describe("the protocol of a path", () => {
  it("is not there when the path says nothing of it", () => {
    expect(webSocketOf("protocol: mqtt, paths: { /a: {}, /b: { onCutover: drain } }").paths).toEqual({
      "/a": {},
      "/b": { onCutover: "drain" },
    });
  });

  it("has a description of its own", () => {
    const { paths } = webSocketOf(
      "paths: { /ws: { protocol: custom, replay: { first: 2 } }, /io: { protocol: plain } }",
    );
    expect(paths).toEqual({
      "/ws": { protocol: { name: "custom", replay: { first: 2 }, swallow: null, heartbeat: null } },
      "/io": { protocol: { name: "plain" } },
    });
  });

  it("is the service's with what the path says differently", () => {
    const { paths } = webSocketOf(`
      protocol: custom, replay: { first: 1 }, swallow: { match: "ok*" },
      paths: { /a: { swallow: null }, /b: { replay: { first: 2 } } }`);
    expect(paths).toEqual({
      "/a": { protocol: { name: "custom", replay: { first: 1 }, swallow: null, heartbeat: null } },
      "/b": {
        protocol: { name: "custom", replay: { first: 2 }, swallow: { match: "ok*" }, heartbeat: null },
      },
    });
  });

  it("takes over those options of Socket.IO that it does not say itself", () => {
    const { paths } = webSocketOf(`
      socketIo: { loseAcks: true },
      paths: { /a: { socketIo: { rerunConnect: true } }, /b: { protocol: socket.io } }`);
    expect(paths).toEqual({
      "/a": { protocol: { name: "auto", socketIo: { rerunConnect: true, loseAcks: true } } },
      "/b": { protocol: { name: "socket.io", socketIo: { rerunConnect: false, loseAcks: true } } },
    });
  });
});
