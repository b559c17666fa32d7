import * as fc from "fast-check";
import { expect, it } from "vitest";
import { readServerSentEvents, type ServerSentEvent } from "../../src/client/read-server-sent-events.ts";

async function* chunks(bytes: Buffer, cuts: number[]): AsyncGenerator<Buffer> {
  let start = 0;
  for (const cut of cuts.toSorted((one, other) => one - other)) {
    yield bytes.subarray(start, Math.max(start, cut));
    start = Math.max(start, cut);
  }
  yield bytes.subarray(start);
}

async function read(text: string, cuts: number[] = []): Promise<ServerSentEvent[]> {
  return Array.fromAsync(readServerSentEvents(chunks(Buffer.from(text), cuts)));
}

const STREAM = [
  ": kept alive\n\n",
  'id: 41\nevent: hold_started\ndata: {"a":"ü€𝄞"}\n\n',
  "retry: 1000\n\n",
  "data:no space\r\ndata: second line\r\n\r\n",
  "id\ndata\n\n",
  "data: never completed",
].join("");

const EVENTS = [
  { id: "41", event: "hold_started", data: '{"a":"ü€𝄞"}' },
  { id: "41", event: "message", data: "no space\nsecond line" },
  { id: "", event: "message", data: "" },
];

it("events are read as the standard says; an unfinished one is dropped", async () => {
  expect(await read(STREAM)).toEqual(EVENTS);
});

it("any split of the bytes gives the same events", async () => {
  const size = Buffer.byteLength(STREAM);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: size })), async (cuts) => {
      expect(await read(STREAM, cuts)).toEqual(EVENTS);
    }),
  );
});

it("a stream that never ends a line or an event is refused at 1 MiB", async () => {
  await expect(read(`data: ${"x".repeat(1024 * 1024)}`)).rejects.toThrow("longer than 1 MiB");
  await expect(read(`data: ${"x".repeat(1023)}\n`.repeat(1025))).rejects.toThrow("larger than 1 MiB");
});
