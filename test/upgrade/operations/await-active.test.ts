import { createServer } from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import { awaitActive } from "../../../src/upgrade/operations/await-active.ts";
import type { OperationOf } from "../../../src/upgrade/operations/operation.ts";
import { readSchema } from "../../../src/upgrade/operations/read-schema.ts";
import { eventually } from "../../support/eventually.ts";
import { listen } from "../../support/listen.ts";
import { lookContext } from "../../support/upgrade/perform-context.ts";
import { common } from "./on-engine.ts";

const operation: OperationOf<"await-active"> = { ...common("await"), kind: "await-active", waitMs: 30_000 };

/** An app that answers so, and how often it was asked. */
async function startApp(answer: { status: number; body: string }) {
  const asked = { times: 0 };
  const server = createServer((_request, response) => {
    asked.times += 1;
    response.writeHead(answer.status).end(answer.body);
  });
  onTestFinished(() => {
    server.close().closeAllConnections();
  });
  return { url: `http://127.0.0.1:${await listen(server)}`, asked };
}

describe("waiting for the active upstream", () => {
  test("ends at once when it answers, whatever it is", async () => {
    const { url } = await startApp({ status: 401, body: "" });
    const context = lookContext({ active: url });
    context.gateway.sees("blue", { state: "unhealthy", reason: "GET / answered 401" });
    expect(await awaitActive.perform(operation, context)).toEqual({ upstream: "blue" });
  });

  test("does not believe a look from before, but a new one of the gateway", async () => {
    const answer = { status: 503, body: "" };
    const { url, asked } = await startApp(answer);
    const context = lookContext({ active: url });
    context.gateway.sees("blue", { state: "healthy" });
    const waiting = awaitActive.perform(operation, context);
    await eventually(() => expect(context.progressed.at(-1)?.text).toContain("answers 503"));
    expect(asked.times).toBe(1);
    context.clock.advance(100);
    context.gateway.sees("blue", { state: "healthy" });
    context.clock.advance(150);
    expect(await waiting).toEqual({ upstream: "blue" });
  });

  test("fails at its deadline with what the gateway sees", async () => {
    const { url } = await startApp({ status: 502, body: "" });
    const context = lookContext({ active: url });
    const waiting = awaitActive.perform({ ...operation, waitMs: 250 }, context);
    await eventually(() => expect(context.progressed).toHaveLength(1));
    context.clock.advance(100);
    context.gateway.sees("blue", { state: "unhealthy", reason: "GET /health answered 500" });
    context.clock.advance(150);
    await expect(waiting).rejects.toThrow(
      /^the active upstream blue \(127\.0\.0\.1:\d+\) did not answer within 250ms: GET \/health answered 500$/,
    );
  });
});

describe("the version of the schema", () => {
  const read = (json: string): OperationOf<"read-schema"> => {
    const probe = { kind: "http", url: "/api/health", json } as const;
    return { ...common("schema"), kind: "read-schema", probe, targets: {} };
  };

  test("is read from a field of an answer", async () => {
    const { url } = await startApp({ status: 200, body: '{"db":{"schema":42}}' });
    expect(await readSchema.perform(read("db.schema"), lookContext({ active: url }))).toEqual({
      schema: "42",
    });
  });

  test("that is not there cannot be read, which is a failure", async () => {
    const { url } = await startApp({ status: 200, body: '{"db":{}}' });
    await expect(readSchema.perform(read("db.schema"), lookContext({ active: url }))).rejects.toThrow(
      /^the version of the schema could not be read: GET .* without a text or number at db\.schema$/,
    );
  });
});
