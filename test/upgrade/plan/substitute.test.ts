import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { substitute } from "../../../src/upgrade/plan/substitute.ts";

const VALUES = new Map<string, string | { refusal: string }>([
  ["version", "1.2.3"],
  ["dollar", "$&$1"],
  ["idle", { refusal: "there is none" }],
]);

describe("substitute", () => {
  it.each([
    ["app:${version}", "app:1.2.3"],
    ["${version}${version}", "1.2.31.2.3"],
    ["$${version}", "${version}"],
    ["$$${version}", "$${version}"],
    ["a $ b $x {y}", "a $ b $x {y}"],
    ["${dollar}", "$&$1"],
    ["${secrets.db}-${version}", "${secrets.db}-1.2.3"],
  ])("makes of %j %j", (text, expected) => {
    expect(substitute(text, VALUES)).toEqual({ text: expected });
  });

  it.each([
    ["${idle}", "there is none"],
    ["${versoin}", "found ${versoin}, which is no variable; did you mean ${version}?"],
    ["${version", "found ${ without a }; write $${ for ${ itself"],
    ["${}", "found ${}, expected the name of a variable in it"],
  ])("refuses %j", (text, refusal) => {
    expect(substitute(text, VALUES)).toEqual({ refusal });
  });

  it("leaves the placeholders of secrets as they are, whatever stands around them", () => {
    const around = fc.string().map((text) => text.replaceAll(/[$\\{}]/g, ""));
    const secret = fc.stringMatching(/^[A-Za-z_][\w-]*$/).map((name) => `\${secrets.${name}}`);
    fc.assert(
      fc.property(fc.array(fc.tuple(around, secret)), (parts) => {
        const text = parts.flat().join("");
        expect(substitute(text, VALUES)).toEqual({ text });
      }),
    );
  });

  it("changes no text without a variable", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!text.includes("${"));
        expect(substitute(text, VALUES)).toEqual({ text });
      }),
    );
  });

  it("writes any value as it is, and reads none of it again", () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        fc.pre(!value.includes("$"));
        const values = new Map([["a", value]]);
        expect(substitute("<${a}>", values)).toEqual({ text: `<${value}>` });
      }),
    );
  });
});
