import { randomBytes } from "node:crypto";
import { describe, expect, onTestFinished, test } from "vitest";
import type { OpenTunnel } from "../../src/proxy/tunnel-opener.ts";
import { Tunnel } from "../../src/proxy/tunnel.ts";
import { eventually } from "../support/eventually.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { RawWebSocket, type RawWebSocketOptions } from "../support/raw-websocket.ts";
import { type StartedEngine, startEngine } from "../support/start-engine.ts";
import { TunnelServer, type TunnelServerOptions, type UpstreamEnd } from "../support/tunnel-server.ts";
import {
  BINARY,
  closeFrameOf,
  CONTINUATION,
  makeFrame,
  PING,
  PONG,
  TEXT,
} from "../support/websocket-frames.ts";

const RESTART = { code: 1012, reason: "service restart" };

interface Opened {
  clock: ManualClock;
  engine: StartedEngine;
  server: TunnelServer;
  client: RawWebSocket;
  /** The upstream's end. */
  end: UpstreamEnd;
  /** The gateway's, between the two. */
  tunnel: Tunnel;
  /** The tunnels whose owner was told so. */
  closed: OpenTunnel[];
  lost: OpenTunnel[];
}

/** A client, the engine and an upstream, with one open tunnel. All of it ends with the test. */
async function openTunnel(
  options: RawWebSocketOptions = {},
  serverOptions: TunnelServerOptions = {},
): Promise<Opened> {
  const clock = new ManualClock();
  const server = await TunnelServer.start(serverOptions);
  onTestFinished(() => server.close());
  const engine = await startEngine({ urls: [server.url], clock });
  const client = await RawWebSocket.open(engine.port, options);
  onTestFinished(() => client.destroy());
  const [end] = server.tunnels;
  const [tunnel] = engine.owner.tunnels;
  if (!end || !(tunnel instanceof Tunnel)) throw new Error("the tunnel is not open");
  const [closed, lost]: [OpenTunnel[], OpenTunnel[]] = [[], []];
  tunnel.owner = { onTunnelClosed: (each) => closed.push(each), onUpstreamLost: (each) => lost.push(each) };
  return { clock, engine, server, client, end, tunnel, closed, lost };
}

/** Whatever either side has sent so far has arrived when this resolves. */
async function exchangeMarks({ client, end }: Pick<Opened, "client" | "end">): Promise<void> {
  const mark = randomBytes(8).toString("hex");
  client.say(mark);
  await eventually(() => expect(end.messages.at(-1)).toBe(mark));
  end.say(mark);
  await eventually(() => expect(client.messages.at(-1)).toBe(mark));
}

async function expectOrderlyGoodbye({ client, end }: Pick<Opened, "client" | "end">): Promise<void> {
  await client.closed;
  await eventually(() => expect(end.ended).toBe("orderly"));
  expect(client.received).toMatchObject({ problem: null, close: RESTART, unreadBytes: 0 });
  expect(end.received).toMatchObject({ problem: null, close: RESTART, unreadBytes: 0 });
}

describe("ending a tunnel at a frame boundary", () => {
  test("an idle tunnel gets the Close at once, and the upstream sees a closing handshake", async () => {
    const opened = await openTunnel();
    opened.tunnel.close(RESTART.code, RESTART.reason);
    await expectOrderlyGoodbye(opened);
    expect(opened.closed).toEqual([opened.tunnel]);
  });

  test("between two fragments of a message the Close may stand", async () => {
    const opened = await openTunnel();
    const { client, end, tunnel } = opened;
    end.write(makeFrame(TEXT, "one ", { final: false }));
    end.write(makeFrame(CONTINUATION, "two ", { final: false }));
    await eventually(() => expect(client.received.frames).toBe(2));
    tunnel.close(RESTART.code, RESTART.reason);
    end.write(makeFrame(CONTINUATION, "three"));
    await expectOrderlyGoodbye(opened);
    expect(client.received.frames).toBe(3);
  });

  test("a large frame under way ends first, and what follows it does not pass", async () => {
    const opened = await openTunnel();
    const { client, end, tunnel } = opened;
    const payload = randomBytes(300_000);
    const frame = makeFrame(BINARY, payload);
    end.write(frame.subarray(0, 100_000));
    await eventually(() => expect(client.received.unreadBytes).toBe(100_000));
    tunnel.close(RESTART.code, RESTART.reason);
    expect(tunnel.state).toBe("ending");
    const got: Buffer[] = [];
    client.onFrame = (each) => void got.push(each.payload);
    for (let at = 100_000; at < frame.length - 10; at += 30_000) {
      end.write(frame.subarray(at, Math.min(at + 30_000, frame.length - 10)));
    }
    // The frame's last bytes and the beginning of the next come in one piece.
    end.write(Buffer.concat([frame.subarray(-10), makeFrame(TEXT, "too late"), frame.subarray(0, 7)]));
    await expectOrderlyGoodbye(opened);
    expect(client.received.frames).toBe(2);
    expect(got[0]?.equals(payload)).toBe(true);
  });

  test("every byte of a frame may come alone", async () => {
    const opened = await openTunnel();
    const { client, end, tunnel } = opened;
    const frame = makeFrame(TEXT, "x".repeat(200));
    end.write(frame.subarray(0, 1));
    await eventually(() => expect(client.received.unreadBytes).toBe(1));
    tunnel.close(RESTART.code, RESTART.reason);
    for (let at = 1; at < frame.length; at += 1) {
      end.write(frame.subarray(at, at + 1));
      if (at < 8) await eventually(() => expect(client.received.unreadBytes).toBe(at + 1));
    }
    await expectOrderlyGoodbye(opened);
    expect(client.messages).toEqual(["x".repeat(200)]);
  });
});

