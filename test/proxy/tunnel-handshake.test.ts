import { once } from "node:events";
import { describe, expect, onTestFinished, test } from "vitest";
import { type ClientOptions, WebSocket } from "ws";
import { type EchoUpstream, type EchoUpstreamOptions, startEchoUpstream } from "../support/echo-upstream.ts";
import { eventually } from "../support/eventually.ts";
import { rawClient } from "../support/raw-client.ts";
import { OK, RawUpstream } from "../support/raw-upstream.ts";
import { RawWebSocket, type RawWebSocketOptions } from "../support/raw-websocket.ts";
import { startEngine } from "../support/start-engine.ts";
import { switching, TunnelServer } from "../support/tunnel-server.ts";
import { BINARY, CONTINUATION, makeFrame, TEXT } from "../support/websocket-frames.ts";

interface Behind {
  upstream: EchoUpstream;
  port: number;
}

/** The engine in front of an echo app, both gone with the test. */
async function startEcho(options: EchoUpstreamOptions = {}): Promise<Behind> {
  const upstream = await startEchoUpstream(options);
  onTestFinished(() => upstream.close());
  const { port } = await startEngine({ urls: [upstream.url] });
  return { upstream, port };
}

async function openClient(port: number, protocols: string[], options: ClientOptions): Promise<WebSocket> {
  const client = new WebSocket(`ws://127.0.0.1:${port}/ws`, protocols, options);
  onTestFinished(() => client.terminate());
  await once(client, "open");
  return client;
}

async function startRaw(port: number, options: RawWebSocketOptions = {}): Promise<RawWebSocket> {
  const client = new RawWebSocket(port, options);
  onTestFinished(() => client.destroy());
  await client.answered;
  return client;
}

