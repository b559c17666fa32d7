import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { closeFrame } from "../../src/proxy/close-frame.ts";
import { listen } from "../support/listen.ts";

/** The code and the reason in a Close frame, read without a check. */
function read(frame: Buffer): { code: number; reason: string } {
  const isMasked = (frame.readUInt8(1) & 0x80) !== 0;
  const key = isMasked ? frame.subarray(2, 6) : Buffer.alloc(4);
  const payload = Buffer.from(
    frame.subarray(isMasked ? 6 : 2).map((byte, at) => byte ^ key.readUInt8(at % 4)),
  );
  return { code: payload.readUInt16BE(0), reason: payload.toString("utf8", 2) };
}

it("makes the exact bytes of an unmasked Close frame", () => {
  expect(closeFrame(1012, "bye", false)).toEqual(Buffer.from([0x88, 5, 0x03, 0xf4, 0x62, 0x79, 0x65]));
});

it("is understood by a WebSocket server when masked", async () => {
  const server = createServer();
  const closed = new Promise((resolve) => {
    new WebSocketServer({ server }).on("connection", (socket) => {
      socket.on("close", (code, reason) => resolve({ code, reason: reason.toString() }));
    });
  });
  const client = connect(await listen(server), "127.0.0.1").resume();
  client.write(
    `GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
  );
  client.write(closeFrame(1012, "service restart", true));
  expect(await closed).toEqual({ code: 1012, reason: "service restart" });
  client.destroy();
  server.close();
});

it("is understood by a WebSocket client when unmasked", async () => {
  const server = createServer();
  server.on("upgrade", (request, socket) => {
    const key = `${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash("sha1").update(key).digest("base64");
    socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n");
    socket.write(`Sec-WebSocket-Accept: ${accept}\r\n\r\n`);
    socket.end(closeFrame(1012, "service restart", false));
  });
  const client = new WebSocket(`ws://127.0.0.1:${await listen(server)}`);
  const [code, reason] = await once(client, "close");
  expect([code, String(reason)]).toEqual([1012, "service restart"]);
  server.close();
});

it("masks with a new key each time", () => {
  const keys = new Set(Array.from({ length: 8 }, () => closeFrame(1012, "", true).toString("hex", 2, 6)));
  expect(keys.size).toBeGreaterThan(1);
});

it("cuts a long reason between two characters, as late as fits", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), fc.boolean(), (reason, isMasked) => {
      const received = read(closeFrame(1012, reason, isMasked));
      expect(received.code).toBe(1012);
      expect(reason.startsWith(received.reason)).toBe(true);
      const next = String.fromCodePoint(reason.codePointAt(received.reason.length) ?? 0);
      const isWhole = received.reason === reason;
      expect(isWhole || Buffer.byteLength(received.reason + next) > 123).toBe(true);
    }),
  );
});
