import { describe, expect, test } from "vitest";

import {
  maintenanceAnswer,
  type MaintenanceRequest,
  type Situation,
} from "../../../src/gateway/maintenance/maintenance-answer.ts";
import { type CompiledPage, loadPage, type PageValues } from "../../../src/gateway/maintenance/page.ts";
import { LANGUAGES, TEXTS } from "../../../src/gateway/maintenance/texts.ts";
import { requestWith } from "./request-with.ts";

const NOW = Date.UTC(2026, 10, 21, 8, 0, 0);
const MINUTE = 60_000;

const plainPage: CompiledPage = {
  contentSecurityPolicy: "default-src 'none'",
  render: ({ message }) => `<p>${message}</p>`,
};

function situation(changes: Partial<Situation> = {}): Situation {
  return {
    cause: "maintenance",
    message: "Version 2.4 is coming.",
    expectedEnd: NOW + 12 * MINUTE,
    retryAfterMs: 30_000,
    now: NOW,
    page: plainPage,
    ...changes,
  };
}

/** What the page is rendered with. */
function pageValues(request: MaintenanceRequest, changes: Partial<Situation> = {}): PageValues {
  const rendered: PageValues[] = [];
  const render = (values: PageValues) => String(rendered.push(values));
  maintenanceAnswer(request, situation({ page: { contentSecurityPolicy: null, render }, ...changes }));
  const [values] = rendered;
  if (!values) throw new Error("no page was rendered");
  return values;
}

const html = requestWith({ accept: "text/html" });
const json = requestWith({ accept: "application/json" });

describe("the maintenance answer", () => {
  test("is a page for browsers, never cached, in the visitor's language", () => {
    const answer = maintenanceAnswer(
      requestWith({ accept: "text/html", "accept-language": "de-DE" }),
      situation(),
    );
    expect(answer.status).toBe(503);
    expect(answer.headers).toEqual({
      "Content-Type": "text/html; charset=utf-8",
      "Content-Language": "de",
      "Content-Security-Policy": "default-src 'none'",
      "Cache-Control": "no-store",
      Vary: "Accept, Accept-Language",
      "X-Content-Type-Options": "nosniff",
      "Retry-After": "720",
    });
    expect(answer.body).toBe("<p>Version 2.4 is coming.</p>");
  });

  test("is a problem document for programs", () => {
    const answer = maintenanceAnswer(json, situation());
    expect(answer.status).toBe(503);
    expect(answer.headers["Content-Type"]).toBe("application/problem+json");
    expect(answer.headers["Cache-Control"]).toBe("no-store");
    expect(JSON.parse(String(answer.body))).toEqual({
      type: "urn:holdgate:problem:maintenance",
      title: "Back soon",
      status: 503,
      detail: "Version 2.4 is coming.",
      code: "maintenance",
      instance: "/room/7",
      expectedEnd: "2026-11-21T08:12:00.000Z",
      retryAfter: 720,
    });
  });
});

describe("the maintenance answer as text", () => {
  test("is one line for who accepts neither, however many lines the message has", () => {
    const answer = maintenanceAnswer(
      requestWith({ accept: "text/plain" }),
      situation({ message: "First.\r\n\tSecond." }),
    );
    expect(answer).toMatchObject({ status: 503, body: "Back soon: First. Second.\n" });
    expect(answer.headers["Content-Type"]).toBe("text/plain; charset=utf-8");
  });

  test("is 503 with Retry-After and a line of text for a WebSocket handshake", () => {
    const answer = maintenanceAnswer(requestWith({ accept: "*/*" }, { webSocket: true }), situation());
    expect(answer).toMatchObject({ status: 503, body: "Back soon: Version 2.4 is coming.\n" });
    expect(answer.headers["Retry-After"]).toBe("720");
  });
});

describe("the cause of a maintenance answer", () => {
  test.each(["maintenance", "expired", "shed", "unreachable"] as const)("is told: %s", (cause) => {
    const problem = JSON.parse(String(maintenanceAnswer(json, situation({ cause, message: null })).body));
    expect(problem).toMatchObject({
      code: cause,
      title: TEXTS.en.causes[cause].heading,
      detail: TEXTS.en.causes[cause].explanation,
    });
  });
});

