// What of a request reaches the upstream: its line, its headers without those of the hop, and what we add.

import { connect } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { headersOf } from "../support/http-message.ts";
import { rawClient } from "../support/raw-client.ts";
import { RawConnection } from "../support/raw-connection.ts";
import { RawUpstream, type SeenRequest } from "../support/raw-upstream.ts";
import { startEngine } from "../support/start-engine.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const OURS = "x-forwarded-for x-forwarded-proto x-forwarded-host forwarded via".split(" ");

/** What the upstream sees of `request`. `trusted`: the client is a trusted proxy. */
async function forwarded(request: string, trusted = false): Promise<SeenRequest> {
  const upstream = await RawUpstream.start();
  const { port } = await startEngine({ urls: [upstream.url], trusted: trusted ? ["127.0.0.1"] : [] });
  const client = await rawClient(port);
  client.send(request);
  await client.hears("\r\n\r\nok");
  return upstream.sees(1);
}

/** The values of a header, in order. */
function valuesOf(head: string, name: string): string[] {
  return headersOf(head)
    .filter(([each]) => each === name)
    .map(([, value]) => value);
}

function get(lines: string): string {
  return `GET / HTTP/1.1\r\nHost: a\r\n${lines}\r\n`;
}

describe("the request line and the Host", () => {
  it.each([
    ["origin form", "GET /a?b=c", "GET /a?b=c"],
    ["a target of two slashes", "GET //a//b", "GET //a//b"],
    [
      "dot segments and escapes, which are the app's to read",
      "GET /a/../b/%2e%2E/%zz",
      "GET /a/../b/%2e%2E/%zz",
    ],
    ["a method that nobody has heard of", "BREW /pot", "BREW /pot"],
    ["a method in lower case", "get /a", "get /a"],
    ["the asterisk form", "OPTIONS *", "OPTIONS *"],
  ])("passes on %s as it is", async (_, line, expected) => {
    const { head } = await forwarded(`${line} HTTP/1.1\r\nHost: a\r\n\r\n`);
    expect(head.split(" HTTP/1.1\r\n")[0]).toBe(expected);
    expect(valuesOf(head, "host")).toEqual(["a"]);
  });

  it.each([
    ["a path", "GET http://b:81/x?y", "GET /x?y", "b:81"],
    ["a scheme and host in capitals", "GET HTTPS://B/x", "GET /x", "B"],
    ["no path", "GET http://b", "GET /", "b"],
    ["no path, but a query", "GET http://b?y", "GET /?y", "b"],
    ["no path in an OPTIONS request", "OPTIONS http://b", "OPTIONS *", "b"],
    ["an IPv6 address", "GET http://[::1]:81/x", "GET /x", "[::1]:81"],
  ])("turns the absolute form with %s into origin form and its authority into the Host", async (...row) => {
    const [, line, expected, host] = row;
    const { head } = await forwarded(`${line} HTTP/1.1\r\nHost: a\r\n\r\n`);
    expect(head.split(" HTTP/1.1\r\n")[0]).toBe(expected);
    expect(valuesOf(head, "host")).toEqual([host]);
    expect(valuesOf(head, "x-forwarded-host")).toEqual([host]);
  });

  it("speaks HTTP/1.1 to the upstream for an HTTP/1.0 client that names no Host", async () => {
    const { head } = await forwarded("GET /x HTTP/1.0\r\n\r\n");
    expect(head).toMatch(/^GET \/x HTTP\/1\.1\r\n/);
    expect(valuesOf(head, "host")).toEqual(["localhost"]);
    expect(valuesOf(head, "via")).toEqual(["1.0 holdgate"]);
  });

  it("skips empty lines before a request", async () => {
    const { head } = await forwarded(`\r\n\r\n${get("")}`);
    expect(head).toMatch(/^GET \/ HTTP\/1\.1\r\n/);
  });
});

describe("headers that go on", () => {
  it("keep their order, their case, their white space and their bytes", async () => {
    const lines =
      "X-b:  2 \r\nACCEPT:*/*\r\nx-b: \r\nCookie: \xe4=\xff; b=\t1\r\nAuthorization: Basic eA==\r\n";
    const { head } = await forwarded(`GET / HTTP/1.1\r\nhOST: a:80\r\n${lines}\r\n`);
    const forwardedHost = 'Forwarded: for=127.0.0.1;host="a:80";proto=http\r\n';
    expect(head).toBe(
      `GET / HTTP/1.1\r\nhOST: a:80\r\n${lines}X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\n` +
        `X-Forwarded-Host: a:80\r\n${forwardedHost}Via: 1.1 holdgate\r\n\r\n`,
    );
  });

  it("frame the body as it came", async () => {
    const { head, body } = await forwarded(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2;x=1\r\nab\r\n0\r\nX: y\r\n\r\n",
    );
    expect(valuesOf(head, "transfer-encoding")).toEqual(["chunked"]);
    expect(body).toBe("2;x=1\r\nab\r\n0\r\nX: y\r\n\r\n");
  });
});

