// A second request hidden in a first one never reaches an upstream: where two parsers could disagree about
// the end of a request, there is no request.

import { describe, expect, it } from "vitest";
import { rawClient } from "../support/raw-client.ts";
import { RawUpstream } from "../support/raw-upstream.ts";
import { startEngine } from "../support/start-engine.ts";

const HIDDEN = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";
const CHUNKED_AND_HIDDEN = `0\r\n\r\n${HIDDEN}`;
const HIDDEN_IN_CHUNK = `${HIDDEN.length.toString(16)}\r\n${HIDDEN}\r\n0\r\n\r\n`;

function post(lines: string[], body: string): string {
  return `POST /seen HTTP/1.1\r\nHost: a\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n${body}`;
}

const TE = "Transfer-Encoding: chunked";
const CL_ALL = `Content-Length: ${CHUNKED_AND_HIDDEN.length}`;

const REFUSED: [what: string, bytes: string][] = [
  ["CL.TE", post([CL_ALL, TE], CHUNKED_AND_HIDDEN)],
  ["TE.CL", post([TE, "Content-Length: 4"], HIDDEN_IN_CHUNK)],
  ["CL.TE with a length of nothing", post(["Content-Length: 0", TE], HIDDEN_IN_CHUNK)],
  ["TE.TE: a second coding unknown to one side", post([TE, "Transfer-Encoding: cow"], CHUNKED_AND_HIDDEN)],
  ["TE.TE: the unknown coding first", post(["Transfer-Encoding: cow", TE], CHUNKED_AND_HIDDEN)],
  ["TE.TE: identity behind chunked", post([TE, "Transfer-Encoding: identity"], CHUNKED_AND_HIDDEN)],
  ["TE.TE: chunked twice", post([TE, "transfer-encoding: chunked"], CHUNKED_AND_HIDDEN)],
  ["TE with a vertical tab", post([CL_ALL, "Transfer-Encoding: \x0bchunked"], CHUNKED_AND_HIDDEN)],
  ["TE with a form feed", post([CL_ALL, "Transfer-Encoding: chunked\x0c"], CHUNKED_AND_HIDDEN)],
  ["TE with a no-break space", post([CL_ALL, "Transfer-Encoding: chunked\xa0"], CHUNKED_AND_HIDDEN)],
  ["TE with NEL", post([CL_ALL, "Transfer-Encoding: \x85chunked"], CHUNKED_AND_HIDDEN)],
  ["TE with a Kelvin sign for its k", post(["Transfer-Encoding: chun\xe2\x84\xaaed"], CHUNKED_AND_HIDDEN)],
  ["TE with a long s", post(["Transfer-Encoding: \xc5\xbfchunked"], CHUNKED_AND_HIDDEN)],
  ["TE in quotes", post([CL_ALL, 'Transfer-Encoding: "chunked"'], CHUNKED_AND_HIDDEN)],
  ["TE in apostrophes", post([CL_ALL, "Transfer-Encoding: 'chunked'"], CHUNKED_AND_HIDDEN)],
  ["TE with a comma before", post([CL_ALL, "Transfer-Encoding: ,chunked"], CHUNKED_AND_HIDDEN)],
  ["TE with a comma behind", post([CL_ALL, "Transfer-Encoding: chunked,"], CHUNKED_AND_HIDDEN)],
  ["TE with a NUL", post([CL_ALL, "Transfer-Encoding: chunked\0"], CHUNKED_AND_HIDDEN)],
  ["TE with a space before its colon", post([CL_ALL, "Transfer-Encoding : chunked"], CHUNKED_AND_HIDDEN)],
  ["TE with a tab before its colon", post([CL_ALL, "Transfer-Encoding\t: chunked"], CHUNKED_AND_HIDDEN)],
  ["TE with a vertical tab before its colon", post([CL_ALL, "Transfer-Encoding\x0b: chunked"], HIDDEN)],
  ["TE with a leading space", post([CL_ALL, ` ${TE}`], CHUNKED_AND_HIDDEN)],
  ["TE folded away from its value", post([CL_ALL, "Transfer-Encoding:\r\n chunked"], CHUNKED_AND_HIDDEN)],
  ["TE behind a folded line", post([CL_ALL, "X: a\r\n\tb", TE], CHUNKED_AND_HIDDEN)],
  ["TE behind a bare LF", post([CL_ALL, `X: a\n${TE}`], CHUNKED_AND_HIDDEN)],
  ["TE behind a bare CR", post([CL_ALL, `X: a\r${TE}`], CHUNKED_AND_HIDDEN)],
  ["TE behind a NUL", post([CL_ALL, `X: a\0${TE}`], CHUNKED_AND_HIDDEN)],
  ["two Content-Lengths", post(["Content-Length: 0", CL_ALL], CHUNKED_AND_HIDDEN)],
  ["a list of Content-Lengths", post([`Content-Length: 0, ${HIDDEN.length}`], HIDDEN)],
  ["Content-Length with a plus sign", post(["Content-Length: +0"], HIDDEN)],
  ["Content-Length with a space inside", post([`Content-Length: 0 ${HIDDEN.length}`], HIDDEN)],
  ["Content-Length with a space before its colon", post([`Content-Length : ${HIDDEN.length}`], HIDDEN)],
  ["Content-Length that wraps at 64 bits", post(["Content-Length: 18446744073709551616"], HIDDEN)],
  ["Connection that names Content-Length", post(["Connection: content-length", CL_ALL], CHUNKED_AND_HIDDEN)],
  [
    "Connection that names Transfer-Encoding",
    post(["Connection: Transfer-Encoding", TE], CHUNKED_AND_HIDDEN),
  ],
  ["a chunk size that wraps at 64 bits", post([TE], `10000000000000000\r\n\r\n${HIDDEN}`)],
  ["a chunk size that wraps at 32 bits, with a sign", post([TE], `-100000000\r\n\r\n${HIDDEN}`)],
  ["a bare LF in a chunk extension", post([TE], `0;a\n\r\n${HIDDEN}0\r\n\r\n`)],
  ["a last chunk of two LFs", post([TE], `0\n\n${HIDDEN}`)],
  ["a chunk without its CRLF", post([TE], `3\r\nabc0\r\n\r\n${HIDDEN}`)],
  ["a framing trailer", post([TE], `0\r\n${CL_ALL}\r\n\r\n${HIDDEN}`)],
  ["an HTTP/1.0 request with chunks", `POST /seen HTTP/1.0\r\nHost: a\r\n${TE}\r\n\r\n${CHUNKED_AND_HIDDEN}`],
  ["HTTP/0.9 before a request", `GET /seen\r\n${HIDDEN}`],
  ["a request in a target", `GET /seen HTTP/1.1\r\rHost: a\r\n\r\n${HIDDEN}`],
  ["a space that hides a header in the request line", `GET /seen HTTP/1.1 \r\nHost: a\r\n\r\n${HIDDEN}`],
];

