import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { makePacket, PacketScanner } from "../../../src/splice/protocols/mqtt-packets.ts";

// CONNECT, SUBSCRIBE, PINGREQ, PUBLISH, DISCONNECT.
const STREAM = "100d00044d51545404020005000161820c00070003612f230100016200c0003005000162aabbe000";

describe("packets", () => {
  test("packets are the same however the stream is cut, and every byte belongs to one", () => {
    const stream = Buffer.from(STREAM, "hex");
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length)), (cuts) => {
        const scanner = new PacketScanner();
        const points = [0, ...cuts.toSorted((a, b) => a - b), stream.length];
        const spans = points.flatMap((at, index) =>
          scanner.scan({ data: stream.subarray(at, points[index + 1]), isBinary: true }),
        );
        expect(spans.flatMap((span) => span.packet?.type ?? [])).toEqual([1, 8, 12, 3, 14]);
        expect(spans.reduce((sum, { start, end }) => sum + end - start, 0)).toBe(stream.length);
      }),
    );
  });

  test("of a large PUBLISH only the beginning is kept", () => {
    const scanner = new PacketScanner();
    const data = makePacket(0x30, Buffer.alloc(16 * 1024 * 1024));
    const [first] = scanner.scan({ data: data.subarray(0, 1_000_000), isBinary: true });
    const [last] = scanner.scan({ data: data.subarray(1_000_000), isBinary: true });
    expect(first?.packet).toBeNull();
    expect(last?.packet).toMatchObject({ type: 3, cut: true });
    expect(last?.packet?.body).toHaveLength(4096);
  });

  test("a length of more than four bytes is not MQTT, for good", () => {
    const scanner = new PacketScanner();
    scanner.scan({ data: Buffer.from("3080808080", "hex"), isBinary: true });
    expect(scanner.isBroken).toBe(true);
    expect(scanner.scan({ data: Buffer.from("c000", "hex"), isBinary: true })).toEqual([]);
  });
});
