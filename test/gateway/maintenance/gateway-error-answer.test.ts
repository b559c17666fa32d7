import { describe, expect, test } from "vitest";

import {
  gatewayErrorAnswer,
  unknownHostAnswer,
} from "../../../src/gateway/maintenance/gateway-error-answer.ts";
import { requestWith } from "./request-with.ts";

describe("the answer to a request that went wrong on its way", () => {
  test("is a problem document with a code of its own for programs", () => {
    const answer = gatewayErrorAnswer(
      requestWith({ accept: "*/*" }),
      502,
      "the upstream closed the connection",
    );
    expect(answer.status).toBe(502);
    expect(answer.headers["Cache-Control"]).toBe("no-store");
    expect(JSON.parse(String(answer.body))).toEqual({
      type: "urn:holdgate:problem:bad_gateway",
      title: "The service did not answer properly",
      status: 502,
      detail: "the upstream closed the connection",
      code: "bad_gateway",
      instance: "/room/7",
    });
  });

  test("is a small page for browsers that stays until the visitor acts", () => {
    const request = requestWith({ accept: "text/html", "accept-language": "fr" });
    const answer = gatewayErrorAnswer(request, 504, "waited <60 s>");
    expect(answer.status).toBe(504);
    expect(answer.headers["Content-Language"]).toBe("fr");
    expect(answer.headers["Content-Security-Policy"]).toMatch(/style-src 'sha256-[^']+'; script-src 'none'/);
    expect(answer.body).toContain("Le service a mis trop de temps");
    expect(answer.body).toContain("waited &#60;60 s&#62;");
    expect(answer.body).not.toMatch(/<script|http-equiv="refresh"/);
  });

  test("is a line of text for who accepts no other, and for WebSocket handshakes", () => {
    const line = "The service took too long: No answer came in time. It may work if you try again.\n";
    expect(gatewayErrorAnswer(requestWith({ accept: "text/plain" }), 504, null).body).toBe(line);
    expect(gatewayErrorAnswer(requestWith({}, { webSocket: true }), 504, null).body).toBe(line);
  });

  test("lets an EventSource come back when the upstream failed, and ends it when nothing will change", () => {
    const eventSource = requestWith({ accept: "text/event-stream" });
    expect(gatewayErrorAnswer(eventSource, 502, null)).toMatchObject({
      status: 200,
      body: "retry: 1000\n\n",
    });
    expect(gatewayErrorAnswer(eventSource, 508, null).status).toBe(508);
  });
});

test("a host that no service has gets 404 and its name back as text", () => {
  const answer = unknownHostAnswer("<b>.example.com");
  expect(answer).toMatchObject({ status: 404, body: "no service for this host: <b>.example.com\n" });
  expect(answer.headers).toMatchObject({
    "Content-Type": "text/plain; charset=utf-8",
    "X-Content-Type-Options": "nosniff",
  });
});
