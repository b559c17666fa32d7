import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { noticeLine } from "../../src/gateway/notice-line.ts";
import { askAlone } from "../support/keep-alive-client.ts";
import { openGateway } from "../support/open-gateway.ts";
import { startScriptedUpstream } from "../support/scripted-upstream.ts";

const AT = Date.UTC(2026, 0, 1, 2);

/** As an app would read it. */
function messageOf(line: string): string {
  return decodeURIComponent(/message=%"([^"]*)"/.exec(line)?.[1] ?? "");
}

describe("the notice as a header line", () => {
  test("is a dictionary with dates and a display string", () => {
    expect(noticeLine({ message: 'Für 100 % "neu"', at: AT, until: AT + 1_800_000 })).toBe(
      'Holdgate-Notice: at=@1767232800, until=@1767234600, message=%"F%c3%bcr 100 %25 %22neu%22"\r\n',
    );
    expect(noticeLine({ message: "Soon", at: null, until: null })).toBe(
      'Holdgate-Notice: message=%"Soon"\r\n',
    );
    expect(noticeLine(null)).toBe("");
  });

  test("stays one line of ASCII below 700 bytes, whatever the message", () => {
    const text = fc.oneof(fc.string({ unit: "binary", maxLength: 300 }), fc.constant("危".repeat(2_000)));
    fc.assert(
      fc.property(text, (message) => {
        const line = noticeLine({ message, at: AT, until: AT });
        expect(line).toMatch(/^Holdgate-Notice: [\x20-\x7e]*\r\n$/);
        expect(line.length).toBeLessThan(700);
        const told = messageOf(line);
        const sent = message.toWellFormed();
        expect(told === sent || sent.startsWith(told.slice(0, -1))).toBe(true);
      }),
      { numRuns: 40 },
    );
  });
});

test("every answer of the service carries what is announced, and only while it is", async () => {
  const upstream = await startScriptedUpstream({ onArrival: (arrival) => arrival.answer() });
  const gateway = await openGateway({ blue: upstream.url });
  const ask = async () => (await askAlone(gateway.port, "GET", "/")).answer();
  const header = async () => (await ask()).headers["holdgate-notice"];
  expect(await header()).toBeUndefined();
  const announcement = { message: "Später\r\nSet-Cookie: a=b", at: null };
  await gateway.dispatch({ type: "announce", service: "chat", announcement });
  expect(await header()).toBe('message=%"Sp%c3%a4ter%0d%0aSet-Cookie: a=b"');
  await gateway.dispatch({ type: "maintenance_on", service: "chat" });
  expect(await ask()).toMatchObject({
    status: 503,
    headers: { "holdgate-notice": expect.stringContaining("message") },
  });
  await gateway.dispatch({ type: "withdraw_announcement", service: "chat" });
  expect(await header()).toBeUndefined();
});
