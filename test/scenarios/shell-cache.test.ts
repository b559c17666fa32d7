// The files of a page that came up while the app was there come up while it is away, and never otherwise.

import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { type Asset, AssetServer } from "../support/asset-server.ts";
import { eventually } from "../support/eventually.ts";
import { type Answer, askAlone } from "../support/keep-alive-client.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { openGateway } from "../support/open-gateway.ts";

const APP = "/assets/app.js";
const CODE = "export const answer = 42;\n".repeat(40);
const FILE: Asset = {
  headers: { "Content-Type": "text/javascript", ETag: '"v1"', "Cache-Control": "no-cache", "X-App": "chat" },
  body: CODE,
};

async function setUp(files: Record<string, Asset> = { [APP]: FILE }, cache = "{ paths: [/assets/*] }") {
  const clock = new ManualClock();
  const app = await AssetServer.start(files);
  const gateway = await openGateway({ blue: app.url, clock, service: `    shellCache: ${cache}` });
  const ask = async (target: string, headers = {}, method = "GET"): Promise<Answer> =>
    (await askAlone(gateway.port, method, target, { headers })).answer();
  const enter = (type: "maintenance_on" | "maintenance_off" | "hold" | "release") =>
    gateway.dispatch({ type, service: "chat" });
  const stale = () => gateway.service.status().counters.stale;
  return { app, gateway, clock, ask, enter, stale };
}

const NOT_KEPT = { status: 503 };

describe("a file of the shell, while the app cannot be reached,", () => {
  test("is given as the app gave it, and says that it is stale and how old it is", async () => {
    const { app, ask, clock, gateway, stale } = await setUp();
    expect((await ask(APP)).headers).not.toHaveProperty("holdgate-cache");
    await app.kill();
    clock.advance(7000);
    const answer = await ask(APP);
    expect(answer).toMatchObject({
      status: 200,
      body: CODE,
      headers: {
        "holdgate-cache": "stale",
        age: "7",
        "content-type": "text/javascript",
        etag: '"v1"',
        "cache-control": "no-cache",
        "x-app": "chat",
        "content-length": String(CODE.length),
      },
    });
    // The one by which the app's absence was found, and one of those that follow.
    await ask(APP);
    expect(stale()).toBe(2);
    const { admitted, forwarded } = gateway.service.status().counters;
    expect({ admitted, forwarded }).toEqual({ admitted: 3, forwarded: 1 });
  });

  test("is the app's again as soon as it is back", async () => {
    const { app, ask, gateway, clock } = await setUp();
    await ask(APP);
    await app.kill();
    await ask(APP);
    await app.listen();
    await eventually(() => {
      clock.advance(100);
      expect(gateway.service.status().automaticHoldSince).toBeNull();
    });
    expect((await ask(APP)).headers).not.toHaveProperty("holdgate-cache");
  });

  test.each(["maintenance_on", "hold"] as const)("is given in %s too", async (mode) => {
    const { ask, enter, app } = await setUp();
    await ask(APP);
    await enter(mode);
    expect(await ask(APP)).toMatchObject({ status: 200, headers: { "holdgate-cache": "stale" } });
    expect(app.asked).toHaveLength(1);
  });
});

