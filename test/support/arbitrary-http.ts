// Arbitrary HTTP for properties: well-formed requests and answers of every framing, and ways to damage them.
// All texts are latin1, a character for each byte.

import * as fc from "fast-check";

const token = fc.stringMatching(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,12}$/);
const value = fc.stringMatching(/^[\t\x20-\x7e\x80-\xff]{0,20}$/);
const data = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString("latin1"));

/** Header lines without a meaning for the framing or the connection. */
const plainLines = fc
  .array(fc.tuple(token, value), { maxLength: 4 })
  .map((lines) => lines.map(([name, text]) => `X-${name}: ${text}\r\n`).join(""));

const chunk = fc
  .tuple(
    data.filter((text) => text !== ""),
    fc.constantFrom("", ";a", ";name=value", ';q="a \\" b";c=d'),
    fc.constantFrom("", "0", "00"),
  )
  .map(([text, extension, zeros]) => `${zeros}${text.length.toString(16)}${extension}\r\n${text}\r\n`);

const chunked = fc
  .tuple(fc.array(chunk, { maxLength: 4 }), fc.constantFrom("", "ETag: x\r\n", "X-A: b;c\r\nX-B: \r\n"))
  .map(([chunks, trailers]) => `${chunks.join("")}0\r\n${trailers}\r\n`);

/** A framing header with the body that belongs to it. */
const framed = fc.oneof(
  fc.constant({ line: "", body: "" }),
  data.map((body) => ({ line: `Content-Length: ${body.length}\r\n`, body })),
  chunked.map((body) => ({ line: "Transfer-Encoding: chunked\r\n", body })),
);

const target = fc.oneof(
  fc.stringMatching(/^\/[!-"$-~]{0,30}$/),
  fc.stringMatching(/^http:\/\/b(:81)?(\/[a-z]{0,5})?(\?[a-z]{0,5})?$/),
);

const requestLine = fc.oneof(
  { arbitrary: fc.tuple(fc.constantFrom("GET", "POST", "PUT", "DELETE"), target), weight: 9 },
  { arbitrary: fc.constant(["OPTIONS", "*"] as const), weight: 1 },
);

/** A request that the engine serves, on a connection that lives on. */
export const goodRequest = fc
  .record({
    empty: fc.constantFrom("", "", "", "\r\n"),
    line: requestLine,
    lines: plainLines,
    hop: fc.constantFrom("", "Connection: keep-alive\r\n", "TE: trailers\r\n", "Via: 1.1 p\r\n"),
    framed,
  })
  .map(
    ({ empty, line: [method, target], lines, hop, framed: { line, body } }) =>
      `${empty}${method} ${target} HTTP/1.1\r\nHost: a\r\n${lines}${hop}${line}\r\n${body}`,
  );

const status = fc.constantFrom(
  "200 OK",
  "200",
  "404 Not Found",
  "500 \xe9",
  "204 No Content",
  "304 Not Modified",
);

const interim = fc.constantFrom(
  "",
  "",
  "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n",
  "HTTP/1.1 100\r\n\r\n",
);

/** An answer to GET that the engine passes on; one without framing ends with its connection. */
export const goodAnswer = fc
  .record({ interim, status, lines: plainLines, framed })
  .map(({ interim, status, lines, framed: { line, body } }) => {
    const bodiless = /^(204|304)/.test(status);
    const framing = bodiless ? "" : line;
    return `${interim}HTTP/1.1 ${status}\r\n${lines}${framing}\r\n${bodiless ? "" : body}`;
  });

const NASTY =
  '\r|\n|\r\n|\0|\t| |\x0b|\x0c|\x1f|\x7f|\x80|\xa0|\xff|:|;|,|"|0|0x|+|-|_|#| chunked|, chunked|HTTP/1.1|\r\n |\n\n'.split(
    "|",
  );

const NASTY_LINES = [
  "Content-Length: 3",
  "Content-Length: 0",
  "Content-Length : 3",
  "content-length:+3",
  "Content_Length: 3",
  "Transfer-Encoding: chunked",
  "Transfer-Encoding: identity",
  "Transfer-Encoding: chunked, identity",
  "transfer-encoding:\x0bchunked",
  "Transfer-Encoding : chunked",
  "Host: b",
  "Host:",
  "Connection: close",
  "Connection: Transfer-Encoding",
  "Expect: 100-continue",
  "Upgrade: h2c",
  " folded",
  ": nameless",
  "nocolon",
  "X: a\rb",
  "X: a\nb",
];

type Damage = (text: string) => string;

/** A place in a text, as a share of its length. (Arbitrary doubles would nearly all be close to 0.) */
const anywhere = fc.nat(9999).map((share) => share / 10_000);

function splice(text: string, where: number, remove: number, insert: string): string {
  const at = Math.floor(where * (text.length + 1));
  return text.slice(0, at) + insert + text.slice(at + remove);
}

/** Puts `line` behind the n-th line. */
function insertLine(text: string, where: number, line: string): string {
  const lines = text.split("\r\n");
  lines.splice(1 + Math.floor(where * lines.length), 0, line);
  return lines.join("\r\n");
}

const damage: fc.Arbitrary<Damage> = fc.oneof(
  fc.tuple(anywhere, fc.nat(255)).map(
    ([where, byte]): Damage =>
      (text) =>
        splice(text, where, 1, String.fromCharCode(byte)),
  ),
  fc.tuple(anywhere, fc.constantFrom(...NASTY), fc.nat(1)).map(
    ([where, nasty, remove]): Damage =>
      (text) =>
        splice(text, where, remove, nasty),
  ),
  fc.tuple(anywhere, fc.integer({ min: 1, max: 4 })).map(
    ([where, remove]): Damage =>
      (text) =>
        splice(text, where, remove, ""),
  ),
  fc.tuple(anywhere, fc.constantFrom(...NASTY_LINES)).map(
    ([where, line]): Damage =>
      (text) =>
        insertLine(text, where, line),
  ),
  fc.tuple(anywhere, anywhere).map(([which, where]): Damage => (text) => {
    const lines = text.split("\r\n");
    return insertLine(text, where, lines[Math.floor(which * lines.length)] ?? "");
  }),
);

/** The text with one to three things changed. */
export function damaged(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(text, fc.array(damage, { minLength: 1, maxLength: 3 }))
    .map(([good, changes]) => changes.reduce((before, change) => change(before), good));
}

/** The text as bytes, in pieces cut at arbitrary places. */
export function inPieces(text: fc.Arbitrary<string>): fc.Arbitrary<{ whole: Buffer; pieces: Buffer[] }> {
  return fc.tuple(text, fc.array(anywhere, { minLength: 1, maxLength: 12 })).map(([all, cuts]) => {
    const whole = Buffer.from(all, "latin1");
    const at = [
      0,
      ...cuts.map((cut) => Math.floor(cut * whole.length)).toSorted((a, b) => a - b),
      whole.length,
    ];
    const pieces = at.slice(1).map((end, index) => whole.subarray(at[index], end));
    return { whole, pieces: pieces.filter((piece) => piece.length > 0) };
  });
}
