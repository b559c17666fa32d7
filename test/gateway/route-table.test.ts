import { describe, expect, it } from "vitest";
import { type RouteEntry, RouteTable } from "../../src/gateway/route-table.ts";

function table(...entries: (Partial<RouteEntry<string>> & { service: string })[]): RouteTable<string> {
  return new RouteTable(entries.map((entry) => ({ hosts: [], paths: ["/"], testHosts: [], ...entry })));
}

/** `service`, `service (test)` or `none`. */
function find(routes: RouteTable<string>, host: string, path: string): string {
  const match = routes.find(host, path);
  return match ? match.service + (match.test ? " (test)" : "") : "none";
}

describe("hosts", () => {
  const routes = table(
    { service: "any" },
    { service: "wild", hosts: ["*.example.com"] },
    { service: "deep", hosts: ["*.eu.example.com"] },
    { service: "exact", hosts: ["chat.example.com", "CHAT.eu.example.com"] },
  );

  it.each([
    ["chat.example.com", "exact"],
    ["chat.eu.example.com", "exact"],
    ["x.eu.example.com", "deep"],
    ["x.y.eu.example.com", "deep"],
    ["x.example.com", "wild"],
    ["eu.example.com", "wild"],
    ["example.com", "any"],
    [".example.com", "any"],
    ["badexample.com", "any"],
    ["chat.example.com.evil.net", "any"],
    ["", "any"],
  ])("%s is served by %s", (host, service) => expect(find(routes, host, "/")).toBe(service));

  it("that nobody claims have no service", () => {
    expect(find(table({ service: "a", hosts: ["a.com"] }), "b.com", "/")).toBe("none");
  });
});

describe("paths", () => {
  const routes = table(
    { service: "root" },
    { service: "api", paths: ["/api"] },
    { service: "v2", paths: ["/api/v2/", "/beta"] },
  );

  it.each([
    ["/", "root"],
    ["/api", "api"],
    ["/api/", "api"],
    ["/api/x", "api"],
    ["/api?x=/api/v2", "api"],
    ["/apix", "root"],
    ["/API", "root"],
    ["/api/v2", "v2"],
    ["/api/v2/x", "v2"],
    ["/api/v20", "api"],
    ["/beta/x", "v2"],
    ["*", "root"],
  ])("%s is served by %s", (path, service) => expect(find(routes, "any.host", path)).toBe(service));

  it("that no prefix covers have no service", () => {
    expect(find(table({ service: "api", paths: ["/api"] }), "any.host", "/")).toBe("none");
  });
});

describe("hosts and paths together", () => {
  it("prefer the better host to the longer path", () => {
    const routes = table({ service: "host", hosts: ["a.com"] }, { service: "path", paths: ["/api"] });
    expect(find(routes, "a.com", "/api")).toBe("host");
  });

  it("fall back to less specific hosts when no path of the better one fits", () => {
    const routes = table(
      { service: "exact", hosts: ["a.example.com"], paths: ["/one"] },
      { service: "wild", hosts: ["*.example.com"], paths: ["/two"] },
      { service: "any", paths: ["/three"] },
    );
    const paths = ["/one", "/two", "/three", "/four"];
    const found = paths.map((path) => find(routes, "a.example.com", path));
    expect(found).toEqual(["exact", "wild", "any", "none"]);
  });

  it("may share one host between services by path", () => {
    const routes = table(
      { service: "app", hosts: ["a.com"] },
      { service: "api", hosts: ["a.com"], paths: ["/api"] },
    );
    expect([find(routes, "a.com", "/x"), find(routes, "a.com", "/api/x")]).toEqual(["app", "api"]);
  });

  it("go to the first entry when two claim the same", () => {
    const routes = table({ service: "first", hosts: ["a.com"] }, { service: "second", hosts: ["a.com"] });
    expect(find(routes, "a.com", "/")).toBe("first");
  });
});

describe("test hosts", () => {
  const routes = table(
    { service: "chat", paths: ["/chat"], testHosts: ["testing.example.com", "*.preview.example.com"] },
    { service: "other", hosts: ["*.example.com"] },
  );

  it("stand for the candidate of their service, on its paths", () => {
    expect(find(routes, "testing.example.com", "/chat")).toBe("chat (test)");
    expect(find(routes, "one.preview.example.com", "/chat/x")).toBe("chat (test)");
    expect(find(routes, "testing.example.com", "/")).toBe("other");
    expect(find(routes, "elsewhere", "/chat")).toBe("chat");
  });
});

it("returns the same object each time, so that asking costs no memory", () => {
  const routes = table({ service: "chat" });
  expect(routes.find("a", "/x")).toBe(routes.find("b", "/y"));
});