describe("what a client still says when it has got the Close", () => {
  test("reaches the old upstream up to the client's own Close", async () => {
    const opened = await openTunnel({ polite: false });
    const { client, end, tunnel } = opened;
    client.say("before");
    tunnel.close(RESTART.code, RESTART.reason);
    await eventually(() => expect(client.received.close).toEqual(RESTART));
    client.say("still on my way");
    client.sendFrame(BINARY, randomBytes(70_000));
    client.close(RESTART.code, RESTART.reason);
    await client.closed;
    await eventually(() => expect(end.ended).toBe("orderly"));
    expect(end.messages).toEqual(["before", "still on my way"]);
    expect(end.received.frames).toBe(4);
    await expectOrderlyGoodbye(opened);
  });

  test("what the upstream says meanwhile is not put behind the Close", async () => {
    const opened = await openTunnel({ polite: false });
    const { client, end, tunnel } = opened;
    tunnel.close(RESTART.code, RESTART.reason);
    await eventually(() => expect(client.received.close).toEqual(RESTART));
    for (let count = 0; count < 100; count++) end.say("behind the Close");
    client.close(RESTART.code, RESTART.reason);
    await expectOrderlyGoodbye(opened);
    expect(client.messages).toEqual([]);
  });
});

describe("a client that does not play along", () => {
  test("is cut when it has not answered the Close within two seconds; the upstream is told goodbye", async () => {
    const { clock, client, end, tunnel, closed } = await openTunnel({ polite: false });
    tunnel.close(RESTART.code, RESTART.reason);
    await eventually(() => expect(client.received.close).toEqual(RESTART));
    clock.advance(1900);
    expect(closed).toEqual([]);
    clock.advance(400);
    expect(closed).toEqual([tunnel]);
    await client.closed;
    await eventually(() => expect(end.ended).toBe("orderly"));
    expect(end.received).toMatchObject({ problem: null, close: { code: 1001, reason: "" } });
  });

  test("that stopped inside a frame is cut, and no Close is put into that frame", async () => {
    const { clock, client, end, tunnel } = await openTunnel({ polite: false });
    client.socket.write(makeFrame(BINARY, randomBytes(1000), { masked: true }).subarray(0, 500));
    await eventually(() => expect(end.received.unreadBytes).toBe(500));
    tunnel.close(RESTART.code, RESTART.reason);
    await eventually(() => expect(client.received.close).toEqual(RESTART));
    clock.advance(2500);
    await client.closed;
    await eventually(() => expect(end.ended).not.toBe("not yet"));
    expect(end.received).toMatchObject({ frames: 0, unreadBytes: 500, close: null });
  });

  test("that does not read is cut at its deadline", async () => {
    const opened = await openTunnel();
    const { clock, engine, client, end, tunnel, closed } = opened;
    client.socket.pause();
    const gatewaySide = engine.owner.exchanges[0]?.client.socket;
    const pump = () => {
      while (end.write(makeFrame(BINARY, Buffer.alloc(60_000)))) void 0;
    };
    end.socket.on("drain", pump);
    pump();
    await eventually(() => expect(gatewaySide?.writableNeedDrain).toBe(true));
    tunnel.close(RESTART.code, RESTART.reason);
    // At the most the frame under way is awaited first.
    clock.advance(10_500);
    clock.advance(2_500);
    expect(closed).toEqual([tunnel]);
    expect(gatewaySide?.destroyed).toBe(true);
  });

  test("that leaves in the middle of the goodbye leaves nothing behind", async () => {
    const { engine, client, end, tunnel, closed } = await openTunnel({ polite: false });
    end.write(makeFrame(BINARY, randomBytes(1000)).subarray(0, 500));
    await eventually(() => expect(client.received.unreadBytes).toBe(500));
    tunnel.close(RESTART.code, RESTART.reason);
    client.socket.resetAndDestroy();
    await eventually(() => expect(closed).toEqual([tunnel]));
    await eventually(() => expect(end.ended).not.toBe("not yet"));
    expect(engine.upstream.tunnels.size).toBe(0);
  });
});

