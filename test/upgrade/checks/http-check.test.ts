import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import { runCheck } from "../../../src/upgrade/checks/run-check.ts";
import type { HttpCheck } from "../../../src/upgrade/plan/check.ts";
import { listen } from "../../support/listen.ts";
import { eventually } from "../../support/eventually.ts";
import { checkContext, contextFor, httpCheck, processTarget, reasonOf } from "./check-context.ts";
import { lookContext } from "../../support/upgrade/perform-context.ts";

async function startApp(answer: RequestListener): Promise<{ url: string; host: string }> {
  const server = createServer(answer);
  onTestFinished(() => {
    server.close().closeAllConnections();
  });
  const host = `127.0.0.1:${await listen(server)}`;
  return { url: `http://${host}`, host };
}

function answering(body: unknown, status = 200, headers: Record<string, string> = {}): RequestListener {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return (_request, response) => response.writeHead(status, headers).end(text);
}

async function look(over: Partial<HttpCheck>, answer: RequestListener): Promise<string> {
  const app = await startApp(answer);
  const reason = reasonOf(await runCheck(httpCheck(over), contextFor(app.url)));
  return reason.replaceAll(app.host, "app:80");
}

test("a secret that lies where an answer is cut leaves nothing of itself in the message", async () => {
  const secret = "correct-horse-battery";
  const app = await startApp(answering(`${"x".repeat(110)}${secret}`));
  const context = contextFor(app.url, { token: secret });
  const reason = reasonOf(await runCheck(httpCheck({ json: { status: "ok" } }), context));
  expect(reason).toContain("xxx***");
  expect(reason).not.toContain("correct");
});

describe("an http check compares", () => {
  const health = { status: "ok", db_healthy: true, nodes: [{ version: "0.18.0" }], uptime: 7, error: null };

  test("the JSON field by field, by value and by type", async () => {
    const json = { status: "ok", db_healthy: true, "nodes[0].version": "0.18.0", uptime: 7, error: null };
    expect(await look({ json }, answering(health))).toBe("good");
  });

  test("and says which field differs, and how", async () => {
    const answer = answering({ ...health, status: "degraded" });
    expect(await look({ json: { uptime: 7, status: "ok" } }, answer)).toBe(
      'GET /api/health of upstream blue (app:80): status is "degraded" instead of "ok"',
    );
    expect(await look({ json: { uptime: "7" } }, answer)).toContain('uptime is 7 instead of "7"');
    expect(await look({ json: { "nodes[1].version": "1" } }, answer)).toContain(
      "nodes[1].version is missing",
    );
    expect(await look({ json: { status: "ok" } }, answering("<html>"))).toContain(
      'the body is not JSON: "<html>"',
    );
  });

  test("the status, and follows no redirect", async () => {
    const moved = answering("", 302, { location: "/login" });
    expect(await look({}, moved)).toContain("the status is 302 instead of 200-299");
    const status = [
      { from: 200, to: 200 },
      { from: 401, to: 401 },
    ];
    expect(await look({ status }, answering("", 401))).toBe("good");
    expect(await look({ status }, moved)).toContain("the status is 302 instead of 200, 401");
  });

  test("headers and body", async () => {
    const app = answering("Version 0.1.25", 200, { "x-app": "chat" });
    expect(await look({ expectHeaders: { "X-App": "chat" }, body: "0.1.25" }, app)).toBe("good");
    expect(await look({ expectHeaders: { "X-App": "web" } }, app)).toContain(
      'the header X-App is "chat" instead of "web"',
    );
    expect(await look({ expectHeaders: { etag: "1" } }, app)).toContain("the header etag is missing");
    expect(await look({ body: "0.1.26" }, app)).toContain('the body has no "0.1.26"');
  });

  test("no more than 1 MiB of the body", async () => {
    const large = answering(`${"x".repeat(2 ** 20)}end`);
    expect(await look({}, large)).toBe("good");
    expect(await look({ body: "end" }, large)).toContain('the first 1048576 bytes of the body have no "end"');
    expect(await look({ json: { a: 1 } }, large)).toContain("the body is larger than 1048576 bytes");
  });
});

describe("an http check is asked", () => {
  test("of the step's target, with the Host that the target wants", async () => {
    const seen: IncomingMessage[] = [];
    const app = await startApp((request, response) => {
      seen.push(request);
      response.end();
    });
    const context = checkContext(lookContext(), {
      targets: processTarget(app.url, "chat.example.com"),
      target: "app",
    });
    expect(await runCheck(httpCheck({ url: "/_health/?full=1" }), context)).toEqual({ ok: true });
    expect(seen[0]?.headers.host).toBe("chat.example.com");
    expect(seen[0]?.url).toBe("/_health/?full=1");
  });

  test("of a whole URL as it stands", async () => {
    const app = await startApp((request, response) => response.end(request.url));
    const check = httpCheck({ url: `${app.url}/a?b=c`, body: "/a?b=c" });
    expect(await runCheck(check, contextFor())).toEqual({ ok: true });
  });

  test("of every address of the active upstream", async () => {
    const [good, broken] = [await startApp(answering("")), await startApp(answering("", 503))];
    const context = contextFor(good.url);
    context.world.gateway.service.upstreams[0]?.urls.push(broken.url);
    expect(reasonOf(await runCheck(httpCheck(), context))).toContain(`${broken.host}): the status is 503`);
  });
});

describe("an http check that gets no answer says so", () => {
  test("when the connection is refused", async () => {
    const server = createServer();
    const port = await listen(server);
    server.close();
    expect(reasonOf(await runCheck(httpCheck(), contextFor(`http://127.0.0.1:${port}`)))).toMatch(
      /refused the connection$/,
    );
  });

  test("when it is late", async () => {
    const asked = Promise.withResolvers<void>();
    const app = await startApp(() => asked.resolve());
    const context = contextFor(app.url);
    const looking = runCheck(httpCheck(), context);
    await asked.promise;
    context.world.clock.advance(5000);
    expect(reasonOf(await looking)).toMatch(/did not answer within 5s$/);
    await eventually(() => expect(context.world.clock.pendingTimers).toBe(0));
  });

  test("and throws only when the step is over", async () => {
    const step = new AbortController();
    const asked = Promise.withResolvers<void>();
    const app = await startApp(() => asked.resolve());
    const context = checkContext(lookContext({ active: app.url, signal: step.signal }));
    const looking = runCheck(httpCheck(), context);
    await asked.promise;
    step.abort(new Error("the run was cancelled"));
    await expect(looking).rejects.toThrow("the run was cancelled");
  });
});

test("a secret goes out in a header, and what echoes it does not bring it into a message", async () => {
  const app = await startApp((request, response) => {
    response.end(JSON.stringify({ token: request.headers["x-auth-token"] }));
  });
  const check = httpCheck({ headers: { "X-Auth-Token": "${secrets.token}" }, json: { token: "another" } });
  const reason = reasonOf(await runCheck(check, contextFor(app.url, { token: "s3cret" })));
  expect(reason).toContain('token is "***" instead of "another"');
  expect(reason).not.toContain("s3cret");
  const expecting = httpCheck({ headers: check.headers, body: '"token":"${secrets.token}"' });
  expect(await runCheck(expecting, contextFor(app.url, { token: "s3cret" }))).toEqual({ ok: true });
});
