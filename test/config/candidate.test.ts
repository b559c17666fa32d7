// The headers and cookies that lead to the candidate.

import { describe, expect, it } from "vitest";
import { parseConfig } from "../../src/config/parse-config.ts";
import { refusalOf } from "./refusal-of.ts";

const yaml = (candidate: string): string =>
  `services:\n  chat:\n    upstreams: { blue: http://127.0.0.1:3000 }\n    candidate: ${candidate}\n`;

describe("the routes to the candidate", () => {
  it("are none unless the config names some", () => {
    const [chat] = parseConfig(yaml("{}"), "holdgate.yaml", {}).services;
    expect(chat?.candidate).toEqual({ headers: {}, cookies: {} });
  });

  it("are names with exact values; those of headers in any case", () => {
    const written = "{ headers: { X-Holdgate-Version: Next One }, cookies: { preview: yes-please } }";
    const [chat] = parseConfig(yaml(written), "holdgate.yaml", {}).services;
    expect(chat?.candidate).toEqual({
      headers: { "x-holdgate-version": "Next One" },
      cookies: { preview: "yes-please" },
    });
  });
});

it.each([
  ["{ headers: { Host: a.example.com } }", "expected the name of a header such as X-Holdgate-Version"],
  ["{ headers: { COOKIE: a=b } }", "Host and Cookie have keys of their own"],
  ['{ headers: { "X Y": a } }', "expected the name of a header"],
  ['{ headers: { X-Version: "" } }', "expected a value of visible characters, such as candidate"],
  ['{ headers: { X-Version: " a" } }', "expected a value of visible characters, such as candidate"],
  ["{ headers: { X-Version: 2 } }", "expected a value of visible characters, such as candidate"],
  ["{ headers: { X-V: a, x-v: b } }", "stands here twice, in two spellings; expected each header once"],
  ["{ headers: [X-Version] }", "expected a mapping such as { X-Holdgate-Version: candidate }"],
  ["{ cookies: { holdgate_canary: 5 } }", "names with holdgate_ are the gateway's own"],
  ['{ cookies: { "a;b": c } }', "expected the name of a cookie such as preview"],
  [
    '{ cookies: { preview: "a; b" } }',
    "expected a cookie's value without spaces, quotes, commas and semicolons",
  ],
  ["{ cookie: { preview: a } }", "unknown key; did you mean cookies?"],
])("candidate: %s is refused", (written, text) => {
  expect(refusalOf(yaml(written))).toContain(text);
});
