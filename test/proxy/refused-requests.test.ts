// DESIGN §3: what is ambiguous is refused, never repaired. Each refused head is answered once, the
// connection ends, and no byte of it, nor of what is pipelined behind it, reaches an upstream.

import { describe, expect, it } from "vitest";
import { statusOf } from "../support/http-message.ts";
import { rawClient } from "../support/raw-client.ts";
import { RawUpstream } from "../support/raw-upstream.ts";
import { startEngine } from "../support/start-engine.ts";

/** What it is, the bytes, the status of the answer, the reason for the metrics. */
type Case = readonly [what: string, bytes: string, status: number, reason: string];

const BEHIND = "GET /behind HTTP/1.1\r\nHost: a\r\n\r\n";

async function expectRefused(bytes: string, status: number, reason: string): Promise<void> {
  const upstream = await RawUpstream.start();
  const { port, owner } = await startEngine({ urls: [upstream.url] });
  const client = await rawClient(port);
  client.send(bytes + BEHIND);
  const heard = await client.ends();
  expect(statusOf(heard)).toBe(status);
  expect(heard.match(/HTTP\/1\.1 \d{3} /g)).toHaveLength(1);
  expect(heard).toContain("\r\nConnection: close\r\n");
  expect(client.ending).toBe("fin");
  expect(owner.refusals).toEqual([reason]);
  expect(upstream.connections).toEqual([]);
}

/** A GET whose header lines are `lines`, each with its end. */
function get(lines: string): string {
  return `GET / HTTP/1.1\r\nHost: a\r\n${lines}\r\n`;
}

function post(lines: string, body = ""): string {
  return `POST / HTTP/1.1\r\nHost: a\r\n${lines}\r\n${body}`;
}

