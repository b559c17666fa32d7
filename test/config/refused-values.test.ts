import { describe, expect, it } from "vitest";
import { refusalOf } from "./refusal-of.ts";

const SERVICES = "services:\n  chat:\n    upstreams: { blue: http://127.0.0.1:3000 }\n";

/** The first of the keys stands on line 4, in column 5. */
function inService(keys: string): string {
  return refusalOf(`${SERVICES}    ${keys}\n`);
}

/** The upstream stands on line 4, in column 7. */
function inUpstreams(upstream: string): string {
  return refusalOf(`services:\n  chat:\n    upstreams:\n      ${upstream}\n`);
}

describe("the top of the file", () => {
  it.each([
    ["listen: 8080", "1:1: listen: found 8080, expected an address such as 0.0.0.0:8080, or a list of them"],
    [
      "listen: 0.0.0.0:80800",
      '1:1: listen: found "0.0.0.0:80800", expected an address such as 0.0.0.0:8080, [::]:8080, :8080 or unix:/run/holdgate.sock',
    ],
    ["listen: []", "1:1: listen: found an empty list, expected at least one address, such as 0.0.0.0:8080"],
    ["listen: [0.0.0.0:80, 81]", "1:22: listen[1]: found 81, expected an address such as 0.0.0.0:8080"],
    [
      'listen: "[127.0.0.1]:80"',
      '1:1: listen: found "[127.0.0.1]:80", expected an address such as 0.0.0.0:8080, [::]:8080, :8080 or unix:/run/holdgate.sock',
    ],
    [
      "listen: unix:holdgate.sock",
      '1:1: listen: found "unix:holdgate.sock", expected unix: and an absolute path, such as unix:/run/app.sock',
    ],
    ["dataDir:", "1:1: dataDir: found nothing, expected the path of a directory"],
    ["admin: yes", '1:1: admin: found "yes", expected a mapping with any of the keys listen, allowRemote'],
    [
      "admin: { listen: 0.0.0.0:9180 }",
      '1:10: admin.listen: found "0.0.0.0:9180", which other machines can reach; expected a loopback address such as 127.0.0.1:9180, or admin.allowRemote: true beside it',
    ],
    ["admin: { allowRemote: 1 }", "1:10: admin.allowRemote: found 1, expected true or false"],
    [
      "trustedProxies: 10.0.0.0/8",
      '1:1: trustedProxies: found "10.0.0.0/8", expected a list, such as [first, second]',
    ],
    [
      "trustedProxies: [10.0.0.0/33, private]",
      '1:18: trustedProxies[0]: found "10.0.0.0/33", expected a prefix length of at most 32',
      '1:31: trustedProxies[1]: found "private", expected a network such as 10.0.0.0/8 or fd00::/8',
    ],
    ["audit: { maxBytes: 65MiB }", '1:10: audit.maxBytes: found "65MiB", expected a size of at most 64MiB'],
    ["accessLog: no", '1:1: accessLog: found "no", expected true, false or the path of a file'],
    [
      "shutdown: { grace: 1h30m }",
      '1:13: shutdown.grace: found "1h30m", expected a duration such as 30s or 5m',
    ],
  ])("%s", (line, ...problems) => {
    expect(refusalOf(`${line}\n${SERVICES}`).split("\n")).toEqual(
      problems.map((problem) => `holdgate.yaml:${problem}`),
    );
  });
});

describe("services", () => {
  it.each([
    ["", "1:1: services: missing, expected a mapping of services, each with its upstreams"],
    ["services:", "1:1: services: found nothing, expected a mapping of services, each with its upstreams"],
    ["services: {}", "1:1: services: found an empty mapping, expected at least one service"],
    [
      "services:\n  Chat_1: {}",
      '2:3: services.Chat_1: found "Chat_1", expected a name of a-z, 0-9 and -, such as chat-2',
    ],
    [
      "services:\n  chat:",
      "2:3: services.chat.upstreams: missing, expected a mapping of upstreams, such as blue: http://127.0.0.1:3000",
    ],
    [
      "services:\n  chat: { upstreams: {} }",
      "2:11: services.chat.upstreams: found an empty mapping, expected at least one upstream, such as blue: http://127.0.0.1:3000",
    ],
    [
      "- services",
      "1:1: found a list, expected a mapping with any of the keys listen, dataDir, admin, trustedProxies, audit, accessLog, requestIds, tracing, services, webhooks, shutdown",
    ],
  ])("%j", (text, problem) => {
    expect(refusalOf(text)).toBe(`holdgate.yaml:${problem}`);
  });
});

