import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { apiReference } from "../../src/admin/reference/api-reference.ts";
import { openAdmin } from "./support/open-admin.ts";

describe("the reference of the admin API", () => {
  it("is committed as it is generated: npm run docs", async () => {
    const { json } = await openAdmin();
    const { body } = await json("GET", "/admin/openapi.json");
    const committed = readFileSync(new URL("../../docs/api-reference.md", import.meta.url), "utf8");
    expect(committed).toBe(apiReference(body));
  });

  it("leads to no heading that it does not have", async () => {
    const { json } = await openAdmin();
    const text = apiReference((await json("GET", "/admin/openapi.json")).body);
    const headings = new Set([...text.matchAll(/^### (\w+)$/gm)].map(([, name = ""]) => name.toLowerCase()));
    const links = [...text.matchAll(/\]\(#([\w-]+)\)/g)].map(([, name = ""]) => name);
    expect(links.filter((name) => !headings.has(name))).toEqual([]);
  });

  it("says what a body may hold beside its call", () => {
    const text = apiReference({
      paths: {
        "/admin/hold": {
          post: {
            summary: "Hold.",
            requestBody: {
              content: { "application/json": { schema: { $ref: "#/components/schemas/Body" } } },
            },
            responses: { 200: { description: "It holds." } },
          },
        },
      },
      components: {
        schemas: {
          Body: {
            type: "object",
            properties: { wait: { type: "boolean", description: "Wait." } },
            required: ["wait"],
          },
        },
      },
    });
    expect(text).toContain("| `wait` | boolean | Wait. |");
    expect(text).not.toContain("### Body");
  });
});