describe("headers of the hop", () => {
  it.each([
    ["Connection", "Connection: close\r\n"],
    ["Keep-Alive", "Keep-Alive: timeout=5\r\n"],
    ["Proxy-Connection", "Proxy-Connection: keep-alive\r\n"],
    ["TE", "TE: trailers\r\n"],
    ["Upgrade without Connection", "Upgrade: websocket\r\n"],
    [
      "Upgrade to another protocol",
      "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n",
    ],
    ["a header that Connection names", "Connection: X-Hop\r\nX-Hop: 1\r\n"],
    ["two headers, in two Connection headers", "Connection: a\r\nX-A: 1\r\nconnection: X-a , b\r\nA: 2\r\n"],
    ["a header named before and behind", "x-hop: 1\r\nConnection: keep-alive,X-Hop\r\nX-HOP: 2\r\n"],
  ])("%s ends here", async (_, lines) => {
    const { head } = await forwarded(get(lines));
    const names = headersOf(head).map(([name]) => name);
    expect(names).toEqual(["host", ...OURS]);
  });

  it("cannot take away what the gateway adds", async () => {
    const { head } = await forwarded(
      get("Connection: X-Forwarded-For, Forwarded, Via, X-Forwarded-Host\r\n"),
    );
    expect(headersOf(head).map(([name]) => name)).toEqual(["host", ...OURS]);
  });
});

const CLAIMS =
  "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: b\r\nForwarded: for=1.2.3.4\r\n" +
  "X-Real-IP: 1.2.3.4\r\n";

describe("who the client is", () => {
  it("is not believed from a client that is no trusted proxy", async () => {
    const { head } = await forwarded(get(CLAIMS));
    expect(valuesOf(head, "x-forwarded-for")).toEqual(["127.0.0.1"]);
    expect(valuesOf(head, "x-forwarded-proto")).toEqual(["http"]);
    expect(valuesOf(head, "x-forwarded-host")).toEqual(["a"]);
    expect(valuesOf(head, "forwarded")).toEqual(['for=127.0.0.1;host="a";proto=http']);
    expect(valuesOf(head, "x-real-ip")).toEqual([]);
  });

  it("is believed from a trusted proxy, which is added to the chain", async () => {
    const { head } = await forwarded(get(CLAIMS), true);
    expect(valuesOf(head, "x-forwarded-for")).toEqual(["1.2.3.4, 127.0.0.1"]);
    expect(valuesOf(head, "x-forwarded-proto")).toEqual(["https"]);
    expect(valuesOf(head, "x-forwarded-host")).toEqual(["b"]);
    expect(valuesOf(head, "forwarded")).toEqual(['for=1.2.3.4, for=127.0.0.1;host="b";proto=https']);
    expect(valuesOf(head, "x-real-ip")).toEqual(["1.2.3.4"]);
  });

  it("joins several headers of one name in their order", async () => {
    const lines = "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For: 5.6.7.8, 9.9.9.9\r\n";
    const { head } = await forwarded(get(lines), true);
    expect(valuesOf(head, "x-forwarded-for")).toEqual(["1.2.3.4, 5.6.7.8, 9.9.9.9, 127.0.0.1"]);
  });

  it.each([false, true])(
    "is never taken from a name with underscores (trusted proxy: %s)",
    async (trusted) => {
      const lines =
        "X_Forwarded_For: 6.6.6.6\r\nX-Forwarded_Proto: https\r\nx_forwarded-host: evil\r\nX_Real_IP: 6.6.6.6\r\n" +
        "Proxy_Connection: x\r\nX_Other: stays\r\n";
      const { head } = await forwarded(get(lines), trusted);
      expect(headersOf(head).map(([name]) => name)).toEqual(["host", "x_other", ...OURS]);
      expect(head).not.toMatch(/6\.6\.6\.6|evil/);
    },
  );
});

