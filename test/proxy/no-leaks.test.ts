// After a thousand requests that ended in every way there is, the engine is as empty as it was before.

import { expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { openRawClient } from "../support/raw-client.ts";
import type { RawConnection } from "../support/raw-connection.ts";
import { OK, RawUpstream, type SeenRequest } from "../support/raw-upstream.ts";
import { startEngine } from "../support/start-engine.ts";
import { untilEmpty } from "../support/until-empty.ts";

const HALF = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf";
const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

/** How the upstream treats each target. */
const TREATMENTS: Record<string, (connection: RawConnection) => void> = {
  "/ok": (connection) => connection.send(OK),
  "/chunked": (connection) => connection.send(`${CHUNKED}2\r\nok\r\n0\r\nX: y\r\n\r\n`),
  "/closing": (connection) => void connection.socket.end("HTTP/1.1 200 OK\r\n\r\nok"),
  "/hints": (connection) => connection.send(`HTTP/1.1 103 Early Hints\r\n\r\n${OK}`),
  "/silent": () => {},
  "/half": (connection) => connection.send(HALF),
  "/broken": (connection) => void connection.socket.end(HALF),
  "/reset": (connection) => void connection.socket.resetAndDestroy(),
  "/malformed": (connection) => connection.send("nonsense\r\n\r\n"),
  "/badchunk": (connection) => connection.send(`${CHUNKED}+2\r\nok\r\n`),
  "/extra": (connection) => connection.send(OK + OK),
  "/tunnel": (connection) =>
    connection.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"),
};

function request(method: string, target: string, rest = "\r\n"): string {
  return `${method} ${target} HTTP/1.1\r\nHost: a\r\n${rest}`;
}

/** What a client says, and what it waits for before it leaves: a text, or the end. */
const VISITS: readonly (readonly [says: string, awaits: string | null])[] = [
  [request("GET", "/ok"), "ok"],
  [request("GET", "/ok").repeat(3), "okHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"],
  [request("GET", "/ok").replace("1.1", "1.0"), null],
  [request("POST", "/ok", "Content-Length: 4\r\n\r\nbody"), "ok"],
  [request("PUT", "/ok", "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n"), "ok"],
  [request("PUT", "/ok", `Content-Length: 100000\r\n\r\n${"x".repeat(100_000)}`), "ok"],
  [request("POST", "/ok", "Content-Length: 4\r\nExpect: 100-continue\r\n\r\nbody"), "ok"],
  [request("GET", "/chunked"), "0\r\nX: y\r\n\r\n"],
  [request("GET", "/chunked").replace("1.1", "1.0"), null],
  [request("GET", "/closing"), "0\r\n\r\n"],
  [request("GET", "/hints"), "ok"],
  [request("GET", "/extra"), "ok"],
  [request("GET", "/silent"), ""],
  [request("PUT", "/silent", `Content-Length: 9000\r\n\r\n${"x".repeat(5000)}`), ""],
  [request("POST", "/ok", "Transfer-Encoding: chunked\r\n\r\n4\r\nbo"), ""],
  [request("GET", "/half"), "half"],
  [request("GET", "/broken"), null],
  [request("GET", "/broken").replace("1.1", "1.0"), null],
  [request("GET", "/reset"), "502"],
  [request("POST", "/reset", "Content-Length: 4\r\n\r\nbody"), "502"],
  [request("GET", "/malformed"), "502"],
  [request("GET", "/badchunk"), null],
  [request("GET", "/ok", "Connection: close\r\n\r\n"), null],
  [request("GET", "/tunnel", "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"), "101"],
  ["GET / HTTP/1.1\r\nHost: a b\r\n\r\n", null],
  [request("POST", "/ok", "Transfer-Encoding: chunked\r\n\r\n+4\r\nbody\r\n"), null],
  ["GET / HTTP/1.1\r\nHos", ""],
  ["", ""],
];

async function visit(port: number, [says, awaits]: (typeof VISITS)[number]): Promise<void> {
  const client = await openRawClient(port);
  client.send(says);
  if (awaits === null) await client.ends();
  else if (awaits !== "") await client.hears(awaits);
  await client.destroy();
}

it("nothing is left of a thousand requests", async () => {
  const clock = new ManualClock();
  const blue = await RawUpstream.start(({ target, connection }: SeenRequest) =>
    TREATMENTS[target]?.(connection),
  );
  const started = await startEngine({ urls: [blue.url], clock });
  const { port, owner, upstream } = started;
  for (let round = 0; round < 40; round++) {
    await Promise.all(VISITS.map((each) => visit(port, each)));
  }
  await untilEmpty(started);
  expect(owner.exchanges.length + owner.refusals.length).toBeGreaterThan(1000);
  // Each has been settled, and only once.
  expect(owner.outcomes).toHaveLength(owner.exchanges.length);
  expect(owner.exchanges.map(({ state }) => state)).toEqual(owner.exchanges.map(() => "settled"));
  upstream.closeIdle();
  // An upstream that does not close its side of a tunnel is given two seconds.
  clock.advance(3000);
  await eventually(() => expect(blue.connections.filter(({ ending }) => ending === "open")).toEqual([]));
  // The sweep has nothing more to look at, and stops.
  clock.advance(250);
  expect(clock.pendingTimers).toBe(0);
});