describe("an upstream", () => {
  it.each([
    [
      "blue: https://app:443",
      '4:7: services.chat.upstreams.blue: found "https://app:443", expected an http:// address: upstreams are reached without TLS, so name the app\'s plain HTTP port',
    ],
    [
      "blue: http://app:3000/chat",
      '4:7: services.chat.upstreams.blue: found "http://app:3000/chat", expected http://app:3000, without a path: requests keep the path they came with',
    ],
    [
      "blue: ws://app:3000",
      '4:7: services.chat.upstreams.blue: found "ws://app:3000", expected http://app:3000: WebSockets need no address of their own',
    ],
    ["blue: app:3000", '4:7: services.chat.upstreams.blue: found "app:3000", expected http://app:3000'],
    [
      "blue: tcp://app:3000",
      '4:7: services.chat.upstreams.blue: found "tcp://app:3000", expected a URL such as http://127.0.0.1:3000 or unix:/run/app.sock',
    ],
    [
      "blue: http://app:99999",
      '4:7: services.chat.upstreams.blue: found "http://app:99999", expected a URL such as http://127.0.0.1:3000 or unix:/run/app.sock',
    ],
    [
      `blue: unix:/${"x".repeat(110)}`,
      `4:7: services.chat.upstreams.blue: found "unix:/${"x".repeat(54)}…", expected a socket path of at most 107 bytes`,
    ],
    [
      "blue: 3000",
      "4:7: services.chat.upstreams.blue: found 3000, expected a URL such as http://127.0.0.1:3000, or a mapping with url or urls",
    ],
    [
      "blue: {}",
      "4:7: services.chat.upstreams.blue: found an empty mapping, expected either url, or urls with at least one address",
    ],
    [
      "blue: { url: http://a, urls: [http://b] }",
      "4:7: services.chat.upstreams.blue: found a mapping, expected either url, or urls with at least one address",
    ],
    [
      "blue: { urls: [http://a, b] }",
      '4:32: services.chat.upstreams.blue.urls[1]: found "b", expected a URL such as http://127.0.0.1:3000 or unix:/run/app.sock',
    ],
    [
      "blue: { url: http://a, heatlh: {} }",
      "4:30: services.chat.upstreams.blue.heatlh: unknown key; did you mean health?",
    ],
    [
      "blue: { url: http://a, health: { inteval: 1s } }",
      "4:40: services.chat.upstreams.blue.health.inteval: unknown key; did you mean interval?",
    ],
    [
      '"2": http://app',
      '4:7: services.chat.upstreams.2: found "2", expected a name of a-z, 0-9 and - with a letter, such as blue',
    ],
  ])("%s", (upstream, problem) => {
    expect(inUpstreams(upstream)).toBe(`holdgate.yaml:${problem}`);
  });
});

describe("hosts, paths and active", () => {
  it.each([
    [
      "hosts: [http://chat, a:80, a.*.b]",
      ...[
        ["13", 0, "http://chat"],
        ["26", 1, "a:80"],
        ["32", 2, "a.*.b"],
      ].map(
        ([column, index, host]) =>
          `4:${column}: services.chat.hosts[${index}]: found "${host}", expected a host such as chat.example.com or *.example.com, without scheme, port or path`,
      ),
    ],
    [
      "paths: [chat, /a b]",
      '4:13: services.chat.paths[0]: found "chat", expected a path that starts with /, such as /chat',
      '4:19: services.chat.paths[1]: found "/a b", expected a path that starts with /, such as /chat',
    ],
    [
      "paths: []",
      "4:5: services.chat.paths: found an empty list, expected at least one path prefix, such as /",
    ],
    [
      "hosts: [chat.example.com]\n    testHosts: [Chat.example.com]",
      '5:17: services.chat.testHosts[0]: found "chat.example.com", which is one of the hosts too; expected a host of its own, that leads to the candidate',
    ],
    ["active: bleu", '4:5: services.chat.active: found "bleu", expected one of the upstreams: blue'],
  ])("%s", (keys, ...problems) => {
    expect(inService(keys).split("\n")).toEqual(problems.map((problem) => `holdgate.yaml:${problem}`));
  });
});

