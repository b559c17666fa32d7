import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { closeFrame } from "../../src/proxy/close-frame.ts";
import { FrameScanner } from "../../src/proxy/frame-scanner.ts";

interface FrameParts {
  opcode: number;
  isFinal?: boolean;
  rsv?: number;
  payloadBytes?: number;
  isMasked?: boolean;
}

function frame({ opcode, isFinal = true, rsv = 0, payloadBytes = 0, isMasked = false }: FrameParts): Buffer {
  const first = (isFinal ? 0x80 : 0) | (rsv << 4) | opcode;
  const mask = isMasked ? 0x80 : 0;
  const key = isMasked ? Buffer.from([0x81, 0x88, 0xff, 0x00]) : Buffer.alloc(0);
  // 0x88 0x81: payload that would pass for frames, were it read.
  return Buffer.concat([
    header(first, mask, payloadBytes),
    key,
    Buffer.alloc(payloadBytes, "\x88\x81", "latin1"),
  ]);
}

function header(first: number, mask: number, payloadBytes: number): Buffer {
  if (payloadBytes <= 125) return Buffer.from([first, mask | payloadBytes]);
  const long = Buffer.alloc(payloadBytes < 65_536 ? 4 : 10);
  long.writeUInt8(first, 0);
  if (long.length === 4) {
    long.writeUInt8(mask | 126, 1);
    long.writeUInt16BE(payloadBytes, 2);
  } else {
    long.writeUInt8(mask | 127, 1);
    long.writeBigUInt64BE(BigInt(payloadBytes), 2);
  }
  return long;
}

function scanned(...pieces: Buffer[]): FrameScanner {
  const scanner = new FrameScanner();
  for (const piece of pieces) scanner.scan(piece);
  return scanner;
}

const TEXT = 1;
const CLOSE = 8;
const PING = 9;

const payloadBytes = fc.oneof(
  fc.constantFrom(0, 1, 125, 126, 127, 65_535, 65_536, 70_000),
  fc.integer({ min: 0, max: 300 }),
);
const ping = fc.record({
  opcode: fc.constantFrom(PING, 10),
  payloadBytes: fc.nat(125),
  isMasked: fc.boolean(),
});
const message = fc
  .tuple(
    fc.constantFrom(1, 2),
    fc.array(payloadBytes, { minLength: 1, maxLength: 4 }),
    fc.array(ping, { maxLength: 1 }),
    fc.boolean(),
    fc.nat(7),
  )
  .map(([opcode, sizes, pings, isMasked, rsv]) =>
    sizes.flatMap((size, index): FrameParts[] => [
      ...(index > 0 ? pings : []),
      {
        opcode: index === 0 ? opcode : 0,
        isFinal: index === sizes.length - 1,
        rsv,
        payloadBytes: size,
        isMasked,
      },
    ]),
  );

interface Stream {
  bytes: Buffer;
  /** Where each frame ends, and whether a message ends there too. */
  ends: Map<number, { message: boolean }>;
}

const stream: fc.Arbitrary<Stream> = fc.array(message, { maxLength: 4 }).map((messages) => {
  const ends = new Map([[0, { message: true }]]);
  const frames: Buffer[] = [];
  let at = 0;
  for (const parts of messages.flat()) {
    const bytes = frame(parts);
    at += bytes.length;
    frames.push(bytes);
    const isOpen = parts.opcode >= CLOSE ? !lastOf(ends).message : !parts.isFinal;
    ends.set(at, { message: !isOpen });
  }
  return { bytes: Buffer.concat(frames), ends };
});

function lastOf(ends: Stream["ends"]): { message: boolean } {
  return [...ends.values()].at(-1) ?? { message: true };
}

const streamAndCuts = stream.chain((made) =>
  fc
    .array(fc.oneof(fc.nat(made.bytes.length), fc.constantFrom(...made.ends.keys())), { maxLength: 12 })
    .map((cuts) => ({ ...made, cuts: [...cuts, made.bytes.length].toSorted((a, b) => a - b) })),
);

