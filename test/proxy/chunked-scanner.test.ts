import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ChunkedScanner } from "../../src/proxy/chunked-scanner.ts";

interface Outcome {
  done: boolean;
  error: string | null;
  data: string;
  /** Bytes of the input up to the body's end; null when it was refused. */
  consumed: number | null;
}

/** Scans `input` in pieces that end at `cuts`, as a socket would deliver it. */
function scan(input: Buffer, cuts: number[] = []): Outcome {
  const scanner = new ChunkedScanner();
  const data: Buffer[] = [];
  let at = 0;
  for (const cut of [...cuts, input.length]) {
    const end = scanner.scan(input, at, cut, (buffer, from, to) => data.push(buffer.subarray(from, to)));
    if (scanner.done || scanner.error !== null) at = end;
    if (scanner.done || scanner.error !== null) break;
    expect(end).toBe(cut);
    at = cut;
  }
  return {
    done: scanner.done,
    error: scanner.error,
    data: Buffer.concat(data).toString("latin1"),
    consumed: scanner.error === null ? at : null,
  };
}

function bytes(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

function boundaryAfter(text: string): boolean {
  const scanner = new ChunkedScanner();
  scanner.scan(bytes(text), 0, text.length);
  return scanner.atChunkBoundary;
}

const chunk = fc
  .tuple(
    fc.uint8Array({ minLength: 1, maxLength: 300 }),
    fc.constantFrom("", ";a", ";name=value", ';q="a \\" b";c=d'),
    fc.constantFrom("", "0", "000"),
    fc.boolean(),
  )
  .map(([data, extension, zeros, upper]) => {
    const hex = data.length.toString(16);
    const size = bytes(`${zeros}${upper ? hex.toUpperCase() : hex}${extension}\r\n`);
    return { data: Buffer.from(data), framed: Buffer.concat([size, data, bytes("\r\n")]) };
  });

const body = fc
  .tuple(
    fc.array(chunk, { maxLength: 6 }),
    fc.constantFrom("", "ETag: x\r\n", "Server-Timing: a;b=c\r\nX: \r\n"),
  )
  .map(([chunks, trailers]) => ({
    data: Buffer.concat(chunks.map((each) => each.data)).toString("latin1"),
    framed: Buffer.concat([...chunks.map((each) => each.framed), bytes(`0\r\n${trailers}\r\n`)]),
  }));

function cutsIn(length: number): fc.Arbitrary<number[]> {
  return fc.array(fc.nat(length), { maxLength: 12 }).map((cuts) => cuts.toSorted((a, b) => a - b));
}

/** What it is, the bytes, the reason they are refused for. */
const ATTACKS = [
  ["an empty size line", "\r\n", "chunk size without digits"],
  ["a leading space", " 3\r\nabc\r\n", "chunk size without digits"],
  ["a plus sign", "+3\r\nabc\r\n", "chunk size without digits"],
  ["a minus sign", "-3\r\nabc\r\n", "chunk size without digits"],
  ["a 0x prefix", "0x3\r\nabc\r\n", "malformed chunk size"],
  ["an underscore between digits", "1_0\r\n", "malformed chunk size"],
  ["a trailing space", "3 \r\nabc\r\n", "malformed chunk size"],
  ["a trailing tab", "3\t\r\nabc\r\n", "malformed chunk size"],
  ["a bare LF behind the size", "3\nabc\r\n", "malformed chunk size"],
  ["a NUL in the size", "3\0\r\nabc\r\n", "malformed chunk size"],
  ["a byte over 127 in the size", "3\xb3\r\n", "malformed chunk size"],
  ["a bare CR behind the size", "3\rabc\r\n", "bare CR behind a chunk size"],
  ["two CRs behind the size", "3\r\r\nabc\r\n", "bare CR behind a chunk size"],
  ["14 digits", "10000000000000\r\n", "chunk size over 13 digits"],
  ["leading zeros over the bound", `${"0".repeat(13)}3\r\nabc\r\n`, "chunk size over 13 digits"],
  ["a size that would wrap at 64 bits", "10000000000000003\r\nabc\r\n", "chunk size over 13 digits"],
  ["data longer than its size", "3\r\nabcd\r\n0\r\n\r\n", "chunk data not followed by CRLF"],
  ["data shorter than its size", "5\r\nabc\r\n0\r\n\r\n", "chunk data not followed by CRLF"],
  ["a bare LF behind data", "3\r\nabc\n0\r\n\r\n", "chunk data not followed by CRLF"],
  ["a bare CR behind data", "3\r\nabc\r0\r\n\r\n", "chunk data not followed by CRLF"],
  ["an extension without a name", "3;\r\nabc\r\n", "malformed chunk extension"],
  ["an extension of spaces", "3; a\r\nabc\r\n", "malformed chunk extension"],
  ["an extension with a bare LF (TERM.EXT)", "3;a\nabc\r\n", "malformed chunk extension"],
  ["a bare LF in a quoted extension", '3;a="x\ny"\r\nabc\r\n', "malformed chunk extension"],
  ["a CRLF in a quoted extension", '3;a="x\r\ny"\r\nabc\r\n', "malformed chunk extension"],
  ["an escaped CR in a quoted extension", '3;a="\\\r\n"\r\nabc\r\n', "malformed chunk extension"],
  ["a value without a name", "3;=x\r\nabc\r\n", "malformed chunk extension"],
  ["a value left out", "3;a=\r\nabc\r\n", "malformed chunk extension"],
  ["text behind a quoted value", '3;a="b"c\r\nabc\r\n', "malformed chunk extension"],
  ["a bare CR behind an extension", "3;a\rb\r\nabc\r\n", "bare CR behind a chunk size"],
  ["a long extension", `3;${"a".repeat(256)}\r\nabc\r\n`, "chunk extensions over 256 bytes"],
  ["many extensions", `1;${"a".repeat(250)}\r\nx\r\n`.repeat(70), "chunk extensions over 16 KiB in all"],
  ["a bare LF as the end", "0\r\n\n", "malformed trailer name"],
  ["a bare CR as the end", "0\r\n\rx", "bare CR in a trailer"],
  ["a folded trailer", "0\r\nA: b\r\n c\r\n\r\n", "folded trailer line"],
  ["a fold as the first trailer", "0\r\n\tA: b\r\n\r\n", "folded trailer line"],
  ["a space before the colon", "0\r\nA : b\r\n\r\n", "malformed trailer name"],
  ["a trailer without a name", "0\r\n: b\r\n\r\n", "malformed trailer name"],
  ["a trailer without a colon", "0\r\nABC\r\n\r\n", "malformed trailer name"],
  ["a request line as a trailer", "0\r\nGET /admin HTTP/1.1\r\n\r\n", "malformed trailer name"],
  ["a bare LF in a trailer", "0\r\nA: b\n\r\n", "control character or bare LF in a trailer"],
  ["a NUL in a trailer", "0\r\nA: b\0\r\n\r\n", "control character or bare LF in a trailer"],
  ["a DEL in a trailer", "0\r\nA: b\x7f\r\n\r\n", "control character or bare LF in a trailer"],
  ["a bare CR in a trailer", "0\r\nA: b\rc\r\n\r\n", "bare CR in a trailer"],
  ["a framing trailer", "0\r\nContent-Length: 5\r\n\r\n", "forbidden trailer content-length"],
  ["a transfer coding", "0\r\nTRANSFER-ENCODING: chunked\r\n\r\n", "forbidden trailer transfer-encoding"],
  ["a Host trailer", "0\r\nA: b\r\nhost: evil\r\n\r\n", "forbidden trailer host"],
  ["a Connection trailer", "0\r\nConnection: x\r\n\r\n", "forbidden trailer connection"],
  ["credentials", "0\r\nAuthorization: Basic x\r\n\r\n", "forbidden trailer authorization"],
  ["a forged client address", "0\r\nX-Forwarded-For: ::1\r\n\r\n", "forbidden trailer x-forwarded-for"],
  ["trailers over 8 KiB", `0\r\nA: ${"b".repeat(8192)}\r\n\r\n`, "trailers over 8 KiB"],
  ["65 trailers", `0\r\n${"A: b\r\n".repeat(65)}\r\n`, "more than 64 trailers"],
] as const;

describe("what a ChunkedScanner accepts", () => {
  it("accepts a body of chunks, extensions and trailers and finds its end", () => {
    const framed = '4\r\nwiki\r\nA;x=1;y="a\\"b"\r\n0123456789\r\n0\r\nETag: "x"\r\nX-Empty:\r\n\r\n';
    expect(scan(bytes(`${framed}GET / HTTP/1.1\r\n`))).toEqual({
      done: true,
      error: null,
      data: "wiki0123456789",
      consumed: framed.length,
    });
  });

  it("gives the same result for any split of a good body", () => {
    const split = body.chain(({ data, framed }) =>
      cutsIn(framed.length).map((cuts) => ({ data, framed, cuts })),
    );
    fc.assert(
      fc.property(split, ({ data, framed, cuts }) => {
        const whole = Buffer.concat([framed, bytes("next request")]);
        expect(scan(whole, cuts)).toEqual({ done: true, error: null, data, consumed: framed.length });
      }),
    );
  });

  it("gives the same result for any split of a damaged body", () => {
    const damage = fc.record({ at: fc.nat(400), byte: fc.constantFrom(0, 9, 10, 13, 32, 48, 59, 97, 255) });
    const damaged = fc.tuple(body, damage).chain(([{ framed }, { at, byte }]) => {
      const input = Buffer.from(framed);
      input[at % input.length] = byte;
      return cutsIn(input.length).map((cuts) => ({ input, cuts }));
    });
    fc.assert(
      fc.property(damaged, ({ input, cuts }) => {
        expect(scan(input, cuts)).toEqual(scan(input));
      }),
    );
  });

  it("knows where a body could be ended by a last chunk", () => {
    const places = ["", "3\r\nabc\r\n", "3\r\nabc\r\n1\r\nx\r\n"];
    const between = ["3", "3\r\n", "3\r\nab", "3\r\nabc", "3\r\nabc\r", "0", "0\r\n", "0\r\n\r\n", "z"];
    expect(places.map(boundaryAfter)).toEqual(places.map(() => true));
    expect(between.map(boundaryAfter)).toEqual(between.map(() => false));
  });

  it("takes the largest size that is exact, and streams its data without an end", () => {
    const scanner = new ChunkedScanner();
    const line = bytes("fffffffffffff\r\n");
    scanner.scan(line, 0, line.length);
    const megabyte = Buffer.alloc(1 << 20);
    for (let round = 0; round < 64; round += 1) scanner.scan(megabyte, 0, megabyte.length);
    expect(scanner.error).toBeNull();
    expect(scanner.done).toBe(false);
  });
});

describe("what a ChunkedScanner refuses", () => {
  it("keeps its first error and reads no further", () => {
    const scanner = new ChunkedScanner();
    scanner.scan(bytes("x"), 0, 1);
    scanner.scan(bytes("0\r\n\r\n"), 0, 5);
    expect(scanner.error).toBe("chunk size without digits");
    expect(scanner.done).toBe(false);
  });

  it.each(ATTACKS)("refuses %s", (_what, input, error) => {
    const outcome = scan(bytes(input));
    expect(outcome.error).toBe(error);
    expect(outcome.done).toBe(false);
    const everyByte = Array.from(bytes(input).keys());
    expect(scan(bytes(input), everyByte)).toEqual(outcome);
  });
});