describe("hold", () => {
  it.each([
    [
      "hold: { maxWait: 30 parsecs }",
      '4:13: services.chat.hold.maxWait: found "30 parsecs", expected a duration such as 30s or 5m',
    ],
    ["hold: { lease: 0 }", "4:13: services.chat.hold.lease: found 0, expected a duration longer than 0"],
    [
      "hold: { lease: 30d }",
      '4:13: services.chat.hold.lease: found "30d", expected a duration of at most 24d',
    ],
    [
      "hold: { maxRequests: 0 }",
      "4:13: services.chat.hold.maxRequests: found 0, expected a whole number of at least 1",
    ],
    [
      "hold: { maxPerClient: 1e10 }",
      "4:13: services.chat.hold.maxPerClient: found 10000000000, expected a whole number of at most 1000000000",
    ],
    [
      "hold: { onLeaseEnd: closed }",
      '4:13: services.chat.hold.onLeaseEnd: found "closed", expected maintenance or open',
    ],
    ["hold: { max_wait: 30s }", "4:13: services.chat.hold.max_wait: unknown key; did you mean maxWait?"],
    [
      "hold: { colour: red }",
      "4:13: services.chat.hold.colour: unknown key; the keys here are automatic, maxWait, maxRequests, maxPerClient, lease, onLeaseEnd",
    ],
  ])("%s", (keys, problem) => {
    expect(inService(keys)).toBe(`holdgate.yaml:${problem}`);
  });
});

describe("the sections of a service", () => {
  it.each([
    [
      "health: { status: 399-200 }",
      '4:15: services.chat.health.status: found "399-200", expected a status or a range of them, such as 200 or 200-399',
    ],
    [
      "health: { status: 99 }",
      "4:15: services.chat.health.status: found 99, expected a status or a range of them, such as 200 or 200-399",
    ],
    [
      "health: { path: up }",
      '4:15: services.chat.health.path: found "up", expected a path that starts with /, such as /api/health',
    ],
    [
      'health: { path: "/up HTTP/1.1\\r\\nX: y" }',
      '4:15: services.chat.health.path: found "/up HTTP/1.1\\r\\nX: y", expected a path that starts with /, such as /api/health',
    ],
    [
      "health: { version: version }",
      '4:15: services.chat.health.version: found "version", expected a place in a JSON answer, such as .version',
    ],
    [
      "limits: { head: 32 kilobytes }",
      '4:15: services.chat.limits.head: found "32 kilobytes", expected a size such as 64KiB or 8MiB',
    ],
    [
      "websocket: { waves: 500 }",
      "4:18: services.chat.websocket.waves: found 500, expected a mapping with any of the keys perSecond",
    ],
    [
      "websocket: { paths: { ws: {} } }",
      '4:27: services.chat.websocket.paths.ws: found "ws", expected a path that starts with /, such as /chat',
    ],
  ])("%s", (keys, problem) => {
    expect(inService(keys)).toBe(`holdgate.yaml:${problem}`);
  });
});

describe("the shell cache", () => {
  it.each([
    ["shellCache: { paths: [assets/*] }", '4:27: services.chat.shellCache.paths[0]: found "assets/*"'],
    ["shellCache: { paths: ['/a?b'] }", '4:27: services.chat.shellCache.paths[0]: found "/a?'],
    ["shellCache: { paths: /assets/* }", '4:19: services.chat.shellCache.paths: found "/assets/*"'],
    ["shellCache: { maxBytes: 0 }", "4:19: services.chat.shellCache.maxBytes: found 0"],
  ])("%s is refused", (keys, problem) => {
    expect(inService(keys)).toContain(`holdgate.yaml:${problem}`);
  });
});
