import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../src/config/parse-config.ts";
import type { ServiceSettings } from "../../src/config/settings.ts";

const UPSTREAM = "upstreams: { blue: http://127.0.0.1:3000 }";

function settingsOf(text: string, fileName = "holdgate.yaml") {
  return parseConfig(text, fileName, {});
}

function chat(keys: string, fileName?: string): ServiceSettings {
  const [service] = settingsOf(`services: { chat: { ${keys} } }`, fileName).services;
  if (!service) throw new Error("no service came out");
  return service;
}

describe("the top of the file", () => {
  it.each([
    ["127.0.0.1:0", [{ host: "127.0.0.1", port: 0 }]],
    [":8080", [{ host: "::", port: 8080 }]],
    ['"[::1]:8080"', [{ host: "::1", port: 8080 }]],
    ["unix:/run/holdgate.sock", [{ path: "/run/holdgate.sock" }]],
    [
      "[0.0.0.0:80, unix:/run/holdgate.sock]",
      [{ host: "0.0.0.0", port: 80 }, { path: "/run/holdgate.sock" }],
    ],
  ])("listen: %s", (written, listen) => {
    expect(settingsOf(`listen: ${written}\nservices: { chat: { ${UPSTREAM} } }`).listen).toEqual(listen);
  });

  it.each(["127.0.0.1:9180", "127.8.9.1:9180", "localhost:9180", '"[::1]:9180"', "unix:/run/admin.sock"])(
    "admin.listen: %s needs no permission",
    (written) => {
      const text = `admin: { listen: ${written} }\nservices: { chat: { ${UPSTREAM} } }`;
      expect(settingsOf(text).admin.allowRemote).toBe(false);
    },
  );

  it("admin.listen on a public address is accepted with admin.allowRemote", () => {
    const text = `admin: { listen: 0.0.0.0:9180, allowRemote: true }\nservices: { chat: { ${UPSTREAM} } }`;
    expect(settingsOf(text).admin).toEqual({ listen: { host: "0.0.0.0", port: 9180 }, allowRemote: true });
  });

  it("a trusted proxy given as an address is the network of that one address", () => {
    const text = `trustedProxies: [10.0.0.0/8, 192.168.1.5, fd00::1]\nservices: { chat: { ${UPSTREAM} } }`;
    expect(settingsOf(text).trustedProxies).toEqual(["10.0.0.0/8", "192.168.1.5/32", "fd00::1/128"]);
  });

  it("dataDir and accessLog are relative to the working directory, the page to the file", () => {
    const text = `
dataDir: state
accessLog: access.log
services: { chat: { ${UPSTREAM}, maintenance: { page: pages/away.html } } }`;
    const settings = settingsOf(text, "/etc/holdgate/holdgate.yaml");
    expect(settings.dataDir).toBe(resolve("state"));
    expect(settings.accessLog).toEqual({ file: resolve("access.log"), format: "json" });
    expect(settings.services[0]?.maintenance.page).toBe(join("/etc/holdgate", "pages/away.html"));
  });

  it("an anchor shares a section between services", () => {
    const text = `
services:
  chat: { ${UPSTREAM}, hosts: [chat.example.com], hold: &hold { maxWait: 5s } }
  wiki: { ${UPSTREAM}, hosts: [wiki.example.com], hold: *hold }`;
    expect(settingsOf(text).services.map(({ hold }) => hold.maxWaitMs)).toEqual([5000, 5000]);
  });
});

describe("a service", () => {
  it("its hosts are lower-cased, and internationalised ones written as clients send them", () => {
    expect(chat(`${UPSTREAM}, hosts: [Chat.Example.COM, "*.example.com", bücher.example]`).hosts).toEqual([
      "chat.example.com",
      "*.example.com",
      "xn--bcher-kva.example",
    ]);
  });

  it("the first upstream of the file is active when none is named", () => {
    const upstreams = "upstreams: { green: http://127.0.0.1:3001, blue: http://127.0.0.1:3000 }";
    expect(chat(upstreams).active).toBe("green");
    expect(chat(`${upstreams}, active: blue`).active).toBe("blue");
  });

  it("a WebSocket path holds only what it says itself", () => {
    const { webSocket } = chat(`${UPSTREAM}, websocket: { paths: { /ws: { onCutover: drain } } }`);
    expect(webSocket.paths).toEqual({ "/ws": { onCutover: "drain" } });
  });

  it("a wait of 0 is allowed where it means none", () => {
    const service = chat(
      `${UPSTREAM}, drainTimeout: 0, hold: { maxWait: 0s }, timeouts: { responseStall: 0 }`,
    );
    expect(service.drainTimeoutMs).toBe(0);
    expect(service.hold.maxWaitMs).toBe(0);
    expect(service.timeouts.responseStallMs).toBe(0);
  });

  it("one host may be shared by services with different paths", () => {
    const text = `
services:
  chat: { ${UPSTREAM}, hosts: [example.com] }
  wiki: { ${UPSTREAM}, hosts: [example.com], paths: [/wiki] }`;
    expect(settingsOf(text).services.map(({ name }) => name)).toEqual(["chat", "wiki"]);
  });
});

describe("an upstream", () => {
  it.each([
    ["http://app:3000", ["http://app:3000"]],
    ["http://app", ["http://app:80"]],
    ["HTTP://App:80/", ["http://app:80"]],
    ['"http://[::1]:3000"', ["http://[::1]:3000"]],
    ["unix:/run/app.sock", ["unix:/run/app.sock"]],
    ["unix:///run/app.sock", ["unix:/run/app.sock"]],
    ["{ url: http://app:3000 }", ["http://app:3000"]],
    ["{ urls: [http://one:3000, unix:/run/two.sock] }", ["http://one:3000", "unix:/run/two.sock"]],
  ])("may be written %s", (written, urls) => {
    expect(chat(`upstreams: { blue: ${written} }`).upstreams["blue"]?.urls).toEqual(urls);
  });

  it("has a health check that differs from its service's in what it names only", () => {
    const { upstreams } = chat(`
      health: { path: /api/health, interval: 2s, status: 200, version: .version },
      upstreams: {
        blue: http://127.0.0.1:3000,
        green: { url: http://127.0.0.1:3001, health: { path: /up, timeout: 250, status: 200-299, version: null } }
      }`);
    expect(upstreams["blue"]?.health).toMatchObject({
      path: "/api/health",
      intervalMs: 2000,
      timeoutMs: 5000,
      status: { from: 200, to: 200 },
      version: ".version",
    });
    expect(upstreams["green"]?.health).toMatchObject({
      path: "/up",
      intervalMs: 2000,
      timeoutMs: 250,
      status: { from: 200, to: 299 },
      version: null,
    });
  });
});