describe("a handshake that the upstream refuses", () => {
  test("is answered with what it said, and the connection can be used again", async () => {
    const upstream = await RawUpstream.start((request) => {
      const refused =
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\nContent-Length: 4\r\n\r\nwho?";
      request.connection.send(request.target === "/ws" ? refused : OK);
    });
    const { port } = await startEngine({ urls: [upstream.url] });
    const client = await rawClient(port);
    client.send(
      "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    await client.hears("who?");
    expect(client.heard).toBe(
      "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\nContent-Length: 4\r\n\r\nwho?",
    );
    client.send("GET /next HTTP/1.1\r\nHost: a\r\n\r\n");
    await client.hears("\r\n\r\nok");
    expect(upstream.targets).toEqual(["/ws", "/next"]);
  });

  test("by closing the connection is answered with 502", async () => {
    const upstream = await RawUpstream.start((request) => void request.connection.socket.end());
    const { port } = await startEngine({ urls: [upstream.url] });
    const client = await startRaw(port);
    expect(client.head).toMatch(/^HTTP\/1.1 502 /);
  });
});

describe("a switch of protocols that nobody asked for", () => {
  test.each([
    ["without any Upgrade in the request", "GET /page HTTP/1.1\r\nHost: a\r\n\r\n"],
    [
      "when the request asked for another protocol",
      "GET /page HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    ],
    [
      "when the request was no GET",
      "POST /page HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n",
    ],
  ])("is answered with 502: %s", async (_, request) => {
    const upstream = await RawUpstream.start(switching("x"));
    const { port, owner } = await startEngine({ urls: [upstream.url] });
    const client = await rawClient(port);
    client.send(request);
    await client.hears("\r\n\r\n");
    expect(client.heard).toMatch(/^HTTP\/1.1 502 /);
    expect(owner.failures.map(({ kind }) => kind)).toEqual(["malformed"]);
    expect(owner.tunnels).toEqual([]);
  });

  test("is answered with 502 when it is to another protocol than WebSocket", async () => {
    const upstream = await RawUpstream.start(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n",
    );
    const { port } = await startEngine({ urls: [upstream.url] });
    expect((await startRaw(port)).head).toMatch(/^HTTP\/1.1 502 /);
  });
});

describe("bytes that come early", () => {
  test("frames right behind the client's handshake reach the upstream, in order", async () => {
    const server = await TunnelServer.start();
    onTestFinished(() => server.close());
    const { port } = await startEngine({ urls: [server.url] });
    const first = makeFrame(TEXT, "first", { masked: true });
    const half = makeFrame(TEXT, "second", { masked: true });
    const client = await startRaw(port, { behind: Buffer.concat([first, half.subarray(0, 4)]) });
    client.socket.write(half.subarray(4));
    await eventually(() => expect(server.tunnels[0]?.messages).toEqual(["first", "second"]));
    expect(server.tunnels[0]?.received.problem).toBeNull();
  });

  test("frames in one packet with the upstream's 101 reach the client, also half a frame", async () => {
    const frame = makeFrame(BINARY, Buffer.alloc(500));
    const server = await TunnelServer.start({
      answer: (accepting) =>
        Buffer.concat([
          Buffer.from(switching(accepting)),
          makeFrame(TEXT, "welcome"),
          frame.subarray(0, 100),
        ]),
    });
    onTestFinished(() => server.close());
    const { port } = await startEngine({ urls: [server.url] });
    const client = await startRaw(port);
    await eventually(() => expect(client.received.unreadBytes).toBe(100));
    expect(client.messages).toEqual(["welcome"]);
    server.tunnels[0]?.write(frame.subarray(100));
    await eventually(() => expect(client.received.frames).toBe(2));
    expect(client.received).toMatchObject({ problem: null, unreadBytes: 0 });
  });

  test("a 101 that comes byte by byte opens the tunnel all the same", async () => {
    const upstream = await RawUpstream.start((request) => {
      const bytes = Buffer.from(switching("whatever"), "latin1");
      void request.connection.sendInPieces(Array.from(bytes, (byte) => Buffer.from([byte])));
    });
    const { port } = await startEngine({ urls: [upstream.url] });
    const client = await startRaw(port);
    expect(client.head).toMatch(/^HTTP\/1.1 101 /);
    expect(client.header("upgrade")).toBe("websocket");
    expect(client.header("connection")).toBe("Upgrade");
  });
});

describe("with a WebSocket library on both sides", () => {
  test("the subprotocol that the app chose is kept", async () => {
    const { port } = await startEcho({ subprotocol: "chat.v2" });
    const client = await openClient(port, ["chat.v1", "chat.v2"], {});
    expect(client.protocol).toBe("chat.v2");
  });

  test("permessage-deflate is negotiated end to end and its messages pass", async () => {
    const { port } = await startEcho({ perMessageDeflate: true });
    const client = await openClient(port, [], { perMessageDeflate: { threshold: 0 } });
    expect(client.extensions).toContain("permessage-deflate");
    const text = "the same words again and again, ".repeat(5000);
    client.send(text);
    const [echo]: Buffer[] = await once(client, "message");
    expect(echo?.toString()).toBe(text);
  });

  test("a ping is answered by the app, not by the gateway", async () => {
    const { port, upstream } = await startEcho();
    const client = await openClient(port, [], {});
    const pinged = new Promise((resolve) => upstream.tunnels[0]?.once("ping", resolve));
    client.ping("are you there");
    const [payload]: Buffer[] = await once(client, "pong");
    expect(payload?.toString()).toBe("are you there");
    await pinged;
  });

  test("a message of 5 MiB comes back unchanged", async () => {
    const { port } = await startEcho();
    const client = await openClient(port, [], { maxPayload: 10 * 1024 * 1024 });
    const message = Buffer.alloc(5 * 1024 * 1024, "some bytes that are no multiple of the buffer");
    client.send(message);
    const [echo]: Buffer[] = await once(client, "message");
    expect(echo?.equals(message)).toBe(true);
  });
});

test("a fragmented message may be open in both directions at once, and neither disturbs the other", async () => {
  const server = await TunnelServer.start();
  onTestFinished(() => server.close());
  const { port } = await startEngine({ urls: [server.url] });
  const client = await startRaw(port);
  const [end] = server.tunnels;
  client.sendFrame(TEXT, "a", { final: false });
  end?.write(makeFrame(TEXT, "b", { final: false }));
  client.sendFrame(CONTINUATION, "c");
  end?.write(makeFrame(CONTINUATION, "d"));
  await eventually(() => expect([client.received.frames, end?.received.frames]).toEqual([2, 2]));
  expect([client.received.problem, end?.received.problem]).toEqual([null, null]);
});
