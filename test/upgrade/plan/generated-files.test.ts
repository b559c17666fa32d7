import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { planJsonSchemaText } from "../../../src/upgrade/plan/plan-json-schema.ts";
import { planReference } from "../../../src/upgrade/plan/plan-reference.ts";

function committed(file: string): string {
  return readFileSync(new URL(`../../../${file}`, import.meta.url), "utf8");
}

describe("the JSON Schema of a plan", () => {
  const text = planJsonSchemaText();

  it("is committed as it is generated: npm run schema", () => {
    expect(committed("config/upgrade.schema.json")).toBe(text);
  });

  it("allows no unknown key in any mapping", () => {
    expect(text).not.toContain('"additionalProperties": {}');
    expect(text).toContain('"additionalProperties": false');
  });

  it("lets a variable stand wherever a value has a form", () => {
    const patterns = [...text.matchAll(/"pattern": "(.*)"/g)].map(([, pattern = ""]) => pattern);
    const names = patterns.filter((pattern) => !pattern.includes("\\\\$\\\\{"));
    // Of keys: names of variables, targets and secrets.
    expect(new Set(names)).toEqual(new Set(["^[A-Za-z_][\\\\w-]*$"]));
  });
});

describe("the reference of plans", () => {
  it("is committed as it is generated: npm run docs", () => {
    expect(committed("docs/plan-reference.md")).toBe(planReference());
  });

  it("has a sentence for every field", () => {
    expect(
      planReference()
        .split("\n")
        .filter((line) => line.endsWith("|  |")),
    ).toEqual([]);
  });
});
