import { describe, expect, it } from "vitest";
import { refusalOf } from "./refusal-of.ts";

describe("two services", () => {
  const two = (one: string, other: string) =>
    refusalOf(`
services:
  chat: { upstreams: { blue: http://a }, ${one} }
  wiki: { upstreams: { blue: http://b }, ${other} }
`);

  it.each([
    ["", "", "4:3: services.wiki: services chat and wiki both answer to any host with path /"],
    [
      "hosts: [a.example.com]",
      "hosts: [b.example.com, A.example.com]",
      "4:65: services.wiki.hosts[1]: services chat and wiki both answer to host a.example.com with path /",
    ],
    [
      "hosts: [a.example.com], paths: [/, /chat/]",
      "hosts: [a.example.com], paths: [/chat]",
      "4:50: services.wiki.hosts[0]: services chat and wiki both answer to host a.example.com with path /chat",
    ],
    [
      "hosts: [a.example.com]",
      "testHosts: [a.example.com], hosts: [b.example.com]",
      "4:54: services.wiki.testHosts[0]: services chat and wiki both answer to host a.example.com with path /",
    ],
  ])("{ %s } and { %s } conflict, and both are named", (one, other, problem) => {
    expect(two(one, other)).toBe(`holdgate.yaml:${problem}; give one of them other hosts or paths`);
  });
});

describe("YAML", () => {
  it.each([
    ["a: 1\na: 2", "2:1: this key stands twice in the same mapping; remove one"],
    ["hosts: [*.example.com]", '1:9: a value that starts with * needs quotes: "*.example.com"'],
    [
      "hold: *hold",
      "1:7: found the alias *hold, expected an anchor &hold before it; or put a value that starts with * in quotes",
    ],
    [
      "listen: [::]:8080",
      "1:13: found text that YAML cannot place; put a value that starts with [, {, \" or ' wholly in quotes",
    ],
    ["services:\n\tchat: {}", "2:1: found a tab as indentation, expected spaces"],
    ["a: 1\n---\nb: 2", "2:1: found a second document after ---, expected one document for each file"],
    ["dataDir: !env DIR", "1:10: this is not YAML: Unresolved tag: !env"],
    ["__proto__: {}", "1:1: unknown key __proto__"],
    ["? [a, b]\n: 1", "1:3: found a list or mapping as a key, expected a name"],
  ])("%j", (text, problem) => {
    expect(refusalOf(text).split("\n")).toContain(`holdgate.yaml:${problem}`);
  });

  it("aliases that multiply without bound are refused, not expanded", () => {
    const bomb = Array.from({ length: 9 }, (_, level) => {
      const inner = level === 0 ? "x" : `*l${level - 1}`;
      return `l${level}: &l${level} [${Array.from({ length: 9 }, () => inner).join(", ")}]`;
    });
    expect(refusalOf(bomb.join("\n"))).toBe(
      "holdgate.yaml:1:1: found too many uses of *aliases, expected at most 100 in all",
    );
  });

  it("a problem inside an alias is shown where the value stands", () => {
    const text = `
services:
  chat: { upstreams: { blue: http://a }, hosts: [a.example.com], hold: &hold { lease: 5 parsecs } }
  wiki: { upstreams: { blue: http://b }, hosts: [b.example.com], hold: *hold }
`;
    const problem = 'hold.lease: found "5 parsecs", expected a duration such as 30s or 5m';
    expect(refusalOf(text).split("\n")).toEqual([
      `holdgate.yaml:3:80: services.chat.${problem}`,
      `holdgate.yaml:3:80: services.wiki.${problem}`,
    ]);
  });
});

describe("the whole message", () => {
  const upstream = (url: string) => refusalOf(`services: { chat: { upstreams: { blue: "${url}" } } }`);

  it("lists every problem in the order of the file, whatever kind it is of", () => {
    const text = `
admin: { listen: 0.0.0.0:9180 }
services:
  chat:
    upstreams: { blue: app:3000 }
    active: green
    hold: { maxwait: 30s, lease: soon }
    drainTimeout: 1s
    drainTimeout: 2s
  wiki:
    upstreams: { blue: http://b }
`;
    expect(refusalOf(text, { HOLDGATE_LISTEN: "8080" }).split("\n")).toEqual([
      'HOLDGATE_LISTEN: found "8080", expected an address such as 0.0.0.0:8080, [::]:8080, :8080 or unix:/run/holdgate.sock',
      'holdgate.yaml:2:10: admin.listen: found "0.0.0.0:9180", which other machines can reach; expected a loopback address such as 127.0.0.1:9180, or admin.allowRemote: true beside it',
      'holdgate.yaml:5:18: services.chat.upstreams.blue: found "app:3000", expected http://app:3000',
      'holdgate.yaml:6:5: services.chat.active: found "green", expected one of the upstreams: blue',
      "holdgate.yaml:7:13: services.chat.hold.maxwait: unknown key; did you mean maxWait?",
      'holdgate.yaml:7:27: services.chat.hold.lease: found "soon", expected a duration such as 30s or 5m',
      "holdgate.yaml:9:5: this key stands twice in the same mapping; remove one",
      "holdgate.yaml:10:3: services.wiki: services chat and wiki both answer to any host with path /; give one of them other hosts or paths",
    ]);
  });

  it.each([
    ["a password in a URL", upstream("https://bob:hunter2@app:443")],
    ["a password with a slash in a URL", upstream("http://bob:hunt/hunter2@app:80")],
    ["a token in a query", upstream("http://app:80/?token=hunter2")],
    ["a password without a scheme", upstream("bob:hunter2@app:80")],
    ["the value of an unknown key", refusalOf("token: hunter2")],
    ["text that is not YAML", refusalOf("services: 'a' 'hunter2'")],
    ["a line that is not YAML", refusalOf("admin: { token: hunter2\nservices: {}")],
  ])("%s is not shown", (_what, message) => {
    expect(message).toMatch(/^holdgate\.yaml:\d+:\d+: /);
    expect(message).not.toContain("hunter2");
  });
});
