// New upstreams that do not take a client. It is asked to come back, or tried again, but never left without an end.

import { createServer, type Server } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { listen } from "../../support/listen.ts";
import { acceptKey, type RawWebSocket } from "../../support/raw-websocket.ts";
import { switching, type UpstreamEnd } from "../../support/tunnel-server.ts";
import { closeFrameOf, makeFrame, TEXT } from "../../support/websocket-frames.ts";
import { endAt, expectTalk, openTunnelStage, startServer, type TunnelStage, turns } from "./open-stage.ts";

/** `hold.maxWait`, by default. */
const MAX_WAIT_S = 30;
const status = (code: number) => () => `HTTP/1.1 ${code} No\r\nContent-Length: 2\r\n\r\nno`;
const with101 = (line: string) => (accepting: string) =>
  switching(accepting).replace("\r\n\r\n", `\r\n${line}\r\n\r\n`);

/** It has ended cleanly, once, and nothing of it is left. */
async function expectRestart(stage: TunnelStage, client: RawWebSocket): Promise<void> {
  await stage.inTime(() => expect(client.received.close?.code).toBe(1012));
  await client.closed;
  expect(client.received.problem).toBeNull();
  await eventually(() => expect(stage.status()).toMatchObject({ parked: 0, tunnels: 0 }));
  expect(stage.status().counters.reconnected).toBe(1);
}

describe("a new upstream that refuses for good", () => {
  test.each([401, 403, 404, 426])("with %i sends the client back at once", async (code) => {
    const stage = await openTunnelStage({ green: { answer: status(code) } });
    const client = await stage.open();
    await stage.cutOver("green");
    await eventually(() => expect(client.received.close).toEqual({ code: 1012, reason: "service restart" }));
    await expectRestart(stage, client);
    expect(stage.green.tunnels).toHaveLength(1);
    expect(stage.status().counters.givenUp.refused).toBe(1);
  });

  test.each([
    ["another subprotocol", with101("Sec-WebSocket-Protocol: other")],
    ["a wrong accept", () => switching(acceptKey("wrong"))],
    ["an extension that was not offered", with101("Sec-WebSocket-Extensions: permessage-deflate")],
    ["another protocol", (accepting: string) => switching(accepting).replace("websocket", "h2c")],
    ["no HTTP", () => "SSH-2.0-OpenSSH_10.0\r\n\r\n"],
  ])("by %s sends the client back at once", async (_, answer) => {
    const stage = await openTunnelStage({ green: { answer } });
    const client = await stage.open();
    await stage.cutOver("green");
    await expectRestart(stage, client);
    expect(stage.green.tunnels).toHaveLength(1);
    expect(stage.status().counters.givenUp.refused).toBe(1);
  });
});

describe("a new upstream with trouble of its own", () => {
  test.each([500, 503])(
    "that answers %i is asked again each second, for hold.maxWait, then the client is sent back",
    async (code) => {
      const stage = await openTunnelStage({ green: { answer: status(code) } });
      const client = await stage.open();
      await stage.cutOver("green");
      await expectRestart(stage, client);
      // Fewer on a busy machine, where the test's clock goes faster than the sockets.
      expect(stage.green.tunnels.length).toBeGreaterThan(MAX_WAIT_S / 4);
      expect(stage.green.tunnels.length).toBeLessThanOrEqual(1 + MAX_WAIT_S);
      expect(stage.status().counters.givenUp.refused).toBe(1);
    },
  );

  test("that gets over it keeps the client, and all that it said", async () => {
    let asked = 0;
    const answer = (accepting: string) => {
      asked += 1;
      return asked < 3 ? "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n" : switching(accepting);
    };
    const { blue, green, open, cutOver, inTime } = await openTunnelStage({ green: { answer } });
    const client = await open();
    await endAt(blue);
    await cutOver("green");
    await endAt(green);
    client.say("one");
    client.say("two");
    const end = await inTime(() => {
      expect(green.tunnels[2]?.messages).toEqual(["one", "two"]);
      return green.tunnels[2];
    });
    if (end) await expectTalk(client, end);
  });

  test("that never answers the handshake is given 10 s, and tried again until hold.maxWait is over", async () => {
    const stage = await openTunnelStage({ green: { answer: () => "" } });
    const client = await stage.open();
    await stage.cutOver("green");
    await endAt(stage.green);
    stage.clock.advance(9000);
    await turns();
    expect(stage.green.tunnels).toHaveLength(1);
    await expectRestart(stage, client);
    expect(stage.green.tunnels.length).toBeLessThanOrEqual(1 + MAX_WAIT_S / 10);
    expect(stage.status().counters.givenUp.unreachable).toBe(1);
  });
});

describe("a new upstream", () => {
  test("that accepts and ends at once is not tried for ever", async () => {
    const onTunnel = (end: UpstreamEnd) => void setImmediate(() => end.socket.destroy());
    const stage = await openTunnelStage({ green: { onTunnel } });
    const client = await stage.open();
    await stage.cutOver("green");
    await expectRestart(stage, client);
    expect(stage.green.tunnels.length).toBeLessThanOrEqual(2 + MAX_WAIT_S);
  });

  test("that accepts and goes away at once is not tried for ever", async () => {
    const onTunnel = (end: UpstreamEnd) => void setImmediate(() => end.socket.end(closeFrameOf(1001)));
    const stage = await openTunnelStage({ green: { onTunnel } });
    const client = await stage.open();
    await stage.cutOver("green");
    await expectRestart(stage, client);
    expect(stage.green.tunnels.length).toBeLessThanOrEqual(2 + MAX_WAIT_S);
  });
});