describe("a kept file", () => {
  test("is given to HEAD without its body, and as 304 to whoever has it", async () => {
    const { ask, enter } = await setUp();
    await ask(APP);
    await enter("maintenance_on");
    expect(await ask(APP, {}, "HEAD")).toMatchObject({
      status: 200,
      body: "",
      headers: { "content-length": String(CODE.length) },
    });
    for (const tag of ['"v1"', 'W/"v1"', '"v0", "v1"', "*"]) {
      const answer = await ask(APP, { "If-None-Match": tag });
      expect(answer).toMatchObject({ status: 304, body: "", headers: { etag: '"v1"' } });
    }
    expect(await ask(APP, { "If-None-Match": '"v0"' })).toMatchObject({ status: 200, body: CODE });
  });

  test("is given in an encoding that the client takes, or not at all", async () => {
    const gzipped = gzipSync(CODE);
    const { ask, enter, app } = await setUp({
      [APP]: {
        body: gzipped,
        headers: { "Content-Encoding": "gzip", Vary: "Accept-Encoding", "Content-Type": "text/javascript" },
      },
    });
    const first = await ask(APP, { "Accept-Encoding": "br, gzip" });
    // The engine asks as the client did: to look at an answer must not change it.
    expect(app.asked[0]?.headers["accept-encoding"]).toBe("br, gzip");
    expect(first.headers["content-encoding"]).toBe("gzip");
    await enter("maintenance_on");
    const answer = await ask(APP, { "Accept-Encoding": "gzip, br" });
    expect(gunzipSync(Buffer.from(answer.body, "latin1")).toString()).toBe(CODE);
    expect(answer.headers).toMatchObject({ "content-encoding": "gzip", vary: "Accept-Encoding" });
    expect(await ask(APP)).toMatchObject(NOT_KEPT);
    expect(await ask(APP, { "Accept-Encoding": "gzip;q=0" })).toMatchObject(NOT_KEPT);
  });

  test("is told apart by its query and its host", async () => {
    const { ask, enter } = await setUp({ [`${APP}?v=1`]: FILE });
    await ask(`${APP}?v=1`);
    await enter("maintenance_on");
    expect(await ask(`${APP}?v=1`)).toMatchObject({ status: 200 });
    expect(await ask(`${APP}?v=2`)).toMatchObject(NOT_KEPT);
    expect(await ask(`${APP}?v=1`, { Host: "other.example.com" })).toMatchObject(NOT_KEPT);
  });
});

describe("the file that is kept", () => {
  test("comes in chunks and is kept whole", async () => {
    const { ask, enter } = await setUp({
      [APP]: {
        body: (_, response) => {
          response.writeHead(200);
          for (let at = 0; at < CODE.length; at += 100) response.write(CODE.slice(at, at + 100));
          response.end();
        },
      },
    });
    expect((await ask(APP)).headers["transfer-encoding"]).toBe("chunked");
    await enter("maintenance_on");
    expect(await ask(APP)).toMatchObject({ status: 200, body: CODE });
  });

  test("is the last that the app gave", async () => {
    const { ask, enter, app } = await setUp();
    await ask(APP);
    app.files.set(APP, { headers: { ETag: '"v2"' }, body: "new" });
    await ask(APP);
    await enter("maintenance_on");
    expect(await ask(APP)).toMatchObject({ body: "new", headers: { etag: '"v2"' } });
  });
});

describe("what is never kept", () => {
  test.each([
    ["with a cookie", { "Set-Cookie": "sid=1" }],
    ["private", { "Cache-Control": "max-age=60, private" }],
    ["not to be stored", { "Cache-Control": "no-store" }],
    ["different for each origin", { Vary: "Accept-Encoding, Origin" }],
    ["different for everybody", { Vary: "*" }],
    ["an event stream", { "Content-Type": "text/event-stream" }],
  ])("an answer that is %s", async (_, headers) => {
    const { ask, enter } = await setUp({ [APP]: { body: CODE, headers } });
    await ask(APP);
    await enter("maintenance_on");
    const answer = await ask(APP, { Accept: "text/plain" });
    expect(answer).toMatchObject(NOT_KEPT);
  });

  test.each([
    ["with an Authorization", { Authorization: "Bearer x" }],
    ["for a part", { Range: "bytes=0-9" }],
    ["that asks for it not to be stored", { "Cache-Control": "no-store" }],
  ])("the answer to a request %s", async (_, headers) => {
    const { ask, enter } = await setUp();
    await ask(APP, headers);
    await enter("maintenance_on");
    expect(await ask(APP)).toMatchObject(NOT_KEPT);
  });
});