describe("an upstream that does not play along", () => {
  test("and never ends its frame has its tunnel cut after ten seconds", async () => {
    const { clock, client, end, tunnel, closed } = await openTunnel();
    end.write(makeFrame(BINARY, randomBytes(1000)).subarray(0, 500));
    await eventually(() => expect(client.received.unreadBytes).toBe(500));
    tunnel.close(RESTART.code, RESTART.reason);
    clock.advance(9900);
    expect(closed).toEqual([]);
    clock.advance(400);
    expect(closed).toEqual([tunnel]);
    await client.closed;
    expect(client.received).toMatchObject({ frames: 0, unreadBytes: 500, problem: null });
  });

  test("but closes by itself just then is answered by the client, which gets one Close only", async () => {
    const { client, end, tunnel } = await openTunnel({ polite: false });
    end.write(closeFrameOf(4001, "the app's own"));
    await eventually(() => expect(client.received.close?.code).toBe(4001));
    tunnel.close(RESTART.code, RESTART.reason);
    client.close(4001);
    await client.closed;
    expect(client.received).toMatchObject({ problem: null, frames: 1, unreadBytes: 0 });
    await eventually(() => expect(end.received.close?.code).toBe(4001));
  });

  test("whose frames are malformed is passed on as it is, and its tunnel can only be cut", async () => {
    const { client, end, tunnel, closed } = await openTunnel();
    end.write(Buffer.from([0x83, 0x02, 1, 2]));
    await eventually(() => expect(client.received.frames).toBe(1));
    expect(client.received.problem).toBe("reserved opcode 3");
    tunnel.close(RESTART.code, RESTART.reason);
    expect(closed).toEqual([tunnel]);
    await client.closed;
    expect(client.received.close).toBeNull();
  });

  test("whose frame under way turns out to be malformed is cut when that is seen", async () => {
    const { client, end, tunnel, closed } = await openTunnel();
    end.write(makeFrame(TEXT, "begun").subarray(0, 3));
    await eventually(() => expect(client.received.unreadBytes).toBe(3));
    tunnel.close(RESTART.code, RESTART.reason);
    end.write(Buffer.concat([makeFrame(TEXT, "begun").subarray(3, 5), Buffer.from([0])]));
    end.write(Buffer.from([0x83, 0x00]));
    await client.closed;
    expect(closed).toEqual([tunnel]);
  });
});

describe("an upstream that breaks off", () => {
  test("leaves the client connected until the owner ends the tunnel at a frame boundary", async () => {
    const { client, server, tunnel, closed, lost } = await openTunnel();
    server.kill();
    await eventually(() => expect(lost).toEqual([tunnel]));
    expect(tunnel.state).toBe("lost");
    expect(client.socket.readyState).toBe("open");
    tunnel.close(RESTART.code, RESTART.reason);
    await client.closed;
    expect(client.received).toMatchObject({ problem: null, close: RESTART, unreadBytes: 0, frames: 1 });
    expect(closed).toEqual([tunnel]);
  });

  test("inside a frame leaves nothing but to cut the client", async () => {
    const { client, end, server, tunnel, closed, lost } = await openTunnel();
    end.write(makeFrame(BINARY, randomBytes(1000)).subarray(0, 500));
    await eventually(() => expect(client.received.unreadBytes).toBe(500));
    server.kill();
    await eventually(() => expect(lost).toEqual([tunnel]));
    tunnel.close(RESTART.code, RESTART.reason);
    await client.closed;
    expect(client.received).toMatchObject({ problem: null, close: null, unreadBytes: 500 });
    expect(closed).toEqual([tunnel]);
  });

  test("with a FIN and no Close frame counts as broken off too", async () => {
    const { end, tunnel, lost } = await openTunnel();
    end.socket.end();
    await eventually(() => expect(lost).toEqual([tunnel]));
  });
});