const LINE_ENDS: Case[] = [
  ["a bare LF behind the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", 400, "bare_lf"],
  ["a bare LF behind a header", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400, "bare_lf"],
  ["bare LFs throughout", "GET / HTTP/1.1\nHost: a\n\n", 400, "bare_lf"],
  ["a bare LF as the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400, "bare_lf"],
  ["a bare LF before the request", "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_request_line"],
  ["a bare CR behind the request line", "GET / HTTP/1.1\rHost: a\r\n\r\n", 400, "bare_cr"],
  ["a bare CR behind a header", "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", 400, "bare_cr"],
  ["two CRs before an LF", "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", 400, "bare_cr"],
  ["a bare CR before the request", "\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bare_cr"],
  ["a bare CR as the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\rX: b\r\n\r\n", 400, "bare_cr"],
  ["a bare CR inside a value", get("X: a\rb\r\n"), 400, "bare_cr"],
];

const REQUEST_LINES: Case[] = [
  ["a method with a character of no token", "G@T / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_request_line"],
  ["a method with a byte over 127", "GE\xa5 / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_request_line"],
  ["a method with a NUL", "GE\0 / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_request_line"],
  ["no method", " / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_request_line"],
  ["a TLS handshake", "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03", 400, "bad_request_line"],
  ["a tab behind the method", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_request_line"],
  ["two spaces behind the method", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_target"],
  ["two spaces before the version", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_target"],
  ["a space in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_target"],
  ["a tab in the target", "GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_target"],
  ["a NUL in the target", "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_target"],
  ["a DEL in the target", "GET /\x7f HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_target"],
  ["a byte over 127 in the target", "GET /\xe9 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_target"],
  ["UTF-8 in the target", "GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_target"],
  ["a fragment in the target", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_target"],
  ["no target", "GET HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_target"],
  ["a target without a slash", "GET index.html HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_target"],
  ["an authority as the target of GET", "GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_target"],
  ["an asterisk for anything but OPTIONS", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_target"],
  ["an absolute target of another scheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_target"],
  ["an absolute target without authority", "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_target"],
  ["an absolute target with credentials", "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_target"],
  ["no version (HTTP/0.9)", "GET /\r\n\r\n", 400, "bad_request_line"],
  ["a version in lower case", "GET / http/1.1\r\nHost: a\r\n\r\n", 400, "bad_request_line"],
  ["a version with two digits", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400, "bad_request_line"],
  ["a space behind the version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400, "bad_request_line"],
  ["HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505, "unsupported_version"],
  ["HTTP/2.0 in a request line", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505, "unsupported_version"],
  ["a cleartext HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "unsupported_version"],
  ["CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 501, "connect"],
];

const HEADER_LINES: Case[] = [
  ["a space before the colon", get("X-Name : b\r\n"), 400, "malformed_header"],
  ["a tab before the colon", get("X-Name\t: b\r\n"), 400, "malformed_header"],
  ["a folded value", get("X: a\r\n b\r\n"), 400, "malformed_header"],
  ["a value folded with a tab", get("X: a\r\n\tb\r\n"), 400, "malformed_header"],
  ["a fold behind the request line", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400, "malformed_header"],
  ["a line of white space", get(" \r\n"), 400, "malformed_header"],
  ["a header without a colon", get("Nonsense\r\n"), 400, "malformed_header"],
  ["a header without a name", get(": b\r\n"), 400, "malformed_header"],
  ["a space in a name", get("X Name: b\r\n"), 400, "malformed_header"],
  ["a vertical tab in a name", get("X\x0b: b\r\n"), 400, "malformed_header"],
  ["a byte over 127 in a name", get("X\xe9: b\r\n"), 400, "malformed_header"],
  ["a NUL in a name", get("X\0: b\r\n"), 400, "malformed_header"],
  ["a quote in a name", get('"X": b\r\n'), 400, "malformed_header"],
  ["a NUL in a value", get("X: a\0b\r\n"), 400, "malformed_header"],
  ["a control character in a value", get("X: a\x01b\r\n"), 400, "malformed_header"],
  ["an escape in a value", get("X: \x1b[31m\r\n"), 400, "malformed_header"],
  ["a DEL in a value", get("X: a\x7f\r\n"), 400, "malformed_header"],
  ["a form feed before a value", get("X: \x0cb\r\n"), 400, "malformed_header"],
];

const HOSTS: Case[] = [
  ["no Host", "GET / HTTP/1.1\r\nX: b\r\n\r\n", 400, "bad_host"],
  ["no Host beside an absolute target", "GET http://a/ HTTP/1.1\r\n\r\n", 400, "bad_host"],
  ["two different Hosts", get("Host: b\r\n"), 400, "bad_host"],
  ["the same Host twice", get("host: a\r\n"), 400, "bad_host"],
  ["two Hosts from an HTTP/1.0 client", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400, "bad_host"],
  ...[
    "",
    "a b",
    "a,b",
    "a/b",
    "u@a",
    "a:b",
    "a:",
    "a:123456",
    "[::1",
    "a\xe9",
    "a?b",
    "a#b",
    "a\\b",
    "<a>",
  ].map((host): Case => [
    `the Host ${JSON.stringify(host)}`,
    `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    400,
    "bad_host",
  ]),
];

const FRAMINGS: Case[] = [
  [
    "Content-Length before Transfer-Encoding",
    post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
    400,
    "bad_framing",
  ],
  [
    "Content-Length behind Transfer-Encoding",
    post("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", "0\r\n\r\n"),
    400,
    "bad_framing",
  ],
  ["different Content-Lengths", post("Content-Length: 5\r\nContent-Length: 6\r\n"), 400, "bad_framing"],
  [
    "the same Content-Length twice",
    post("Content-Length: 1\r\nContent-Length: 1\r\n", "x"),
    400,
    "bad_framing",
  ],
  ...[
    "",
    "+5",
    "-5",
    "0x5",
    "5a",
    "5.0",
    "1e1",
    "5,5",
    "5, 5",
    "5 5",
    "1_0",
    "5;",
    "\xb2",
    "9".repeat(16),
  ].map((value): Case => [
    `the Content-Length ${JSON.stringify(value)}`,
    post(`Content-Length: ${value}\r\n`, "12345"),
    400,
    "bad_framing",
  ]),
  ...[
    "",
    "gzip",
    "identity",
    "gzip, chunked",
    "chunked, gzip",
    "chunked, chunked",
    "chunked;q=1",
    "xchunked",
  ].map((value): Case => [
    `the Transfer-Encoding ${JSON.stringify(value)}`,
    post(`Transfer-Encoding: ${value}\r\n`, "0\r\n\r\n"),
    400,
    "bad_framing",
  ]),
  [
    "Transfer-Encoding twice",
    post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
    400,
    "bad_framing",
  ],
  [
    "Transfer-Encoding from an HTTP/1.0 client",
    "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    400,
    "bad_framing",
  ],
  [
    "a WebSocket handshake with a body",
    get("Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 1\r\n"),
    400,
    "bad_framing",
  ],
  ...["Host", "content-length", "close, Transfer-Encoding"].map((named): Case => [
    `a Connection header that names ${named}`,
    get(`Connection: ${named}\r\n`),
    400,
    "malformed_connection",
  ]),
];

const GROUPS: [string, Case[]][] = [
  ["line ends", LINE_ENDS],
  ["request lines", REQUEST_LINES],
  ["header lines", HEADER_LINES],
  ["the Host", HOSTS],
  ["the framing of the body", FRAMINGS],
];

describe.each(GROUPS)("what is refused because of %s", (_, cases) => {
  it.each(cases)("%s", (_, bytes, status, reason) => expectRefused(bytes, status, reason));
});