describe("what is not kept either", () => {
  test("an answer of another path, status or method", async () => {
    const { ask, enter } = await setUp({ [APP]: FILE, "/api/me": FILE, "/assets": FILE });
    for (const path of ["/api/me", "/assets", "/assets/missing.js"]) await ask(path);
    await ask(APP, {}, "POST");
    await enter("maintenance_on");
    for (const path of ["/api/me", "/assets", "/assets/missing.js", APP]) {
      expect(await ask(path)).toMatchObject(NOT_KEPT);
    }
  });

  test("anything, unless the configuration names paths", async () => {
    const { ask, enter } = await setUp({ [APP]: FILE }, "{ paths: [] }");
    await ask(APP);
    await enter("maintenance_on");
    expect(await ask(APP)).toMatchObject(NOT_KEPT);
  });

  test("an answer that breaks off, or whose client leaves", async () => {
    const { ask, enter, gateway, app } = await setUp({
      [APP]: {
        body: (_, response) => {
          response.writeHead(200, { "Content-Length": 1000 });
          response.write("half of it", () => response.destroy());
        },
      },
      "/assets/slow.js": { body: (_, response) => void response.writeHead(200).write("slow") },
    });
    await expect(ask(APP)).rejects.toThrow(/ended behind/);
    const client = await askAlone(gateway.port, "GET", "/assets/slow.js");
    await client.hears("slow");
    client.leave();
    await eventually(() => expect(gateway.service.status().inFlight).toBe(0));
    app.files.clear();
    await enter("maintenance_on");
    expect(await ask(APP)).toMatchObject(NOT_KEPT);
    expect(await ask("/assets/slow.js")).toMatchObject(NOT_KEPT);
  });
});

describe("what could be somebody's own", () => {
  test.each([
    "/assets/..%2faccount",
    "/assets/..%2Faccount",
    "/assets/%2e%2e/account",
    "/assets/../account",
    "/assets/./account",
    "/assets/..",
    "/assets/..%5caccount",
    "/assets/..\\account",
    "/assets//account",
    "/assets/..;/account",
    "/assets/%252e%252e%252faccount",
    "/assets/a%3fb",
    "/assets/%ff",
  ])("is not kept under a path that servers read differently: %s", async (target) => {
    const { ask, enter } = await setUp({ [target]: { body: "yours" } });
    expect(await ask(target)).toMatchObject({ status: 200, body: "yours" });
    await enter("maintenance_on");
    expect(await ask(target)).toMatchObject(NOT_KEPT);
  });

  test.each([
    ["nothing", undefined, 503],
    ["max-age=60", undefined, 503],
    ["public, max-age=60", undefined, 200],
    ["s-maxage=60", undefined, 200],
    ["max-age=60, immutable", undefined, 200],
    ["nothing", "holdgate_canary_chat=1", 200],
  ])("is not kept for who has cookies: %s, %s", async (control, Cookie = "sid=1", status) => {
    const headers = control === "nothing" ? {} : { "Cache-Control": control };
    const { ask, enter } = await setUp({ [APP]: { headers, body: CODE } });
    await ask(APP, { Cookie });
    await enter("maintenance_on");
    expect(await ask(APP, { Cookie: "sid=2" })).toMatchObject({ status });
  });

  test("is kept under a name with harmless escapes and dots", async () => {
    const { ask, enter } = await setUp({ "/assets/a%20.b..c": FILE });
    await ask("/assets/a%20.b..c");
    await enter("maintenance_on");
    expect(await ask("/assets/a%20.b..c")).toMatchObject({ status: 200 });
  });
});

describe("what is answered to a request that says more than its address", () => {
  const trusted = async () => {
    const app = await AssetServer.start({ [APP]: FILE });
    const service = "    shellCache: { paths: [/assets/*] }";
    const gateway = await openGateway({ blue: app.url, service, trustedProxies: ["127.0.0.1"] });
    const ask = async (headers: Record<string, string>) =>
      (await askAlone(gateway.port, "GET", APP, { headers })).answer();
    const close = () => gateway.dispatch({ type: "maintenance_on", service: "chat" });
    return { ask, close };
  };

  test.each([
    ["X-Forwarded-Host", "evil.example.com"],
    ["Forwarded", "for=192.0.2.1;host=evil.example.com"],
    ["X-Original-URL", "/account"],
    ["X_Rewrite_Url", "/account"],
    ["X-HTTP-Method-Override", "HEAD"],
    ["X-Forwarded-Port", "1337"],
    ["X-Forwarded-Proto", "https"],
    ["Host", "chat.example.com:1337"],
  ])("is not given to others: %s", async (name, value) => {
    const { ask, close } = await trusted();
    expect(await ask({ Host: "chat.example.com", [name]: value })).toMatchObject({ status: 200 });
    await close();
    expect(await ask({ Host: "chat.example.com" })).toMatchObject(NOT_KEPT);
  });

  test("is given where a proxy says the same host, and to those who came the same way only", async () => {
    const { ask, close } = await trusted();
    const proxied = {
      Host: "chat.example.com",
      "X-Forwarded-Host": "Chat.example.com",
      "X-Forwarded-Proto": "https",
      "X-Forwarded-Port": "443",
    };
    await ask(proxied);
    await close();
    expect(await ask(proxied)).toMatchObject({ status: 200, body: CODE });
    expect(await ask({ ...proxied, "X-Forwarded-Proto": "http" })).toMatchObject(NOT_KEPT);
    expect(await ask({ ...proxied, "X-Forwarded-Host": "evil.example.com" })).toMatchObject(NOT_KEPT);
  });
});