describe("what passes through untouched", () => {
  test("the client's Close and the upstream's answer to it, with their code", async () => {
    const { client, end, tunnel, closed, lost } = await openTunnel({ polite: false });
    client.close(4100, "logged out");
    await client.closed;
    expect(end.received.close).toEqual({ code: 4100, reason: "logged out" });
    expect(client.received).toMatchObject({ problem: null, close: { code: 4100, reason: "logged out" } });
    expect(closed).toEqual([tunnel]);
    expect(lost).toEqual([]);
  });

  test("the upstream's Close and the client's answer to it, with their code", async () => {
    const { client, end, tunnel, closed } = await openTunnel();
    end.polite = false;
    end.write(closeFrameOf(1001, "the app goes"));
    await client.closed;
    expect(client.received.close).toEqual({ code: 1001, reason: "the app goes" });
    await eventually(() => expect(end.received.close?.code).toBe(1001));
    expect(closed).toEqual([tunnel]);
  });

  test("ping, pong, extension bits, empty frames and text of any kind", async () => {
    const opened = await openTunnel();
    const { client, end } = opened;
    const [atClient, atUpstream]: [unknown[], unknown[]] = [[], []];
    client.onFrame = (frame) => void atClient.push(frame);
    end.onFrame = (frame) => void atUpstream.push(frame);
    const frames = [
      { opcode: PING, payload: Buffer.from("are you there"), final: true, reserved: 0 },
      { opcode: PONG, payload: Buffer.from("yes"), final: true, reserved: 0 },
      { opcode: BINARY, payload: Buffer.alloc(0), final: true, reserved: 0 },
      { opcode: TEXT, payload: randomBytes(400), final: true, reserved: 4 },
      { opcode: TEXT, payload: Buffer.from("日本"), final: false, reserved: 0 },
      { opcode: CONTINUATION, payload: Buffer.from("語"), final: true, reserved: 0 },
    ];
    for (const { opcode, payload, ...bits } of frames) {
      client.sendFrame(opcode, payload, bits);
      end.write(makeFrame(opcode, payload, bits));
    }
    await eventually(() => expect([atClient.length, atUpstream.length]).toEqual([6, 6]));
    expect(atClient).toEqual(frames);
    expect(atUpstream).toEqual(frames);
    await exchangeMarks(opened);
  });

  test("malformed frames, in both directions", async () => {
    const { client, end } = await openTunnel();
    client.socket.write(Buffer.from([0xff, 0xff, 0xff]));
    await eventually(() => expect(end.received.unreadBytes).toBe(3));
    end.write(Buffer.from([0x83, 0]));
    await eventually(() => expect(client.received.frames).toBe(1));
  });
});

describe("back-pressure", () => {
  const TOTAL = 64 * 1024 * 1024;
  const FRAME = makeFrame(BINARY, randomBytes(65_000));
  const MASKED = makeFrame(BINARY, randomBytes(65_000), { masked: true });

  test("a client that does not read stops the upstream's writing, and loses nothing", async () => {
    const { engine, client, end } = await openTunnel();
    const gatewaySide = engine.owner.exchanges[0]?.client.socket;
    if (!gatewaySide) throw new Error("no exchange");
    client.socket.pause();
    const writer = writeFrames(end.socket, FRAME, TOTAL);
    await eventually(() => expect(gatewaySide.writableNeedDrain && writer.stopped()).toBe(true));
    expect(gatewaySide.writableLength).toBeLessThan(256 * 1024);
    expect(writer.frames).toBeLessThan(TOTAL / FRAME.length);
    client.socket.resume();
    await writer.done;
    await eventually(() => expect(client.received.frames).toBe(writer.frames));
    expect(client.received.problem).toBeNull();
  });

  test("an upstream that does not read stops the client's writing, and loses nothing", async () => {
    const { engine, client, end } = await openTunnel();
    const gatewaySide = engine.owner.exchanges[0]?.client.socket;
    if (!gatewaySide) throw new Error("no exchange");
    end.socket.pause();
    const writer = writeFrames(client.socket, MASKED, TOTAL);
    await eventually(() => expect(gatewaySide.isPaused() && writer.stopped()).toBe(true));
    expect(writer.frames).toBeLessThan(TOTAL / MASKED.length);
    end.socket.resume();
    await writer.done;
    await eventually(() => expect(end.received.frames).toBe(writer.frames));
    expect(end.received.problem).toBeNull();
  });
});

interface FrameWriter {
  /** How many it has handed to its socket. */
  frames: number;
  /** Resolves when all are written. */
  done: Promise<void>;
  /** It has not got any further since this was last asked. */
  stopped(): boolean;
}

/** Writes the frame again and again, as fast as its socket takes it, up to about `totalBytes`. */
function writeFrames(socket: RawWebSocket["socket"], frame: Buffer, totalBytes: number): FrameWriter {
  const written = Promise.withResolvers<void>();
  let seen = -1;
  const writer: FrameWriter = {
    frames: 0,
    done: written.promise,
    stopped() {
      const isSame = seen === writer.frames && socket.writableNeedDrain;
      seen = writer.frames;
      return isSame;
    },
  };
  const pump = (): void => {
    while (writer.frames * frame.length < totalBytes) {
      writer.frames++;
      if (!socket.write(frame)) return;
    }
    written.resolve();
  };
  socket.on("drain", pump);
  pump();
  return writer;
}
