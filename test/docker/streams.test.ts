// The engine's streams, cut into pieces as a network may cut them.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { demuxStream } from "../../src/docker/demux-stream.ts";
import type { EngineCall } from "../../src/docker/engine-call.ts";
import type { PullProgress } from "../../src/docker/engine.ts";
import { LineCutter, LONGEST_LINE } from "../../src/docker/read-lines.ts";
import { readPullStream } from "../../src/docker/read-pull-stream.ts";

const CALL: EngineCall = { what: "pull image chat:1", method: "POST", path: "/images/create" };

async function* inPieces(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0;
  for (const size of sizes) {
    if (at < bytes.length) yield bytes.subarray(at, at + size);
    at += size;
  }
  if (at < bytes.length) yield bytes.subarray(at);
}

function frame(type: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header[0] = type;
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 30 });

describe("framed output", () => {
  test("is the same for any split into pieces", async () => {
    const frames = fc.array(fc.tuple(fc.constantFrom(1, 2), fc.uint8Array({ maxLength: 50 })));
    await fc.assert(
      fc.asyncProperty(frames, sizes, async (frames, sizes) => {
        const bytes = Buffer.concat(frames.map(([type, payload]) => frame(type, Buffer.from(payload))));
        const got: Record<string, Buffer[]> = { stdout: [], stderr: [] };
        for await (const { stream, bytes: piece } of demuxStream(inPieces(bytes, sizes)))
          got[stream]?.push(piece);
        const sent = (wanted: number): Buffer =>
          Buffer.concat(
            frames.filter(([type]) => type === wanted).map(([, payload]) => Buffer.from(payload)),
          );
        expect(Buffer.concat(got["stdout"] ?? [])).toEqual(sent(1));
        expect(Buffer.concat(got["stderr"] ?? [])).toEqual(sent(2));
      }),
    );
  });

  test("that ends inside a frame is broken", async () => {
    const bytes = frame(1, Buffer.from("whole")).subarray(0, 10);
    await expect(drain(demuxStream(inPieces(bytes, [])))).rejects.toThrow("inside a frame");
  });

  test("that has no frames is not taken for some", async () => {
    await expect(drain(demuxStream(inPieces(Buffer.from("plain text"), [])))).rejects.toThrow("no frames");
  });
});

describe("lines", () => {
  test("are the same for any split into pieces, also inside a character", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: "grapheme" })), sizes, async (words, sizes) => {
        const lines = words.map((word) => word.replaceAll(/[\r\n]/g, ""));
        const got: string[] = [];
        const cutter = new LineCutter((line) => void got.push(line));
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
        for await (const piece of inPieces(bytes, sizes)) cutter.push(piece);
        cutter.end();
        expect(got).toEqual(lines);
      }),
    );
  });

  test("without an end come in parts, before they fill the memory", () => {
    const got: string[] = [];
    const cutter = new LineCutter((line) => void got.push(line));
    for (let at = 0; at < 10; at += 1) cutter.push(Buffer.alloc(LONGEST_LINE / 2, "x"));
    expect(got).toHaveLength(5);
  });
});

describe("the stream of a pull", () => {
  const events = [
    { status: "Pulling from chat", id: "1" },
    { status: "Pulling fs layer", id: "aa" },
    { status: "Already exists", id: "bb" },
    { status: "Downloading", id: "aa", progressDetail: { current: 40, total: 100 } },
    { status: "Download complete", id: "aa", progressDetail: {} },
    { status: "Extracting", id: "aa", progressDetail: { current: 10, total: 100 } },
    { status: "Pull complete", id: "aa" },
    { status: "Digest: sha256:abc" },
  ];
  const text = (lines: readonly object[]): Buffer =>
    Buffer.from(lines.map((line) => `${JSON.stringify(line)}\r\n`).join(""));

  test("sums its layers up, whatever its pieces", async () => {
    await fc.assert(
      fc.asyncProperty(sizes, async (sizes) => {
        const seen: PullProgress[] = [];
        const end = await readPullStream(CALL, inPieces(text(events), sizes), (now) => void seen.push(now));
        expect(end).toEqual({ digest: "sha256:abc" });
        expect(seen).toContainEqual({ currentBytes: 40, totalBytes: 100, layersDone: 1, layers: 2 });
        expect(seen.at(-1)).toEqual({ currentBytes: 100, totalBytes: 100, layersDone: 2, layers: 2 });
      }),
    );
  });

  test.each([
    ["failed", "unexpected EOF"],
    ["denied", "pull access denied for chat, repository does not exist or may require 'docker login'"],
    ["denied", "Head https://r/v2/: no basic auth credentials"],
    ["absent", "manifest for chat:9 not found: manifest unknown"],
  ])("rejects as %s on the error event %s", async (kind, error) => {
    const stream = inPieces(text([...events, { errorDetail: { message: error }, error }]), [7]);
    const message = `pull image chat:1: the engine said: ${error}`;
    await expect(readPullStream(CALL, stream)).rejects.toMatchObject({ kind, message });
  });

  test("rejects on an error event whose detail is empty, on garbage, and on a line without an end", async () => {
    const empty = inPieces(Buffer.from('{"errorDetail":{}}\n'), []);
    await expect(readPullStream(CALL, empty)).rejects.toThrow("an error without a message");
    const garbage = inPieces(Buffer.from("<html>504</html>\n"), []);
    await expect(readPullStream(CALL, garbage)).rejects.toThrow("not understood: <html>504</html>");
    const endless = inPieces(Buffer.alloc(3_000_000, "x"), Array<number>(100).fill(30_000));
    await expect(readPullStream(CALL, endless)).rejects.toThrow("not understood");
  });
});

async function drain(source: AsyncIterable<unknown>): Promise<void> {
  for await (const piece of source) void piece;
}