describe("an EventSource in maintenance", () => {
  const eventSource = requestWith({ accept: "text/event-stream" });

  test.each([
    { retryAfterMs: 30_000, told: 5_000, why: "soon, because it keeps that pace when the service is back" },
    { retryAfterMs: 2_000, told: 2_000, why: "as configured" },
    { retryAfterMs: 0, told: 1_000, why: "not in a busy loop" },
  ])("gets 200 and is told to come back after $told ms: $why", ({ retryAfterMs, told }) => {
    const answer = maintenanceAnswer(eventSource, situation({ retryAfterMs }));
    expect(answer).toMatchObject({ status: 200, body: `retry: ${told}\n\n` });
    expect(answer.headers["Content-Type"]).toBe("text/event-stream");
    expect(answer.headers["Cache-Control"]).toBe("no-store");
  });

  test("is only what asks with GET: a streaming API that is posted to gets 503", () => {
    const posted = requestWith({ accept: "text/event-stream" }, { method: "POST" });
    expect(maintenanceAnswer(posted, situation()).status).toBe(503);
  });
});

describe("Retry-After", () => {
  test.each([
    { when: "the end is known", expectedEnd: NOW + 90_500, retryAfterMs: 30_000, seconds: "91" },
    { when: "the end is near", expectedEnd: NOW + 1, retryAfterMs: 30_000, seconds: "1" },
    { when: "the end is overdue", expectedEnd: NOW - 1, retryAfterMs: 30_000, seconds: "30" },
    { when: "the end is unknown", expectedEnd: null, retryAfterMs: 1_500, seconds: "2" },
    { when: "nothing is configured to wait", expectedEnd: null, retryAfterMs: 0, seconds: "1" },
  ])("is $seconds s when $when", ({ expectedEnd, retryAfterMs, seconds }) => {
    const answer = maintenanceAnswer(json, situation({ expectedEnd, retryAfterMs }));
    expect(answer.headers["Retry-After"]).toBe(seconds);
  });
});

describe("the page's values", () => {
  test("say everything in the visitor's language", () => {
    const values = pageValues(requestWith({ accept: "text/html", "accept-language": "de" }));
    expect(values).toMatchObject({
      language: "de",
      heading: "Gleich wieder da",
      message: "Version 2.4 is coming.",
      explanation: TEXTS.de.causes.maintenance.explanation,
      expectedEnd: "2026-11-21T08:12:00.000Z",
      expectedEndText: "08:12 UTC",
      expectedEndMs: NOW + 12 * MINUTE,
      nowMs: NOW,
      retryAfterMs: 30_000,
      refresh: "30; url=/room/7?tab=files",
    });
  });

  test("leave the end empty when it is unknown, and explain when there is no message", () => {
    const values = pageValues(html, { expectedEnd: null, message: null });
    expect(values).toMatchObject({
      expectedEnd: "",
      expectedEndText: "",
      expectedEndMs: "",
      message: TEXTS.en.causes.maintenance.explanation,
    });
  });

  test("name the day of an end that is not today", () => {
    const values = pageValues(html, { expectedEnd: NOW + 24 * 60 * MINUTE });
    expect(values.expectedEndText).toBe("November 22 at 08:00 UTC");
  });

  test.each(LANGUAGES)("fill the built-in page in %s, with nothing left to fill", (language) => {
    const request = requestWith({ accept: "text/html", "accept-language": language });
    const page = String(maintenanceAnswer(request, situation({ page: loadPage(null) })).body);
    expect(page).toContain(`<html lang="${language}">`);
    expect(page).toContain(TEXTS[language].causes.maintenance.heading);
    expect(page).toContain("Version 2.4 is coming.");
    expect(page).not.toContain("{{");
    expect(Buffer.byteLength(page)).toBeLessThan(12 * 1024);
  });
});

describe("visitors without scripts", () => {
  test.each([
    { retryAfterMs: 100, refreshSeconds: 5 },
    { retryAfterMs: 12_400, refreshSeconds: 13 },
    { retryAfterMs: 600_000, refreshSeconds: 60 },
  ])("come back every $refreshSeconds s for a pause of $retryAfterMs ms", (row) => {
    const values = pageValues(html, row);
    expect(values.refresh).toBe(`${row.refreshSeconds}; url=/room/7?tab=files`);
    expect(values.refreshText).toContain(` ${row.refreshSeconds} `);
  });

  test.each([
    { path: "/", refresh: "30; url=/" },
    { path: "//evil.example/x", refresh: "30; url=/.//evil.example/x" },
    { path: "/\\evil.example", refresh: "30; url=/./\\evil.example" },
    { path: "*", refresh: "30" },
    { path: "http://evil.example/", refresh: "30" },
    { path: "/\t/evil.example", refresh: "30" },
  ])("come back to $path at this host and nowhere else", ({ path, refresh }) => {
    const request = requestWith({ accept: "text/html" }, { path });
    expect(pageValues(request).refresh).toBe(refresh);
    const url = refresh.split("url=")[1] ?? "/";
    expect(new URL(url, "http://chat.example.com/room").host).toBe("chat.example.com");
  });
});