describe("nothing is kept of", () => {
  test("what those see who look before others do", async () => {
    const app = await AssetServer.start({ [APP]: FILE });
    const bypass = "    maintenance: { bypass: { networks: [127.0.0.0/8] } }";
    const service = `    shellCache: { paths: [/assets/*] }\n${bypass}`;
    const gateway = await openGateway({ blue: app.url, service, trustedProxies: ["127.0.0.1"] });
    const ask = async (from: string) =>
      (await askAlone(gateway.port, "GET", APP, { headers: { "X-Forwarded-For": from } })).answer();
    await gateway.dispatch({ type: "maintenance_on", service: "chat" });
    expect(await ask("127.0.0.9")).toMatchObject({ status: 200 });
    expect(await ask("203.0.113.1")).toMatchObject(NOT_KEPT);
  });

  test("anything of the version before a cutover", async () => {
    const { ask, enter, gateway } = await setUp();
    const green = await AssetServer.start({ [APP]: { body: "green" } });
    await ask(APP);
    await gateway.dispatch({ type: "put_upstream", service: "chat", name: "green", urls: [green.url] });
    const cutover = {
      type: "cutover",
      service: "chat",
      to: "green",
      force: true,
      candidateHealthy: true,
    } as const;
    await gateway.dispatch(cutover);
    await enter("maintenance_on");
    expect(await ask(APP)).toMatchObject(NOT_KEPT);
    await enter("maintenance_off");
    expect(await ask(APP)).toMatchObject({ body: "green" });
    await enter("maintenance_on");
    expect(await ask(APP)).toMatchObject({ body: "green", headers: { "holdgate-cache": "stale" } });
  });
});

describe("the memory for it", () => {
  const MIB = 1024 * 1024;
  const files = (count: number, bytes: number): Record<string, Asset> =>
    Object.fromEntries(
      Array.from({ length: count }, (_, each) => [`/assets/${each}`, { body: Buffer.alloc(bytes, 97) }]),
    );

  test("is bounded: the file that was asked for last is kept, the first is dropped", async () => {
    const { ask, enter } = await setUp(files(8, 200_000), "{ paths: [/assets/*], maxBytes: 1MiB }");
    for (let each = 0; each < 8; each++) await ask(`/assets/${each}`);
    await enter("maintenance_on");
    const kept = await Promise.all(
      Array.from({ length: 8 }, async (_, each) => (await ask(`/assets/${each}`)).status === 200),
    );
    expect(kept).toEqual([false, false, false, false, false, true, true, true]);
  });

  test("takes no file that would fill more than a quarter of it", async () => {
    const { ask, enter } = await setUp(files(1, 300_000), "{ paths: [/assets/*], maxBytes: 1MiB }");
    expect((await ask("/assets/0")).body).toHaveLength(300_000);
    await enter("maintenance_on");
    expect(await ask("/assets/0")).toMatchObject(NOT_KEPT);
  });

  test("does not grow with clients that read slowly, and they get everything", async () => {
    const { gateway, ask, enter, app } = await setUp(
      files(1, 3 * MIB),
      "{ paths: [/assets/*], maxBytes: 16MiB }",
    );
    const clients = await Promise.all(
      Array.from({ length: 20 }, () => askAlone(gateway.port, "GET", "/assets/0")),
    );
    for (const client of clients) expect((await client.answer()).body).toHaveLength(3 * MIB);
    expect(app.asked).toHaveLength(20);
    await enter("maintenance_on");
    expect((await ask("/assets/0")).body).toHaveLength(3 * MIB);
  });
});
