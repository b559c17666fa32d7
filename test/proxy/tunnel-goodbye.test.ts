// What a tunnel's two ends still get of each other when it ends: all that was on its way, and a Close that
// is whole.

import { expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { rawClient } from "../support/raw-client.ts";
import type { RawConnection } from "../support/raw-connection.ts";
import { RawUpstream } from "../support/raw-upstream.ts";
import { startEngine } from "../support/start-engine.ts";

const HANDSHAKE = "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
const SWITCH = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
const CLOSE = "\x88\x02\x03\xe8";
// A binary frame of 16 KiB.
const FRAME = `\x82\x7e\x40\x00${"x".repeat(16_384)}`;

async function openTunnel() {
  const clock = new ManualClock();
  const upstream = await RawUpstream.start(SWITCH);
  const { port, owner } = await startEngine({ urls: [upstream.url], clock });
  const client = await rawClient(port);
  client.send(HANDSHAKE);
  await client.hears("\r\n\r\n");
  const there = await upstream.connected(1);
  client.forget();
  there.forget();
  const [tunnel] = owner.tunnels;
  const [exchange] = owner.exchanges;
  if (!tunnel || !exchange) throw new Error("the tunnel is not open");
  return { clock, client, there, tunnel, outgoing: exchange.client.socket };
}

type Opened = Awaited<ReturnType<typeof openTunnel>>;

/** Sends frames to a client that does not read, until the system's buffers are full. Gives their bytes. */
async function clog({ client, there, outgoing }: Opened): Promise<number> {
  client.socket.pause();
  let sent = 0;
  for (; outgoing.writableLength === 0; sent += FRAME.length) {
    const before = outgoing.bytesWritten;
    there.send(FRAME);
    await relayed(outgoing, before + FRAME.length);
  }
  return sent;
}

async function relayed(socket: { bytesWritten: number }, bytes: number): Promise<void> {
  await eventually(() => expect(socket.bytesWritten).toBeGreaterThanOrEqual(bytes));
}

async function expectAll(client: RawConnection, bytes: number): Promise<void> {
  client.socket.resume();
  await client.ends();
  expect(client.heard.length).toBe(bytes);
}

it("a client's Close that comes in two pieces reaches the upstream whole", async () => {
  const { client, there, tunnel } = await openTunnel();
  tunnel.close(1012, "service restart");
  await client.hears("service restart");
  client.send("\x88");
  await there.hears("\x88");
  client.send("\x82\0\0\0\0\x03\xf4");
  expect(await there.ends()).toBe("\x88\x82\0\0\0\0\x03\xf4");
});

it("a slow client gets the upstream's last message and its Close", async () => {
  const opened = await openTunnel();
  const sent = await clog(opened);
  opened.there.send(CLOSE);
  await relayed(opened.outgoing, opened.outgoing.bytesWritten + CLOSE.length);
  opened.there.socket.end();
  await eventually(() => expect(opened.tunnel.state).toBe("closed"));
  opened.clock.advance(3000);
  await expectAll(opened.client, sent + CLOSE.length);
});

it("a slow client gets the gateway's Close behind the message under way", async () => {
  const opened = await openTunnel();
  const sent = await clog(opened);
  opened.tunnel.close(1012, "");
  opened.clock.advance(3000);
  opened.client.socket.resume();
  await opened.client.hears("\x88\x02\x03\xf4");
  opened.client.send("\x88\x82\0\0\0\0\x03\xf4");
  await expectAll(opened.client, sent + CLOSE.length);
});

it("a client that takes nothing is cut in the end", async () => {
  const opened = await openTunnel();
  await clog(opened);
  opened.tunnel.close(1012, "");
  opened.clock.advance(11_000);
  expect(opened.tunnel.state).toBe("closed");
  await opened.there.ends();
});
