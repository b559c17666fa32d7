// An event stream ends between two events when its owner says so, and only then; the browser comes back by
// itself. Whatever its framing, what has been passed on stays a well-formed answer.

import { describe, expect, it } from "vitest";
import { readAnswer } from "../support/http-message.ts";
import { rawClient } from "../support/raw-client.ts";
import { OK, RawUpstream } from "../support/raw-upstream.ts";
import { startEngine } from "../support/start-engine.ts";

const FRAMINGS = {
  chunked: {
    line: "Transfer-Encoding: chunked\r\n",
    frame: (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`,
  },
  "ended by its connection": { line: "", frame: (text: string) => text },
};

/** An event stream under way, of which the client has heard one event. */
async function setUp({ line, frame }: (typeof FRAMINGS)["chunked"], version: string) {
  const blue = await RawUpstream.start(() => {});
  const { port, owner } = await startEngine({ urls: [blue.url] });
  const client = await rawClient(port);
  client.send(`GET / HTTP/${version}\r\nHost: a\r\nConnection: keep-alive\r\n\r\n`);
  const { connection } = await blue.sees(1);
  connection.send(`HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n${line}\r\n`);
  connection.send(frame("data: 1\n\n"));
  await client.hears("data: 1\n\n");
  const endEvents = (): void => owner.exchanges[0]?.endEvents();
  const heardData = (): string | undefined =>
    readAnswer(client.heard, { method: "GET", ended: client.ending === "fin" })?.data;
  return { blue, owner, client, connection, endEvents, heardData, frame };
}

const CASES = Object.entries(FRAMINGS).flatMap(([name, framing]) =>
  ["1.1", "1.0"].map((version) => [name, version, framing] as const),
);

describe.each(CASES)("an event stream that is %s, for an HTTP/%s client,", (_, version, framing) => {
  it("ends at once when it stands between two events", async () => {
    const { client, connection, endEvents, heardData, owner } = await setUp(framing, version);
    endEvents();
    await connection.ends();
    await client.until("the whole stream", () => heardData() !== undefined);
    expect(heardData()).toBe("data: 1\n\n");
    expect(owner.outcomes).toEqual(["answered"]);
  });

  it("ends behind the event that is under way", async () => {
    const { client, connection, endEvents, heardData, frame } = await setUp(framing, version);
    connection.send(frame("data: 2\n"));
    await client.hears("data: 2\n");
    endEvents();
    connection.send(frame("data: more\n"));
    await client.hears("data: more\n");
    expect(connection.ending).toBe("open");
    connection.send(frame("\n"));
    await connection.ends();
    await client.until("the whole stream", () => heardData() !== undefined);
    expect(heardData()).toBe("data: 1\n\ndata: 2\ndata: more\n\n");
  });
});

it("the client's connection lives on behind a stream that was ended", async () => {
  const { blue, client, connection, endEvents } = await setUp(FRAMINGS.chunked, "1.1");
  endEvents();
  await connection.ends();
  blue.answer = OK;
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await client.hears(OK);
});

it("the wish to end a stream that then ended by itself does not stick to its connection", async () => {
  const { blue, client, connection, endEvents, frame } = await setUp(FRAMINGS.chunked, "1.1");
  connection.send(frame("data: 2\n"));
  await client.hears("data: 2\n");
  endEvents();
  connection.send("0\r\n\r\n");
  await client.hears("0\r\n\r\n");
  client.forget();
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const second = await blue.sees(2);
  expect(second.connection).toBe(connection);
  connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (const event of ["data: 3\n\n", "data: 4\n\n"]) {
    connection.send(frame(event));
    await client.hears(event);
  }
  expect(client.heard).not.toContain("\r\n0\r\n\r\n");
});

it("an answer that is no event stream is not ended by that", async () => {
  const blue = await RawUpstream.start(() => {});
  const { port, owner } = await startEngine({ urls: [blue.url] });
  const client = await rawClient(port);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const { connection } = await blue.sees(1);
  connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na\n\n\r\n");
  await client.hears("a\n\n");
  owner.exchanges[0]?.endEvents();
  connection.send("1\r\nb\r\n0\r\n\r\n");
  await client.hears("b\r\n0\r\n\r\n");
  expect(owner.outcomes).toEqual(["answered"]);
});
