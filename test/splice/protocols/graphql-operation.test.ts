import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isSurelySubscription } from "../../../src/splice/protocols/graphql-operation.ts";

describe("a subscription is", () => {
  it.each([
    ["anonymous", "subscription { messageAdded { id } }"],
    ["named", "subscription OnMessage { messageAdded { id } }"],
    [
      "one with variables",
      'subscription M($f: F = {a: [1, {b: ")}"}]}, $r: [ID!]!) { m(f: $f, r: $r) { id } }',
    ],
    ["one with directives", "subscription @live(if: true) { m { id } }"],
    ["one before its fragments", "subscription M { m { ...F } } fragment F on Message { id }"],
    ["one behind its fragments", "fragment F on Message { id } subscription M { m { ...F } }"],
    ["one behind a comment", '\uFEFF# query { "\n  , subscription M { m }'],
    ["one with texts full of brackets", 'subscription { m(a: "}\\"{", b: """ } " \\""" } """) }'],
  ])("%s", (_, document) => {
    expect(isSurelySubscription(document, null)).toBe(true);
    expect(isSurelySubscription(document, undefined)).toBe(true);
  });

  it("the one that is asked for by name", () => {
    const document = "query Q { a } subscription S { b } mutation M { c }";
    expect(isSurelySubscription(document, "S")).toBe(true);
    expect(isSurelySubscription(document, "M")).toBe(false);
    expect(isSurelySubscription(document, "Other")).toBe(false);
    expect(isSurelySubscription(document, null)).toBe(false);
  });
});

describe("no subscription is proved by", () => {
  it.each([
    ["a query in short", "{ subscription { a } }"],
    ["a query", "query subscription { subscription }"],
    ["a mutation", 'mutation { send(text: "subscription { a }") { id } }'],
    ["a comment", "# subscription { a }\nmutation { b }"],
    ["a fragment alone", "fragment subscription on Subscription { a }"],
    ["two operations", "subscription B { a } subscription C { b }"],
    ["two of one name", "mutation A { a } subscription A { b }"],
    ["a schema", "type Subscription { a: ID }"],
    ["a described operation", '"subscription" mutation { a }'],
    ["an open bracket", "subscription { a { b }"],
    ["a bracket too many", "subscription { a } } mutation { b }"],
    ["an open text", 'subscription { a(b: "c) }'],
    ["an open block text", 'subscription { a(b: """c") }'],
    ["nothing", ""],
  ])("%s", (_, document) => {
    expect(isSurelySubscription(document, null)).toBe(false);
    expect(isSurelySubscription(document, "A")).toBe(false);
  });
});

it("does not take long for what is long", () => {
  for (const part of ['"', '"""', "\\", '"""\\"""', "{", "#", "a ", '"a'])
    expect(isSurelySubscription(part.repeat(65_536 / part.length), null)).toBe(false);
});

it("throws at nothing", () => {
  const token = fc.constantFrom(
    "subscription",
    "query",
    "{",
    "}",
    "(",
    ")",
    '"',
    '"""',
    "\\",
    "#",
    "\n",
    " ",
    "a",
    "@",
  );
  const document = fc.array(fc.oneof(token, fc.string())).map((tokens) => tokens.join(""));
  fc.assert(fc.property(document, (text) => typeof isSurelySubscription(text, null) === "boolean"));
});
