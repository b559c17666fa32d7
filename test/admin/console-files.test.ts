// How the console comes to the browser: which files there are, with which headers, and that there are no others.

import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { ANSWER_TIME_BOUNDS_MS } from "../../src/gateway/counters.ts";
import { openAdmin } from "./support/open-admin.ts";

const BROWSER = { Accept: "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8" };
const TCP = { transport: "tcp", from: "127.0.0.1" } as const;

async function openConsole() {
  const { call } = await openAdmin();
  /** Over TCP, without a token. */
  const get = (path: string, headers: Record<string, string> = {}, method = "GET") =>
    call(method, path, { headers: { Host: "127.0.0.1:9180", ...headers }, bindings: TCP });
  /** The paths of all that the page loads, what its modules import included. */
  async function parts(): Promise<string[]> {
    const found = new Set<string>();
    const look = async (path: string, pattern: RegExp, folder: string) => {
      const text = await (await get(path, BROWSER)).text();
      const paths = [...text.matchAll(pattern)].map(([, name]) => `${folder}${name}`);
      for (const each of paths.filter((part) => !found.has(part))) {
        found.add(each);
        await look(each, /^import .*from "\.\/([^"]+)";$/gm, "/console/");
      }
    };
    await look("/", /(?:src|href)="(console\/[^"]+)"/g, "/");
    return [...found];
  }
  return { call, get, parts };
}

describe("the console's files", () => {
  it("a browser gets the page at /, everybody else a text", async () => {
    const { get } = await openConsole();
    const page = await get("/", BROWSER);
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(page.headers.get("vary")).toBe("Accept, Accept-Encoding");
    expect(await page.text()).toContain("<title>Holdgate</title>");
    const text = await get("/", { Accept: "*/*" });
    expect(text.headers.get("content-type")).toMatch("text/plain");
    expect(await text.text()).toContain("GET /admin/status");
  });

  it("each is served without a token, with its type, and under the strictest policy", async () => {
    const { get, parts } = await openConsole();
    const paths = await parts();
    expect(paths).toEqual(
      expect.arrayContaining(["/console/uplot.js", "/console/main.js", "/console/base.css"]),
    );
    for (const path of ["/", ...paths]) {
      const { status, headers } = await get(path, BROWSER);
      expect({ path, status }).toEqual({ path, status: 200 });
      const type = path === "/" ? "text/html" : path.endsWith(".css") ? "text/css" : "text/javascript";
      expect(headers.get("content-type")).toBe(`${type}; charset=utf-8`);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("content-security-policy")).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'",
      );
    }
  });

  it("are asked for again each time, and not sent again", async () => {
    const { get } = await openConsole();
    const first = await get("/console/main.js");
    expect(first.headers.get("cache-control")).toBe("no-cache");
    const etag = first.headers.get("etag") ?? "";
    const again = await get("/console/main.js", { "If-None-Match": etag });
    expect([again.status, await again.text()]).toEqual([304, ""]);
    expect((await get("/console/main.js", { "If-None-Match": '"other"' })).status).toBe(200);
  });

  it("are sent compressed to who takes that", async () => {
    const { get } = await openConsole();
    const plain = await (await get("/console/uplot.js")).text();
    const compressed = await get("/console/uplot.js", { "Accept-Encoding": "br, gzip" });
    expect(compressed.headers.get("content-encoding")).toBe("gzip");
    expect(gunzipSync(await compressed.arrayBuffer()).toString()).toBe(plain);
  });

  it("HEAD says the same without the body, other methods are not offered", async () => {
    const { get, call } = await openConsole();
    const head = await get("/console/base.css", {}, "HEAD");
    expect([head.status, await head.text()]).toEqual([200, ""]);
    expect(head.headers.get("content-type")).toBe("text/css; charset=utf-8");
    expect((await call("POST", "/console/base.css")).status).toBe(405);
  });
});

describe("what is no file of the console", () => {
  it.each([
    "/console/",
    "/console/index.html",
    "/console/nothing.js",
    "/console/..%2fmaintenance.html",
    "/console/..%2f..%2fpackage.json",
    "/console/%2e%2e%2f%2e%2e%2fpackage.json",
    "/console/....//maintenance.html",
    "/console/%00",
    "/console/main.js%00.css",
    "/console/..%5cmaintenance.html",
    "/console/toString",
  ])("%s is none of them", async (path) => {
    const { get } = await openConsole();
    const { status, headers } = await get(path, BROWSER);
    expect(status).toBe(404);
    expect(headers.get("content-type")).toBe("application/problem+json");
  });

  it.each(["/console/../admin/status", "/console/%2e%2e/admin/status", "/console/..%2fadmin%2fstatus"])(
    "%s is no way around the token",
    async (path) => {
      const { get } = await openConsole();
      expect([401, 404]).toContain((await get(path)).status);
    },
  );

  it("are refused to pages of other sites, as everything is", async () => {
    const { get } = await openConsole();
    expect((await get("/", { ...BROWSER, "Sec-Fetch-Site": "cross-site" })).status).toBe(403);
    expect((await get("/console/main.js", { Host: "evil.example.com" })).status).toBe(403);
  });
});

describe("the console's page", () => {
  it("says whether a token is needed: not over the unix socket", async () => {
    const { get, call } = await openConsole();
    const access = /<meta name="holdgate-access" content="(\w+)">/;
    const [, overTcp] = access.exec(await (await get("/", BROWSER)).text()) ?? [];
    const [, overSocket] = access.exec(await (await call("GET", "/", { headers: BROWSER })).text()) ?? [];
    expect([overTcp, overSocket]).toEqual(["token", "open"]);
  });

  it("is small with all that it loads: less than 150 KB in all, and less than 60 KB on the wire", async () => {
    const { get, parts } = await openConsole();
    const total = { plain: 0, onTheWire: 0 };
    for (const path of ["/", ...(await parts())]) {
      total.plain += (await (await get(path, BROWSER)).arrayBuffer()).byteLength;
      const compressed = await get(path, { ...BROWSER, "Accept-Encoding": "gzip" });
      total.onTheWire += (await compressed.arrayBuffer()).byteLength;
    }
    expect(total.plain).toBeLessThan(150_000);
    expect(total.onTheWire).toBeLessThan(60_000);
  });

  it("ranks latencies by the bounds that the gateway counts with", async () => {
    const { get } = await openConsole();
    const text = await (await get("/console/series.js")).text();
    const [, bounds = ""] = /ANSWER_TIME_BOUNDS_MS = \[(.*)\];/.exec(text) ?? [];
    expect(bounds.split(",").map((bound) => Number(bound.replaceAll("_", "")))).toEqual(
      ANSWER_TIME_BOUNDS_MS,
    );
  });
});

describe("GET /admin/whoami", () => {
  it("says whose token it is and what it may do", async () => {
    const { overTcp, json } = await openAdmin();
    const reader = { Authorization: "Bearer read-token" };
    expect((await overTcp("GET", "/admin/whoami", reader)).body).toEqual({
      actor: "prometheus",
      scope: "read",
    });
    expect((await json("GET", "/admin/whoami")).body).toEqual({ actor: "socket", scope: "operate" });
    expect((await overTcp("GET", "/admin/whoami", { Authorization: "Bearer x" })).status).toBe(401);
  });
});
