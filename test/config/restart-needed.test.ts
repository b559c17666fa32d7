import { describe, expect, it } from "vitest";
import { parseConfig } from "../../src/config/parse-config.ts";
import { compareSettings } from "../../src/config/restart-needed.ts";

function settingsOf(top: string, upstream = "http://127.0.0.1:3000") {
  return parseConfig(`${top}\nservices: { chat: { upstreams: { blue: "${upstream}" } } }`, "f", {});
}

describe("compareSettings", () => {
  it("a change of services needs no restart", () => {
    expect(compareSettings(settingsOf(""), settingsOf("", "http://127.0.0.1:3001"))).toEqual([]);
  });

  it("the same address written otherwise is no change", () => {
    expect(compareSettings(settingsOf(""), settingsOf("listen: [0.0.0.0:8080]"))).toEqual([]);
  });

  it("sockets and the data directory wait for a restart, and are named", () => {
    const next = settingsOf("listen: :80\ndataDir: /var/lib/holdgate\nadmin: { listen: localhost:9180 }");
    expect(compareSettings(settingsOf(""), next)).toEqual(["listen", "dataDir", "admin.listen"]);
  });

  it("so do the proxies that are believed and the access log", () => {
    const next = settingsOf("trustedProxies: [10.0.0.0/8]\naccessLog: requests.log");
    expect(compareSettings(settingsOf(""), next)).toEqual(["trustedProxies", "accessLog"]);
  });
});
