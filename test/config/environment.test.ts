import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../src/config/parse-config.ts";
import { refusalOf } from "./refusal-of.ts";

const SERVICES = "services: { chat: { upstreams: { blue: http://127.0.0.1:3000 } } }";

describe("environment variables", () => {
  it("stand above the file", () => {
    const settings = parseConfig(`listen: :1\ndataDir: x\nadmin: { listen: localhost:2 }\n${SERVICES}`, "f", {
      HOLDGATE_LISTEN: "127.0.0.1:8081",
      HOLDGATE_DATA_DIR: "/var/lib/holdgate",
      HOLDGATE_ADMIN_LISTEN: "unix:/run/admin.sock",
    });
    expect(settings.listen).toEqual([{ host: "127.0.0.1", port: 8081 }]);
    expect(settings.dataDir).toBe("/var/lib/holdgate");
    expect(settings.admin.listen).toEqual({ path: "/run/admin.sock" });
  });

  it("work where the file says nothing", () => {
    const settings = parseConfig(SERVICES, "f", { HOLDGATE_ADMIN_LISTEN: "127.0.0.1:0" });
    expect(settings.admin.listen).toEqual({ host: "127.0.0.1", port: 0 });
  });

  it("that are empty count as unset", () => {
    expect(parseConfig(SERVICES, "f", { HOLDGATE_DATA_DIR: "" }).dataDir).toBe(resolve("data"));
  });

  it("that are wrong are named in the error", () => {
    const env = { HOLDGATE_LISTEN: "nowhere", HOLDGATE_ADMIN_LISTEN: "0.0.0.0:9180" };
    expect(refusalOf(SERVICES, env).split("\n")).toEqual([
      'HOLDGATE_LISTEN: found "nowhere", expected an address such as 0.0.0.0:8080, [::]:8080, :8080 or unix:/run/holdgate.sock',
      'HOLDGATE_ADMIN_LISTEN: found "0.0.0.0:9180", which other machines can reach; expected a loopback address such as 127.0.0.1:9180, or admin.allowRemote: true beside it',
    ]);
  });

  it("leave a section that is no mapping to be refused", () => {
    expect(refusalOf(`admin: 5\n${SERVICES}`, { HOLDGATE_ADMIN_LISTEN: "localhost:1" })).toBe(
      "holdgate.yaml:1:1: admin: found 5, expected a mapping with any of the keys listen, allowRemote",
    );
  });
});
