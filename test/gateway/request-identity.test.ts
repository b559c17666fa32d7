import { describe, expect, it, onTestFinished } from "vitest";
import type { RequestIdentityOptions } from "../../src/gateway/request-identity.ts";
import { rawClient } from "../support/raw-client.ts";
import { RawUpstream } from "../support/raw-upstream.ts";
import { startGateway } from "../support/start-gateway.ts";
import { takeAnswer } from "../support/take-answers.ts";

const IDS = { requestIds: true, tracing: false };
const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const MADE_ID = /^[0-9a-f]{32}$/;

async function openGateway(identity: RequestIdentityOptions, answer?: string) {
  const upstream = await RawUpstream.start(answer);
  const gateway = await startGateway({ blue: upstream.url, identity });
  onTestFinished(() => gateway.close());
  const client = await rawClient(gateway.port);
  /** What the upstream got and what the client got, of one request with these header lines. */
  async function get(lines: string, path = "/app") {
    client.send(`GET ${path} HTTP/1.1\r\nHost: chat.example.com\r\n${lines}\r\n`);
    const answered = await takeAnswer(client);
    // The health monitor asks there, too, for another path.
    const head = upstream.requests.findLast(({ target }) => target === path)?.head ?? "";
    return {
      sent: (name: string) => valuesOf(head, name),
      got: (name: string) => valuesOf(answered.head, name),
    };
  }
  return { upstream, gateway, client, get };
}

function valuesOf(head: string, name: string): string[] {
  return [...head.matchAll(new RegExp(`^${name}: (.*)\r$`, "gim"))].map(([, value]) => value ?? "");
}

describe("X-Request-Id", () => {
  it("is made for a request without one, another for each, and told to upstream and client", async () => {
    const { get } = await openGateway(IDS);
    const seen = new Set<string>();
    for (let count = 0; count < 600; count += 1) {
      const { sent, got } = await get("");
      const [id = ""] = sent("x-request-id");
      expect(id).toMatch(MADE_ID);
      expect(got("x-request-id")).toEqual([id]);
      seen.add(id);
    }
    expect(seen.size).toBe(600);
  });

  it("of the client is passed on as it is, and told back", async () => {
    const { get } = await openGateway(IDS);
    const { sent, got } = await get("X-REQUEST-ID: 7b6a/1:edge+eu.west_1=@-\r\n");
    expect(sent("x-request-id")).toEqual(["7b6a/1:edge+eu.west_1=@-"]);
    expect(got("x-request-id")).toEqual(["7b6a/1:edge+eu.west_1=@-"]);
  });

  it.each([
    ["empty", "X-Request-Id: \r\n"],
    ["too long", `X-Request-Id: ${"a".repeat(129)}\r\n`],
    ["with a space", "X-Request-Id: a b\r\n"],
    ["with markup", "X-Request-Id: <script>\r\n"],
    ["with a quote", 'X-Request-Id: a"b\r\n'],
    ["above ASCII", "X-Request-Id: \u00e9\r\n"],
    ["as a CGI-style app would read it", "X_Request_Id: forged\r\n"],
  ])("that is %s is replaced", async (_what, lines) => {
    const { get } = await openGateway(IDS);
    const { sent, got } = await get(lines);
    expect(sent("x.request.id")).toEqual([expect.stringMatching(MADE_ID)]);
    expect(got("x-request-id")).toEqual(sent("x-request-id"));
  });

  it("stands once, the first one, when a client sends two", async () => {
    const { get } = await openGateway(IDS);
    const { sent, got } = await get("X-Request-Id: first\r\nX-Request-Id: second\r\n");
    expect(sent("x-request-id")).toEqual(["first"]);
    expect(got("x-request-id")).toEqual(["first"]);
  });
});

describe("the X-Request-Id of answers", () => {
  it("of the upstream's answer is the one that the client gets", async () => {
    const { get } = await openGateway(IDS, "HTTP/1.1 204 None\r\nX-Request-Id: of-the-app\r\n\r\n");
    expect((await get("")).got("x-request-id")).toEqual(["of-the-app"]);
  });

  it("is on answers of the gateway's own, too", async () => {
    const { get, gateway } = await openGateway(IDS);
    expect((await get("X-Request-Id: mine\r\n", "/.holdgate/health")).got("x-request-id")).toEqual(["mine"]);
    await gateway.dispatch({ type: "maintenance_on", service: "chat" });
    expect((await get("X-Request-Id: mine\r\n")).got("x-request-id")).toEqual(["mine"]);
  });

  it("is on the handshake of a WebSocket and on its 101", async () => {
    const answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
    const { get } = await openGateway(IDS, answer);
    const { sent, got } = await get("Connection: Upgrade\r\nUpgrade: websocket\r\n");
    expect(sent("x-request-id")).toEqual([expect.stringMatching(MADE_ID)]);
    expect(got("x-request-id")).toEqual(sent("x-request-id"));
  });

  it("is neither made nor told when it is switched off; what comes is passed on all the same", async () => {
    const { get } = await openGateway({ requestIds: false, tracing: false });
    const { sent, got } = await get("");
    expect([sent("x-request-id"), got("x-request-id")]).toEqual([[], []]);
    expect((await get("X-Request-Id: given\r\n")).sent("x-request-id")).toEqual(["given"]);
  });
});

describe("traceparent", () => {
  it("is passed on with its tracestate, and not made by default", async () => {
    const { get } = await openGateway(IDS);
    const { sent } = await get(`traceparent: ${TRACE}\r\ntracestate: a=1\r\n`);
    expect([sent("traceparent"), sent("tracestate")]).toEqual([[TRACE], ["a=1"]]);
    expect((await get("")).sent("traceparent")).toEqual([]);
  });

  it("of a later version may say more", async () => {
    const { get } = await openGateway(IDS);
    const later = TRACE.replace("00-", "cc-").concat("-what-the-future-will-be-like");
    expect((await get(`traceparent: ${later}\r\n`)).sent("traceparent")).toEqual([later]);
  });

  it.each([
    ["no trace", `00-${"0".repeat(32)}-b7ad6b7169203331-01`],
    ["no parent", `00-0af7651916cd43dd8448eb211c80319c-${"0".repeat(16)}-01`],
    ["upper case", TRACE.toUpperCase()],
    ["the version that is none", TRACE.replace("00-", "ff-")],
    ["more than version 00 has", `${TRACE}-more`],
    ["too little", TRACE.slice(0, -3)],
  ])("with %s is left out, and its tracestate with it", async (_what, value) => {
    const { get } = await openGateway(IDS);
    const { sent } = await get(`traceparent: ${value}\r\ntracestate: a=1\r\n`);
    expect([sent("traceparent"), sent("tracestate")]).toEqual([[], []]);
  });

  it("is made with `tracing`, marked as sampled, where none came", async () => {
    const { get } = await openGateway({ requestIds: true, tracing: true });
    const [made = ""] = (await get("tracestate: a=1\r\n")).sent("traceparent");
    expect(made).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect((await get(`traceparent: ${made}\r\n`)).sent("traceparent")).toEqual([made]);
    expect((await get("")).sent("traceparent")).not.toEqual([made]);
  });
});