describe("following good frames", () => {
  it("knows at any place whether a frame and a message end there", () => {
    fc.assert(
      fc.property(streamAndCuts, ({ bytes, ends, cuts }) => {
        const scanner = new FrameScanner();
        let at = 0;
        for (const cut of cuts) {
          scanner.scan(bytes, at, cut);
          expect(scanner.error).toBeNull();
          expect(scanner.atFrameBoundary).toBe(ends.has(cut));
          expect(scanner.atMessageBoundary).toBe(ends.get(cut)?.message === true);
          at = cut;
        }
      }),
    );
  });

  it("finds the first end of a frame behind any place, and changes nothing by looking", () => {
    fc.assert(
      fc.property(streamAndCuts, ({ bytes, ends, cuts }) => {
        const scanner = new FrameScanner();
        let at = 0;
        for (const cut of cuts) {
          const expected = [...ends.keys()].find((end) => end > at && end <= cut) ?? -1;
          expect(scanner.endOfFrame(bytes, at, cut)).toBe(expected);
          expect(scanner.endOfFrame(bytes, at, cut)).toBe(expected);
          scanner.scan(bytes, at, cut);
          at = cut;
        }
        expect(scanner.atMessageBoundary).toBe(true);
      }),
    );
  });

  it("takes header bytes one at a time", () => {
    const bytes = frame({ opcode: TEXT, payloadBytes: 70_000, isMasked: true });
    const scanner = new FrameScanner();
    for (let at = 0; at < 14; at += 1) {
      scanner.scan(bytes, at, at + 1);
      expect(scanner.atFrameBoundary).toBe(false);
    }
    scanner.scan(bytes, 14);
    expect(scanner.atMessageBoundary).toBe(true);
  });

  it("holds a frame boundary inside a fragmented message for no message boundary", () => {
    const opened = scanned(frame({ opcode: TEXT, isFinal: false }), frame({ opcode: PING }));
    expect([opened.atFrameBoundary, opened.atMessageBoundary]).toEqual([true, false]);
    opened.scan(frame({ opcode: 0 }));
    expect(opened.atMessageBoundary).toBe(true);
  });

  it("sees a Close frame as soon as its first byte has passed", () => {
    expect(scanned(frame({ opcode: PING })).closeSeen).toBe(false);
    expect(scanned(closeFrame(1012, "service restart", true).subarray(0, 1)).closeSeen).toBe(true);
    expect(scanned(closeFrame(1012, "service restart", true)).atMessageBoundary).toBe(true);
  });

  it("follows a frame of the greatest exact length", () => {
    const scanner = scanned(header(0x82, 0, Number.MAX_SAFE_INTEGER), Buffer.alloc(1 << 20));
    expect(scanner.error).toBeNull();
    expect(scanner.atFrameBoundary).toBe(false);
  });
});

describe("refusing malformed frames", () => {
  const tooLong = Buffer.from([0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0]);
  const inexact = Buffer.from([0x82, 127, 0, 0x20, 0, 0, 0, 0, 0, 0]);

  it.each([
    ["a reserved data opcode", frame({ opcode: 3 }), "reserved WebSocket opcode 3"],
    ["a reserved control opcode", frame({ opcode: 11 }), "reserved WebSocket opcode 11"],
    ["a fragmented ping", frame({ opcode: PING, isFinal: false }), "fragmented WebSocket control frame"],
    ["a long ping", frame({ opcode: PING, payloadBytes: 126 }), "WebSocket control frame over 125 bytes"],
    ["a length with the top bit", tooLong, "WebSocket frame longer than 2^53 bytes"],
    ["a length of 2^53", inexact, "WebSocket frame longer than 2^53 bytes"],
    ["a stray continuation", frame({ opcode: 0 }), "WebSocket continuation of no message"],
    [
      "a message inside a message",
      Buffer.concat([frame({ opcode: TEXT, isFinal: false }), frame({ opcode: TEXT })]),
      "WebSocket message begun inside another",
    ],
  ])("refuses %s", (_what, bytes, error) => {
    const whole = scanned(bytes, frame({ opcode: TEXT }));
    const byteByByte = scanned(...Array.from(bytes, (byte) => Buffer.from([byte])));
    for (const scanner of [whole, byteByByte]) {
      expect(scanner.error).toBe(error);
      expect(scanner.atFrameBoundary).toBe(false);
      expect(scanner.atMessageBoundary).toBe(false);
      expect(scanner.endOfFrame(frame({ opcode: TEXT }), 0, 2)).toBe(-1);
    }
  });
});