/** These are served: they have one reading, and the hidden request is a part of their body. */
const SERVED: [what: string, bytes: string, data: string][] = [
  ["a counted body that looks like a request", post([`Content-Length: ${HIDDEN.length}`], HIDDEN), HIDDEN],
  ["a chunk that looks like a request", post([TE], HIDDEN_IN_CHUNK), HIDDEN],
  ["TE written in capitals", post(["TRANSFER-ENCODING: CHUNKED"], HIDDEN_IN_CHUNK), HIDDEN],
  [
    "TE with white space around its value",
    post(["Transfer-Encoding:\t chunked \t"], HIDDEN_IN_CHUNK),
    HIDDEN,
  ],
  [
    "TE with an underscore, which some servers take for the real one",
    post([CL_ALL, "Transfer_Encoding: chunked"], CHUNKED_AND_HIDDEN),
    CHUNKED_AND_HIDDEN,
  ],
  [
    "Content-Length with an underscore",
    post([CL_ALL, "Content_Length: 0"], CHUNKED_AND_HIDDEN),
    CHUNKED_AND_HIDDEN,
  ],
];

async function setUp() {
  const upstream = await RawUpstream.start();
  const { port, owner } = await startEngine({ urls: [upstream.url] });
  return { upstream, owner, client: await rawClient(port) };
}

describe("a request hidden by", () => {
  it.each(REFUSED)("%s is refused together with what hides it", async (_, bytes) => {
    const { upstream, owner, client } = await setUp();
    client.send(bytes);
    const heard = await client.ends();
    expect(heard).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(heard.match(/HTTP\/1\.1 \d{3} /g)).toHaveLength(1);
    expect(owner.refusals).toHaveLength(1);
    expect(upstream.connections).toEqual([]);
  });
});

describe("one request is seen, not two, for", () => {
  it.each(SERVED)("%s", async (_, bytes, data) => {
    const { upstream, client } = await setUp();
    client.send(`${bytes}GET /next HTTP/1.1\r\nHost: a\r\n\r\n`);
    await client.hears("\r\n\r\nok", 2);
    expect(upstream.targets).toEqual(["/seen", "/next"]);
    expect(upstream.requests[0]?.data).toBe(data);
    expect(upstream.requests[0]?.head).not.toMatch(/_(encoding|length)/i);
  });
});
