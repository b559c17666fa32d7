import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { http } from "../../../src/upgrade/operations/http.ts";
import type { OperationOf } from "../../../src/upgrade/operations/operation.ts";
import { performContext, resumed } from "../../support/upgrade/perform-context.ts";
import { common } from "./on-engine.ts";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

async function serve(answer: Answer): Promise<{ url: string; seen: IncomingMessage[] }> {
  const seen: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    seen.push(request);
    answer(request, response);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { url: `http://127.0.0.1:${address.port}/hook`, seen };
}

/** Where somebody has listened, and does not any more. */
async function nobodyAt(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/`;
}

function post(url: string, more: Partial<OperationOf<"http">> = {}): OperationOf<"http"> {
  const status = [{ from: 200, to: 299 }];
  const request = { url, method: "POST", headers: {}, body: "{}", status, idempotent: false };
  return { ...common("tell.send"), kind: "http", ...request, ...more };
}

const good: Answer = (_request, response) => void response.end("ok");

test("it carries a key that is the same on every attempt, and its secrets on the wire only", async () => {
  const bodies: string[] = [];
  const { url, seen } = await serve((request, response) => {
    void text(request).then((body) => bodies.push(body));
    response.end();
  });
  const context = performContext({ secrets: { token: "s3cret-value" } });
  const headers = { authorization: "Bearer ${secrets.token}" };
  const operation = post(url, { headers, body: "t=${secrets.token}", idempotent: true });
  const outcome = await http.perform(operation, context);
  await http.perform(operation, resumed(context));
  expect(seen.map((request) => request.headers["idempotency-key"])).toEqual(
    Array.from({ length: 2 }, () => `${context.run.id}/tell.send`),
  );
  expect(seen[0]?.headers.authorization).toBe("Bearer s3cret-value");
  expect(bodies[0]).toBe("t=s3cret-value");
  expect(JSON.stringify([outcome, context.noted, context.lines])).not.toContain("s3cret");
});

test("an answer that is not allowed fails with its words", async () => {
  const { url } = await serve((_request, response) => void response.writeHead(422).end("no such room"));
  const run = http.perform(post(url), performContext());
  await expect(run).rejects.toThrow(`POST ${url} answered 422: no such room`);
});

test("a redirect is an answer, and is not followed", async () => {
  const { url, seen } = await serve(
    (_request, response) => void response.writeHead(307, { location: "/else" }).end(),
  );
  await expect(http.perform(post(url), performContext())).rejects.toThrow("answered 307");
  expect(seen).toHaveLength(1);
});

test("a POST whose answer was lost is not sent again: a person is asked", async () => {
  const { url, seen } = await serve((request) => void request.socket.destroy());
  const context = performContext();
  const unknown = { kind: "needs-a-person" };
  await expect(http.perform(post(url), context)).rejects.toMatchObject(unknown);
  await expect(http.perform(post(url), resumed(context))).rejects.toMatchObject(unknown);
  expect(seen).toHaveLength(1);
});

test("one that was never sent may be sent later", async () => {
  const context = performContext();
  const refused = http.perform(post(await nobodyAt()), context);
  await expect(refused).rejects.toMatchObject({ kind: "failed" });
  const { url } = await serve(good);
  expect(await http.perform(post(url), resumed(context))).toEqual({ status: 200 });
});

test("an answer without an end is read as far as it is shown", async () => {
  const { promise: gone, resolve } = Promise.withResolvers<void>();
  const { url } = await serve((_request, response) => {
    response.once("close", resolve);
    const flood = (): void => {
      while (response.write("x".repeat(16 * 1024)));
    };
    response.on("drain", flood);
    flood();
  });
  expect(await http.perform(post(url), performContext())).toEqual({ status: 200 });
  await gone;
});