/** A client that has said who it is, and has been welcomed by blue. */
async function openKnown(stage: TunnelStage): Promise<RawWebSocket> {
  const client = await stage.open();
  client.say("I am I");
  const end = await endAt(stage.blue);
  await eventually(() => expect(end.messages).toEqual(["I am I"]));
  end.say("welcome");
  await eventually(() => expect(client.messages).toEqual(["welcome"]));
  return client;
}

const protocol = "first-message";

describe("a new upstream that hears the replay", () => {
  test("and never answers it is given 10 s, then the client is sent back", async () => {
    const stage = await openTunnelStage({ protocol });
    const client = await openKnown(stage);
    await stage.cutOver("green");
    const end = await endAt(stage.green);
    await eventually(() => expect(end.messages).toEqual(["I am I"]));
    stage.clock.advance(9000);
    await turns();
    expect(client.received.close).toBeNull();
    await expectRestart(stage, client);
    expect(stage.status().counters.givenUp.replay).toBe(1);
  });

  test("and refuses it has the client sent back", async () => {
    const onTunnel = (end: UpstreamEnd) => {
      end.onFrame = ({ opcode }) => opcode === TEXT && end.say('{"error":"who?"}');
    };
    const stage = await openTunnelStage({ protocol, green: { onTunnel } });
    const client = await openKnown(stage);
    await stage.cutOver("green");
    await expectRestart(stage, client);
    expect(client.messages).toEqual(["welcome"]);
    expect(stage.status().counters.givenUp.replay).toBe(1);
  });
});

describe("a new upstream that hears the replay", () => {
  test.each([
    ["dies", (end: UpstreamEnd) => end.socket.resetAndDestroy()],
    ["goes away", (end: UpstreamEnd) => end.socket.end(closeFrameOf(1001))],
  ])("and %s in it is tried again: the client has said nothing there yet", async (_, leave) => {
    let tunnels = 0;
    const onTunnel = (end: UpstreamEnd) => {
      tunnels += 1;
      const isFirst = tunnels === 1;
      end.onFrame = ({ opcode }) => {
        if (opcode !== TEXT) return;
        if (isFirst) leave(end);
        else if (end.messages.length === 1) end.say("welcome");
      };
    };
    const stage = await openTunnelStage({ protocol, green: { onTunnel } });
    const client = await openKnown(stage);
    await stage.cutOver("green");
    await endAt(stage.green);
    client.say("hello");
    await stage.inTime(() => expect(stage.green.tunnels[1]?.messages).toEqual(["I am I", "hello"]));
    expect(client.messages).toEqual(["welcome"]);
    expect(client.received.close).toBeNull();
  });

  test("and talks before its answer is heard in order", async () => {
    const onTunnel = (end: UpstreamEnd) => {
      end.onFrame = ({ opcode }) =>
        opcode === TEXT &&
        end.messages.length === 1 &&
        end.write(Buffer.concat(["welcome", "a", "b"].map((text) => makeFrame(TEXT, text))));
    };
    const stage = await openTunnelStage({ protocol, green: { onTunnel } });
    const client = await openKnown(stage);
    await stage.cutOver("green");
    await eventually(() => expect(client.messages).toEqual(["welcome", "a", "b"]));
  });
});

async function reservePort(): Promise<{ port: number; server: Server }> {
  const server = createServer();
  const port = await listen(server);
  onTestFinished(() => void server.close());
  return { port, server };
}

describe("an upstream that cannot be reached", () => {
  const dispatch = async ({ gateway }: TunnelStage, url: string) => {
    await gateway.dispatch({ type: "put_upstream", service: "chat", name: "gone", urls: [url] });
    await gateway.dispatch({
      type: "cutover",
      service: "chat",
      to: "gone",
      force: true,
      candidateHealthy: false,
    });
  };

  test("is waited for by the automatic hold, and gets all that was said meanwhile", async () => {
    const { port, server } = await reservePort();
    server.close();
    const stage = await openTunnelStage();
    const client = await stage.open();
    await dispatch(stage, `http://127.0.0.1:${port}`);
    await eventually(() => expect(stage.status().automaticHoldSince).not.toBeNull());
    client.say("meanwhile");
    const back = await startServer({ port });
    await stage.inTime(() => expect(back.tunnels[0]?.messages).toEqual(["meanwhile"]));
    await expectTalk(client, await endAt(back));
  });

  test("has the clients sent back when the automatic hold has lasted its lease", async () => {
    const { port, server } = await reservePort();
    server.close();
    const stage = await openTunnelStage({ service: "    hold: { lease: 10s }" });
    const client = await stage.open();
    await dispatch(stage, `http://127.0.0.1:${port}`);
    await eventually(() => expect(stage.status().automaticHoldSince).not.toBeNull());
    await expectRestart(stage, client);
    expect(stage.status().counters.givenUp.unreachable).toBe(1);
  });

  test.each([
    [
      "refuses connections",
      async () => {
        const { port, server } = await reservePort();
        server.close();
        return `http://127.0.0.1:${port}`;
      },
    ],
    ["has a name that nobody knows", () => Promise.resolve("http://nobody.invalid:80")],
  ])("because it %s has the clients sent back where there are no automatic holds", async (_, url) => {
    const stage = await openTunnelStage({ service: "    hold: { automatic: false }" });
    const client = await stage.open();
    await dispatch(stage, await url());
    await expectRestart(stage, client);
    expect(stage.status().counters.givenUp.unreachable).toBe(1);
  });
});
