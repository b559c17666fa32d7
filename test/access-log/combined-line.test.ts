import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AccessRecord } from "../../src/access-log/access-record.ts";
import { combinedLine } from "../../src/access-log/combined-line.ts";

const RECORD: AccessRecord = {
  service: "chat",
  client: "192.0.2.7",
  method: "GET",
  host: "chat.example.com",
  path: "/rooms/1",
  status: 200,
  outcome: "answered",
  upstream: "blue",
  slot: "active",
  heldMs: 1200,
  tookMs: 1215,
  bytesSent: 512,
  requestId: "0af7",
  traceId: null,
};
const AT = Date.UTC(2026, 2, 1, 22, 30, 5);

describe("the combined format", () => {
  it("is what Apache and nginx write, with what only the gateway knows behind it", () => {
    const sent = { version: "1.1", referer: "https://chat.example.com/", userAgent: "Mozilla/5.0 (X11)" };
    expect(combinedLine(RECORD, sent, AT)).toBe(
      '192.0.2.7 - - [01/Mar/2026:22:30:05 +0000] "GET /rooms/1 HTTP/1.1" 200 512 "https://chat.example.com/" ' +
        '"Mozilla/5.0 (X11)" service=chat host=chat.example.com outcome=answered upstream=blue slot=active ' +
        "heldMs=1200 tookMs=1215 requestId=0af7 traceId=-",
    );
  });

  it("has a dash for what is not known", () => {
    const record = { ...RECORD, host: "", upstream: null, slot: null, heldMs: null, requestId: null };
    const line = combinedLine(record, { version: "1.0", referer: undefined, userAgent: undefined }, AT);
    expect(line).toContain(
      'HTTP/1.0" 200 512 "-" "-" service=chat host=- outcome=answered upstream=- slot=-',
    );
  });

  it("leaves the query out of the referer, too", () => {
    const sent = { version: "1.1", referer: "https://a.example/reset?token=secret#x", userAgent: undefined };
    expect(combinedLine(RECORD, sent, AT)).toContain(' "https://a.example/reset" "-" ');
  });

  it("whatever a client sends, it is one line with as many quotes as ever", () => {
    const latin1 = fc.string({
      unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
    });
    fc.assert(
      fc.property(latin1, latin1, latin1, (path, referer, userAgent) => {
        const line = combinedLine({ ...RECORD, path }, { version: "1.1", referer, userAgent }, AT);
        expect(line).toMatch(/^[ -~]+$/);
        expect(line.match(/"/g)).toHaveLength(6);
      }),
    );
  });

  it("escapes quotes, backslashes and controls as nginx does", () => {
    const sent = { version: "1.1", referer: undefined, userAgent: 'a"b\\c\r\nd\u00e9' };
    expect(combinedLine(RECORD, sent, AT)).toContain('"a\\x22b\\x5Cc\\x0D\\x0Ad\\xE9"');
  });
});
