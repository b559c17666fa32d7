import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { describeKeys } from "../../src/config/describe-keys.ts";
import { configJsonSchemaText } from "../../src/config/json-schema.ts";

describe("the JSON Schema", () => {
  it("is committed as it is generated: npm run schema", () => {
    const committed = readFileSync(new URL("../../config/holdgate.schema.json", import.meta.url), "utf8");
    expect(committed).toBe(configJsonSchemaText());
  });

  it("allows no unknown key in any section", () => {
    const text = configJsonSchemaText();
    expect(text).not.toContain('"additionalProperties": {}');
    expect(text).toContain('"additionalProperties": false');
  });
});

describe("the JSON Schema of a WebSocket's protocol", () => {
  it("offers the names, and one way to select messages", () => {
    const text = configJsonSchemaText().replaceAll(/\s/g, "");
    expect(text).toContain('"enum":["auto","plain","first-message","socket.io",');
    expect(text).toContain('"minProperties":1,"maxProperties":1,"type":"object","properties":{"first":');
  });
});

describe("describeKeys", () => {
  const keys = describeKeys();

  it("lists every key of the file once", () => {
    const names = keys.map(({ key }) => key);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain("services.<name>.upstreams.<name>.health.path");
    expect(names).toContain("services.<name>.websocket.paths.<prefix>.onCutover");
    expect(names).toHaveLength(109);
  });

  it.each([
    ["listen", "0.0.0.0:8080"],
    ["services.<name>.hosts", "[]"],
    ["services.<name>.paths", "[/]"],
    ["services.<name>.hold.maxWait", "30s"],
    ["services.<name>.hold.maxRequests", "10000"],
    ["services.<name>.limits.body", "null"],
    ["services.<name>.active", ""],
    ["services.<name>.websocket.protocol", "auto"],
    ["services.<name>.websocket.replay", "null"],
    ["services.<name>.websocket.socketIo.loseAcks", "false"],
    ["services.<name>.websocket.splice.maxMessage", "64MiB"],
    ["services.<name>.websocket.paths.<prefix>.protocol", ""],
  ])("%s has the default %j", (key, written) => {
    expect(keys.find((described) => described.key === key)?.default).toBe(written);
  });

  it("has a sentence for every key", () => {
    expect(keys.filter(({ description }) => !description.endsWith("."))).toEqual([]);
  });
});
