// A body of 1 GiB streams through the gateway, a process of its own, in either direction: whole, and without
// more than 64 MiB of memory.

import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import {
  type ClientRequest,
  createServer,
  get,
  type IncomingMessage,
  request,
  type ServerResponse,
} from "node:http";
import { expect, it, onTestFinished } from "vitest";
import { MEBIBYTE, PatternReader, writePattern } from "../support/body-pattern.ts";
import { listen } from "../support/listen.ts";
import { startHoldgate } from "../support/start-holdgate.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const BODY_MEBIBYTES = 1024;
const MOST_GROWTH_MEBIBYTES = 64;
// Each takes about four seconds on an idle machine.
const TIMEOUT_MS = 120_000;

/** Takes what is uploaded, and gives as much when it is asked. */
async function startUpstream() {
  const uploaded = new PatternReader();
  const server = createServer((request, response) => void answer(request, response, uploaded));
  const port = await listen(server);
  onTestFinished(() => server.close().closeAllConnections());
  return { port, uploaded };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  uploaded: PatternReader,
): Promise<void> {
  request.on("data", (piece: Buffer) => uploaded.take(piece));
  if (request.method !== "GET") await once(request, "end");
  else if (request.url === "/large") await writePattern(response, BODY_MEBIBYTES);
  response.end();
}

/** The gateway, with what it needs at rest known. */
async function startGateway() {
  const { port: upstreamPort, uploaded } = await startUpstream();
  const upstream = `http://127.0.0.1:${upstreamPort}`;
  const dir = await temporaryDirectory();
  const gateway = await startHoldgate(dir, `services: { chat: { upstreams: { blue: "${upstream}" } } }\n`);
  onTestFinished(async () => void (await gateway.end("SIGKILL")));
  const url = `http://127.0.0.1:${gateway.port}`;
  for (let warm = 0; warm < 100; warm++) await download(`${url}/`);
  // Lets VmHWM, the most that was ever resident, begin again.
  await writeFile(`/proc/${gateway.pid}/clear_refs`, "5");
  const restMebibytes = await mostResidentMebibytes(gateway.pid);
  const growth = async (): Promise<number> => (await mostResidentMebibytes(gateway.pid)) - restMebibytes;
  return { url, uploaded, growth };
}

async function mostResidentMebibytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

function responseTo(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => request.once("response", resolve).once("error", reject));
}

async function download(url: string): Promise<PatternReader> {
  const reader = new PatternReader();
  const response = await responseTo(get(url));
  response.on("data", (piece: Buffer) => reader.take(piece));
  await once(response, "end");
  return reader;
}

it.each([
  ["chunked", {}],
  ["counted", { "Content-Length": BODY_MEBIBYTES * MEBIBYTE }],
])(
  "an upload of 1 GiB that is %s arrives whole and costs little memory",
  { timeout: TIMEOUT_MS },
  async (_, headers) => {
    const { url, uploaded, growth } = await startGateway();
    const upload = request(url, { method: "POST", headers });
    const answered = responseTo(upload);
    await writePattern(upload, BODY_MEBIBYTES);
    upload.end();
    expect((await answered).statusCode).toBe(200);
    expect(uploaded.bytes).toBe(BODY_MEBIBYTES * MEBIBYTE);
    expect(uploaded.intact).toBe(true);
    expect(await growth()).toBeLessThan(MOST_GROWTH_MEBIBYTES);
  },
);

it("a download of 1 GiB arrives whole and costs little memory", { timeout: TIMEOUT_MS }, async () => {
  const { url, growth } = await startGateway();
  const downloaded = await download(`${url}/large`);
  expect(downloaded.bytes).toBe(BODY_MEBIBYTES * MEBIBYTE);
  expect(downloaded.intact).toBe(true);
  expect(await growth()).toBeLessThan(MOST_GROWTH_MEBIBYTES);
});