describe("the address that bounds count on", () => {
  it.each([
    ["the peer, which is not trusted", [], "1.2.3.4", "127.0.0.1"],
    [
      "the last hop before the trusted proxies",
      ["127.0.0.1", "5.6.7.8"],
      "6.6.6.6, 1.2.3.4, 5.6.7.8",
      "1.2.3.4",
    ],
    [
      "the first hop when all are trusted",
      ["127.0.0.1", "5.6.7.8", "1.2.3.4"],
      "1.2.3.4, 5.6.7.8",
      "1.2.3.4",
    ],
    ["the peer when the last hop is no address", ["127.0.0.1"], "1.2.3.4, unknown", "127.0.0.1"],
    ["the peer when nothing is said", ["127.0.0.1"], "", "127.0.0.1"],
  ])("is %s", async (_, trusted, chain, expected) => {
    const upstream = await RawUpstream.start();
    const { port, owner } = await startEngine({ urls: [upstream.url], trusted });
    const client = await rawClient(port);
    client.send(get(chain === "" ? "" : `X-Forwarded-For: ${chain}\r\n`));
    await client.hears("\r\n\r\nok");
    expect(owner.exchanges.map(({ head }) => head.headers.client)).toEqual([expected]);
  });

  it("of an IPv6 client is bracketed and quoted where RFC 7239 says so", async () => {
    const upstream = await RawUpstream.start();
    const { engine } = await startEngine({ urls: [upstream.url] });
    const bound = await engine.listen({ host: "::1", port: 0 });
    const client = new RawConnection(connect({ host: "::1", port: "port" in bound ? bound.port : 0 }));
    onTestFinished(() => client.destroy());
    client.send(get(""));
    const { head } = await upstream.sees(1);
    expect(valuesOf(head, "x-forwarded-for")).toEqual(["::1"]);
    expect(valuesOf(head, "forwarded")).toEqual(['for="[::1]";host="a";proto=http']);
  });

  it("of a client on a unix socket is none, and such a client is a trusted proxy", async () => {
    const upstream = await RawUpstream.start();
    const { engine } = await startEngine({ urls: [upstream.url] });
    const path = join(await temporaryDirectory(), "s");
    await engine.listen({ path });
    const client = new RawConnection(connect({ path }));
    onTestFinished(() => client.destroy());
    client.send(get("X-Forwarded-For: 1.2.3.4\r\n"));
    const { head } = await upstream.sees(1);
    expect(valuesOf(head, "x-forwarded-for")).toEqual(["1.2.3.4, unix"]);
    expect(valuesOf(head, "forwarded")).toEqual(['for=_unix;host="a";proto=http']);
  });
});

describe("Via", () => {
  it("tells of the gateway behind whatever stood there", async () => {
    const { head } = await forwarded(get("Via: 1.0 fred, 1.1 p.example.net\r\n"));
    expect(valuesOf(head, "via")).toEqual(["1.0 fred, 1.1 p.example.net", "1.1 holdgate"]);
  });

  it("of this gateway may stand four times, as when several gateways are chained", async () => {
    const { head } = await forwarded(
      get("Via: 1.1 holdgate, 1.1 holdgate\r\nvia: 1.0 holdgate, 1.1 holdgate\r\n"),
    );
    expect(valuesOf(head, "via")).toEqual([
      "1.1 holdgate, 1.1 holdgate",
      "1.0 holdgate, 1.1 holdgate",
      "1.1 holdgate",
    ]);
  });

  it("of this gateway for the fifth time is a loop, answered with 508", async () => {
    const upstream = await RawUpstream.start();
    const { port, owner } = await startEngine({ urls: [upstream.url] });
    const client = await rawClient(port);
    client.send(get("Via: 1.1 holdgate, 1.1 holdgate\r\nVia: 1.1 holdgate, 1.1 holdgate, 1.1 holdgate\r\n"));
    expect(await client.ends()).toMatch(/^HTTP\/1\.1 508 Loop Detected\r\n/);
    expect(owner.refusals).toEqual(["loop"]);
    expect(upstream.connections).toEqual([]);
  });

  it("ends an endless loop: an upstream that leads back to the gateway itself", async () => {
    const { port, owner } = await startEngine({ urls: ["http://127.0.0.1:9"] });
    const back = await startEngine({ urls: [`http://127.0.0.1:${port}`] });
    owner.upstream = back.upstream;
    const client = await rawClient(port);
    client.send(get(""));
    await client.hears("HTTP/1.1 508 Loop Detected\r\n");
    expect(owner.exchanges).toHaveLength(5);
    expect(owner.refusals).toEqual(["loop"]);
  });
});

describe("the cookies of the gateway itself", () => {
  it.each([
    ["alone", "holdgate_bypass_chat=secret", []],
    ["first", "holdgate_bypass_chat=secret; sid=1; theme=dark", ["sid=1; theme=dark"]],
    ["in the middle", "sid=1; holdgate_bypass_a=x;holdgate_bypass_b=y; theme=dark", ["sid=1; theme=dark"]],
    ["last", "sid=1; holdgate_bypass_chat=secret", ["sid=1"]],
    ["only as a value", "sid=holdgate_bypass_chat", ["sid=holdgate_bypass_chat"]],
  ])("stay with the gateway: %s", async (_, cookies, expected) => {
    const { head } = await forwarded(get(`Cookie: ${cookies}\r\n`));
    expect(valuesOf(head, "cookie")).toEqual(expected);
  });
});
