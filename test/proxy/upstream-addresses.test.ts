// Where an upstream's connections go: several addresses, names, unix sockets.

import dns from "node:dns";
import { createServer } from "node:http";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { isNobodyThere } from "../../src/proxy/connect-reason.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { rawClient } from "../support/raw-client.ts";
import { OK, RawUpstream } from "../support/raw-upstream.ts";
import { startEngine } from "../support/start-engine.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

function get(target: string): string {
  return `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`;
}

it("the address with the least in flight gets the next request", async () => {
  const [one, two] = [await RawUpstream.start(() => {}), await RawUpstream.start(() => {})];
  const { port, owner } = await startEngine({ urls: [one.url, two.url] });
  const clients = await Promise.all([1, 2, 3, 4].map(() => rawClient(port)));
  for (const client of clients) client.send(get("/x"));
  await Promise.all([one.sees(2), two.sees(2)]);
  one.requests[0]?.connection.send(OK);
  await owner.until("the answer", () => owner.outcomes.length === 1);
  const fifth = await rawClient(port);
  fifth.send(get("/y"));
  await one.sees(3);
  expect(two.requests).toHaveLength(2);
});

it("an address that just refused a connection gets none for two seconds", async () => {
  const clock = new ManualClock();
  const [dead, alive] = [await RawUpstream.start(), await RawUpstream.start()];
  await dead.close();
  const { port, owner } = await startEngine({ urls: [dead.url, alive.url], clock });
  owner.resend = () => true;
  const client = await rawClient(port);
  for (const times of [1, 2, 3]) {
    client.send(get("/x"));
    await client.hears(OK, times);
  }
  expect(owner.failures.map(({ kind }) => kind)).toEqual(["connect"]);
  clock.advance(2000);
  client.send(get("/x"));
  await client.hears(OK, 4);
  expect(owner.failures.map(({ kind }) => kind)).toEqual(["connect", "connect"]);
  expect(alive.connections).toHaveLength(1);
});

it("addresses with equally little to do take turns", async () => {
  const [one, two] = [await RawUpstream.start(), await RawUpstream.start()];
  const { port } = await startEngine({ urls: [one.url, two.url] });
  const client = await rawClient(port);
  for (const times of [1, 2, 3, 4]) {
    client.send(get("/x"));
    await client.hears(OK, times);
  }
  expect([one.requests.length, two.requests.length]).toEqual([2, 2]);
});

it("an address that breaks its connections instead of answering gets none for a while", async () => {
  const clock = new ManualClock();
  const breaking = await RawUpstream.start(({ connection }) => connection.socket.destroy());
  const good = await RawUpstream.start();
  const { port, owner } = await startEngine({ urls: [breaking.url, good.url], clock });
  owner.resend = () => true;
  const client = await rawClient(port);
  for (let times = 1; times <= 10; times++) {
    client.send(get("/x"));
    await client.hears(OK, times);
  }
  expect(owner.failures.map(({ kind }) => kind)).toEqual(["lost", "lost", "lost"]);
});

it("a request that is bound to an address goes there, whatever else is known of it", async () => {
  const [one, two] = [await RawUpstream.start(), await RawUpstream.start()];
  const { port, upstream, owner } = await startEngine({ urls: [one.url, two.url] });
  owner.bind = () => upstream.addresses[1] ?? null;
  upstream.addresses[1]?.onConnectFailed(false);
  const client = await rawClient(port);
  for (const times of [1, 2, 3]) {
    client.send(get("/x"));
    await client.hears(OK, times);
  }
  expect([one.requests.length, two.requests.length]).toEqual([0, 3]);
});

it("a name is looked up at every connect: a container that comes back has another address", async () => {
  const upstream = await RawUpstream.start();
  const lookup = vi.spyOn(dns, "lookup");
  onTestFinished(() => lookup.mockRestore());
  const asked = (): string[] =>
    lookup.mock.calls.map(([name]) => name).filter((name) => name === "localhost");
  const { port } = await startEngine({ urls: [`http://localhost:${upstream.port}`] });
  const client = await rawClient(port);
  for (const times of [1, 2, 3]) {
    client.send(get("/x"));
    await client.hears(OK, times);
  }
  expect(asked()).toEqual(["localhost"]);
  upstream.connections[0]?.socket.end();
  await upstream.connections[0]?.ends();
  client.send(get("/x"));
  await client.hears(OK, 4);
  expect(asked()).toEqual(["localhost", "localhost"]);
});

it.each(["EAI_AGAIN", "ENOTFOUND", "EHOSTUNREACH", "EADDRNOTAVAIL", "EMFILE"])(
  "%s says nothing of the process at an address, which is passed over for a while",
  async (code) => {
    const { port, owner, upstream } = await startEngine({ urls: ["http://app.example:80"] });
    const client = await rawClient(port);
    const lookup = vi.spyOn(dns, "lookup");
    onTestFinished(() => lookup.mockRestore());
    lookup.mockImplementation((...args: unknown[]) => {
      const callback = args.at(-1);
      if (typeof callback === "function") callback(Object.assign(new Error(code), { code }));
    });
    client.send(get("/x"));
    await owner.until("the failure", () => owner.failures.length === 1);
    expect(owner.failures[0]?.kind).toBe("connect");
    expect(upstream.addresses).toMatchObject([{ incarnation: 0, ejected: true }]);
  },
);

it("neither does a connection that does not come about in time, but a refused one does", async () => {
  const { upstream } = await startEngine({ urls: ["http://127.0.0.1:1", "unix:/nowhere/app.sock"] });
  const [refused, missing] = upstream.addresses;
  const failed = async (address = refused): Promise<unknown> =>
    new Promise((resolve) => {
      address?.dial("", { onOpened: () => {}, onFailed: resolve });
    });
  expect(await failed()).toMatchObject({ kind: "connect", nobodyThere: true });
  expect(await failed(missing)).toMatchObject({ kind: "connect", nobodyThere: true });
  expect(upstream.addresses.map(({ incarnation }) => incarnation)).toEqual([1, 1]);
  const dial = refused?.dial("", { onOpened: () => {}, onFailed: () => {} });
  dial?.onDeadline();
  expect(refused?.incarnation).toBe(1);
});

it("of a name with several addresses all must have refused", () => {
  const failure = (code: string): Error => Object.assign(new Error(code), { code });
  const refused = failure("ECONNREFUSED");
  expect(isNobodyThere(new AggregateError([refused, refused]))).toBe(true);
  const mixed = new AggregateError([refused, failure("ETIMEDOUT")]);
  expect(isNobodyThere(Object.assign(mixed, { code: "ECONNREFUSED" }))).toBe(false);
});

it("an address may be a unix socket", async () => {
  const path = join(await temporaryDirectory(), "s");
  const server = createServer((request, response) => response.end(`over ${request.url}`)).listen(path);
  onTestFinished(() => server.close().closeAllConnections());
  const { port } = await startEngine({ urls: [`unix:${path}`] });
  const client = await rawClient(port);
  client.send(get("/x"));
  await client.hears("over /x");
});
