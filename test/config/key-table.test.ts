import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { describeKeys } from "../../src/config/describe-keys.ts";
import { withKeyTable } from "../../src/config/key-table.ts";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");

it("the README's table of keys is that of the schema (if not: npm run docs)", () => {
  expect(readme).toBe(withKeyTable(readme));
});

it("every key that has a default stands in the table, with it", () => {
  for (const { key, default: written } of describeKeys().filter((described) => described.default !== "")) {
    expect(readme).toContain(`| \`${key.replace("services.<name>.", "")}\` | \`${written}\` |`);
  }
});

it("a README without a place for the table is refused", () => {
  expect(() => withKeyTable("# Holdgate")).toThrow("keys:start");
});
