import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { type Form, negotiateForm, negotiateLanguage } from "../../../src/gateway/maintenance/negotiate.ts";

describe("the form of an answer", () => {
  const cases: [client: string, accept: string | undefined, form: Form][] = [
    [
      "a browser that navigates",
      "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
      "html",
    ],
    ["fetch and curl, which take anything", "*/*", "problem"],
    ["a client without Accept", undefined, "problem"],
    ["axios", "application/json, text/plain, */*", "problem"],
    ["jQuery", "application/json, text/javascript, */*; q=0.01", "problem"],
    ["a client of problem documents", "application/problem+json", "problem"],
    ["a client of another JSON format", "application/vnd.api+json", "problem"],
    ["a client of any application format", "application/*", "problem"],
    ["a client that wants a line of text", "text/plain", "text"],
    ["an image element", "image/avif,image/webp,image/svg+xml", "text"],
    ["an empty Accept", "", "text"],
    ["an EventSource", "text/event-stream", "eventStream"],
    ["a client that reads JSON before event streams", "application/json, text/event-stream", "problem"],
    [
      "a client that reads event streams before JSON",
      "text/event-stream, application/json;q=0.9",
      "eventStream",
    ],
    ["a client that takes any text", "text/*", "html"],
    ["a client that prefers JSON by weight", "text/html;q=0.5, application/json;q=0.6", "problem"],
    ["a client that names both alike, the page first", "text/html, application/json", "html"],
    ["a client that excludes the page", "text/html;q=0, text/*", "text"],
    ["a client that excludes what it named, but takes the rest", "application/json;q=0, */*;q=0.1", "html"],
    ["capitals, parameters and odd spaces", " TEXT/HTML ; charset=utf-8 ;Q=0.9 ,, ", "html"],
    ["a weight that is none", "text/html;q=high, text/plain;q=0.1", "text"],
    ["a weight over one", "text/html;q=1.5, text/plain;q=0.1", "text"],
  ];
  test.each(cases)("%s (%s) gets %s", (_client, accept, form) => {
    expect(negotiateForm(accept)).toBe(form);
  });

  test("any header gets a form", () => {
    fc.assert(
      fc.property(fc.string(), (accept) => {
        expect(["html", "problem", "text", "eventStream"]).toContain(negotiateForm(accept));
      }),
    );
  });
});

describe("the language of an answer", () => {
  const cases: [header: string | undefined, language: string][] = [
    [undefined, "en"],
    ["", "en"],
    ["*", "en"],
    ["de-AT,de;q=0.9,en;q=0.8", "de"],
    ["FR-ca", "fr"],
    ["zh-Hant-TW", "zh"],
    ["sv, ja;q=0.5, en;q=0.4", "ja"],
    ["en;q=0.5, es;q=0.9", "es"],
    ["fr, de", "fr"],
    ["de;q=0, fr;q=0.1", "fr"],
    ["pt-BR, nl", "en"],
    ["deu", "en"],
  ];
  test.each(cases)("%s is answered in %s", (header, language) => {
    expect(negotiateLanguage(header)).toBe(language);
  });
});
