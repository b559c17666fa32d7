import { readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { cutOver } from "../support/cut-over.ts";
import { eventually } from "../support/eventually.ts";
import { rawClient } from "../support/raw-client.ts";
import { OK, RawUpstream } from "../support/raw-upstream.ts";
import { startGateway } from "../support/start-gateway.ts";
import { startHoldgate } from "../support/start-holdgate.ts";
import { takeAnswer, takeAnswers } from "../support/take-answers.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import pino from "pino";
import { openAccessLog } from "../../src/access-log/open-access-log.ts";
import { systemClock } from "../../src/lib/clock.ts";

const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

async function openLogged(format: "json" | "combined", blue?: string) {
  const upstream = await RawUpstream.start();
  const file = join(await temporaryDirectory(), "logs", "access.log");
  const log = openAccessLog({ file, format }, systemClock, pino({ level: "silent" }));
  const identity = { requestIds: true, tracing: false };
  const gateway = await startGateway({ blue: blue ?? upstream.url, identity, onSettled: log.onSettled });
  onTestFinished(() => gateway.close());
  const client = await rawClient(gateway.port);
  const lines = () => readFileSync(file, "utf8").trimEnd().split("\n");
  return { upstream, gateway, client, file, log, lines };
}

function slowRequest(upstream: RawUpstream) {
  return eventually(() => {
    const seen = upstream.requests.find(({ target }) => target === "/slow");
    if (!seen) throw new Error("it has not come yet");
    return seen.connection;
  });
}

function jsonLines(lines: string[]): Record<string, unknown>[] {
  return lines.map((line) => JSON.parse(line));
}

describe("the access log", () => {
  it("tells where a request went, what its client got, and its ids; never its query, cookies or secrets", async () => {
    const { client, lines, upstream } = await openLogged("json");
    const secrets = "Cookie: sid=hidden-1\r\nAuthorization: Bearer hidden-2\r\n";
    client.send(
      `GET /a?token=hidden-3 HTTP/1.1\r\nHost: x.example\r\nX-Request-Id: id-1\r\ntraceparent: ${TRACE}\r\n${secrets}\r\n`,
    );
    const { head, body } = await takeAnswer(client);
    await eventually(() => expect(lines()[0]).not.toBe(""));
    expect(jsonLines(lines())).toMatchObject([
      {
        service: "chat",
        client: "127.0.0.1",
        method: "GET",
        host: "x.example",
        path: "/a",
        status: 200,
        outcome: "answered",
        upstream: "blue",
        slot: "active",
        heldMs: null,
        bytesSent: head.length + body.length,
        requestId: "id-1",
        traceId: "0af7651916cd43dd8448eb211c80319c",
      },
    ]);
    expect(upstream.heard).toContain("hidden-1");
    expect(lines().join()).not.toContain("hidden");
  });

  it("counts the bytes of each answer by itself, also of those that were pipelined", async () => {
    const { client, lines } = await openLogged("json");
    client.send(
      "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /.holdgate/none HTTP/1.1\r\nHost: a\r\n\r\n".repeat(2),
    );
    const sizes = (await takeAnswers(client, 4)).map(({ head, body }) => head.length + body.length);
    await eventually(() => expect(lines()).toHaveLength(2));
    expect(jsonLines(lines()).map(({ bytesSent }) => bytesSent)).toEqual([
      sizes[0],
      (sizes[1] ?? 0) + (sizes[2] ?? 0),
    ]);
  });
});

describe("the access log over time", () => {
  it("has the slot that the upstream had when the request was sent", async () => {
    const green = await RawUpstream.start();
    const { client, lines, gateway, upstream } = await openLogged("json");
    upstream.answer = ({ method, connection }) => method === "GET" && connection.send(OK);
    client.send("POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    const connection = await slowRequest(upstream);
    await cutOver(gateway, "green", green.url);
    connection.send(OK);
    await takeAnswer(client);
    await eventually(() => expect(lines()[0]).not.toBe(""));
    expect(jsonLines(lines())).toMatchObject([{ upstream: "blue", slot: "active" }]);
  });

  it("goes on in a new file after a rotation", async () => {
    const { client, lines, file, log } = await openLogged("combined");
    const ask = async (path: string) => {
      client.send(`GET ${path} HTTP/1.1\r\nHost: a\r\nUser-Agent: "\r\n\r\n`);
      await takeAnswer(client);
    };
    await ask("/before");
    await eventually(() => expect(lines()[0]).toContain("GET /before HTTP/1.1"));
    renameSync(file, `${file}.1`);
    log.reopen();
    await eventually(() => expect(readFileSync(file, "utf8")).toBe(""));
    await ask("/after");
    await eventually(() => expect(lines()[0]).toContain('GET /after HTTP/1.1" 200'));
    expect(lines()).toHaveLength(1);
    expect(lines()[0]).toContain('"-" "\\x22"');
    expect(readFileSync(`${file}.1`, "utf8")).toContain("/before");
  });
});

it.each(["SIGUSR2", "SIGHUP"] as const)("holdgate run reopens its access log on %s", async (signal) => {
  const upstream = await RawUpstream.start();
  const dir = await temporaryDirectory();
  const file = join(dir, "access.log");
  const yaml = `accessLog: { file: "${file}", format: combined }\nservices: { chat: { upstreams: { blue: "${upstream.url}" } } }\n`;
  const gateway = await startHoldgate(dir, yaml);
  onTestFinished(() => void gateway.end("SIGKILL"));
  renameSync(file, `${file}.1`);
  gateway.child.kill(signal);
  await eventually(() => readFileSync(file));
  const answer = await fetch(`http://127.0.0.1:${gateway.port}/after`);
  const id = answer.headers.get("x-request-id") ?? "none";
  await eventually(() => expect(readFileSync(file, "utf8")).toContain(`requestId=${id}`));
  expect(await gateway.end("SIGTERM")).toBe(0);
});
