// Sockets share the memory they are read into: no client may ever see a byte that was meant for another.

import { createHash } from "node:crypto";
import { createServer, request, type IncomingMessage } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { detached, sharedBuffer, takeBuffer } from "../../src/proxy/read-buffers.ts";
import { listen } from "../support/listen.ts";
import { startEngine } from "../support/start-engine.ts";

const CLIENTS = 48;
const ROUNDS = 6;

test("large and small bodies of many clients, slow and fast, arrive both ways as they were sent", async () => {
  const upstream = createServer((incoming, outgoing) => {
    // Echoes the body, so that each direction carries what only this client knows.
    outgoing.writeHead(200, { "x-length": incoming.headers["content-length"] ?? "chunked" });
    incoming.pipe(outgoing);
  });
  const port = await listen(upstream);
  onTestFinished(() => upstream.close().closeAllConnections());
  const { port: gateway } = await startEngine({ urls: [`http://127.0.0.1:${port}`] });
  const clients = Array.from({ length: CLIENTS }, (_, id) => echoRounds(gateway, id));
  const wrong = (await Promise.all(clients)).flat();
  expect(wrong).toEqual([]);
});

test("a borrowed piece is copied, one that is nobody else's is not", () => {
  const own = Buffer.from("own");
  expect(detached(own)).toBe(own);
  for (const borrowed of [sharedBuffer(), takeBuffer()]) {
    const piece = borrowed.subarray(0, 8).fill("a");
    const kept = detached(piece);
    borrowed.fill("b");
    expect(kept.toString()).toBe("aaaaaaaa");
  }
});

/** What did not come back as it was sent. */
async function echoRounds(port: number, id: number): Promise<string[]> {
  const wrong: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const body = Buffer.alloc(sizeOf(id, round), `client ${id} round ${round} `);
    const echoed = await echo(port, body, id % 3 === 0);
    if (echoed !== digest(body)) wrong.push(`client ${id} round ${round}: ${body.length} bytes`);
  }
  return wrong;
}

/** From a few bytes to a few hundred KiB, around the sizes where buffers change hands. */
function sizeOf(id: number, round: number): number {
  const sizes = [40, 5000, 16_384, 33_000, 65_536, 400_000];
  return (sizes[(id + round) % sizes.length] ?? 0) + id * 7 + round;
}

async function echo(port: number, body: Buffer, slowly: boolean): Promise<string> {
  const outgoing = request({ port, host: "127.0.0.1", method: "POST", agent: false });
  outgoing.end(body);
  const incoming = await new Promise<IncomingMessage>((resolve) => outgoing.once("response", resolve));
  const hash = createHash("sha256");
  for await (const piece of incoming) {
    hash.update(piece);
    // Lets the others' reads come in between, while ours wait in the gateway's sockets.
    if (slowly) await new Promise((resolve) => setImmediate(resolve));
  }
  return hash.digest("hex");
}

function digest(body: Buffer): string {
  return createHash("sha256").update(body).digest("hex");
}
