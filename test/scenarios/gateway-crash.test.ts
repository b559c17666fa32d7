// kill -9 of the gateway: what an operator had set is in force again as soon as it is back.

import { describe, expect, onTestFinished, test } from "vitest";
import { callAdmin } from "../support/call-admin.ts";
import { eventually } from "../support/eventually.ts";
import { rawClient } from "../support/raw-client.ts";
import { RawUpstream } from "../support/raw-upstream.ts";
import { RawWebSocket } from "../support/raw-websocket.ts";
import { type HoldgateProcess, startHoldgate } from "../support/start-holdgate.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { TunnelServer } from "../support/tunnel-server.ts";

interface Stage {
  /** The one that runs now. */
  holdgate: HoldgateProcess;
  /** SIGKILL, and a new one in its place, on the same port and the same data. */
  crash: () => Promise<void>;
}

async function openStage(blue: string): Promise<Stage> {
  const dir = await temporaryDirectory();
  const start = async (port: number): Promise<HoldgateProcess> => {
    const yaml = `services: { chat: { upstreams: { blue: "${blue}" } } }\n`;
    const holdgate = await startHoldgate(dir, yaml, port);
    onTestFinished(async () => void (await holdgate.end("SIGKILL")));
    return holdgate;
  };
  const stage: Stage = {
    holdgate: await start(0),
    async crash() {
      expect(await stage.holdgate.end("SIGKILL")).toBeNull();
      stage.holdgate = await start(stage.holdgate.port);
    },
  };
  return stage;
}

async function call({ holdgate }: Stage, method: string, path: string, body?: object): Promise<unknown> {
  const answer = await callAdmin(holdgate.adminSocket, method, path, body);
  expect(answer.status).toBe(200);
  return answer.body;
}

interface Seen {
  mode: unknown;
  slots: unknown;
  held: number;
}

async function look(stage: Stage): Promise<Seen> {
  const status = await call(stage, "GET", "/admin/status");
  expect(status).toMatchObject({ services: [{ name: "chat" }] });
  const { services }: { services?: Seen[] } = Object(status);
  const [service] = services ?? [];
  if (!service) throw new Error("no service");
  return service;
}

function targetsOf({ targets }: RawUpstream): string[] {
  return targets.filter((target) => target !== "/");
}

describe("a gateway that is killed in a hold", () => {
  test("comes back in the hold, with the same lease, and the release works", async () => {
    const upstream = await RawUpstream.start();
    const stage = await openStage(upstream.url);
    await call(stage, "POST", "/admin/hold", { lease: "10m", maxWait: "2m", onLeaseEnd: "open" });
    const lost = await rawClient(stage.holdgate.port);
    lost.send("POST /lost HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
    await eventually(async () => expect(await look(stage)).toMatchObject({ held: 1 }));
    const { mode } = await look(stage);
    expect(mode).toMatchObject({ name: "hold", maxWaitMs: 120_000, onLeaseEnd: "open" });
    await stage.crash();
    expect(await lost.ends()).toBe("");

    expect(await look(stage)).toMatchObject({ mode, held: 0 });
    const client = await rawClient(stage.holdgate.port);
    client.send("POST /kept HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
    await eventually(async () => expect(await look(stage)).toMatchObject({ held: 1 }));
    expect(targetsOf(upstream)).toEqual([]);
    await call(stage, "POST", "/admin/release", { wait: true });
    await client.hears("\r\n\r\nok");
    expect(client.heard).toMatch(/^HTTP\/1.1 200 .*\r\nHoldgate-Held: \d+\r\n/s);
    expect(targetsOf(upstream)).toEqual(["/kept"]);
  });

  test("is open when it is killed behind the release", async () => {
    const upstream = await RawUpstream.start();
    const stage = await openStage(upstream.url);
    await call(stage, "POST", "/admin/hold", {});
    await call(stage, "POST", "/admin/release", {});
    await stage.crash();
    expect(await look(stage)).toMatchObject({ mode: { name: "open" } });
    const client = await rawClient(stage.holdgate.port);
    client.send("GET /page HTTP/1.1\r\nHost: a\r\n\r\n");
    await client.hears("\r\n\r\nok");
  });
});

describe("a gateway that is killed", () => {
  test("in maintenance, shows the same message when it is back", async () => {
    const upstream = await RawUpstream.start();
    const stage = await openStage(upstream.url);
    const expectedEnd = new Date(Date.now() + 3_600_000).toISOString();
    await call(stage, "POST", "/admin/maintenance", {
      message: "New disks.",
      expectedEnd,
      retryAfter: "90s",
    });
    const { mode } = await look(stage);
    await stage.crash();
    expect(await look(stage)).toMatchObject({ mode });
    const client = await rawClient(stage.holdgate.port);
    client.send("GET /page HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n\r\n");
    await client.hears("</html>");
    expect(client.heard).toMatch(/^HTTP\/1.1 503 .*\r\nRetry-After: \d+\r\n.*New disks\./s);
    expect(targetsOf(upstream)).toEqual([]);
  });

  test("behind a cutover, sends to the new upstream when it is back, and knows the way back", async () => {
    const [blue, green] = [await RawUpstream.start(), await RawUpstream.start()];
    const stage = await openStage(blue.url);
    await call(stage, "PUT", "/admin/services/chat/upstreams/green", { url: green.url });
    await call(stage, "POST", "/admin/services/chat/cutover", { to: "green", force: true });
    await stage.crash();
    expect(await look(stage)).toMatchObject({
      slots: { active: "green", candidate: null, previous: "blue" },
    });
    const client = await rawClient(stage.holdgate.port);
    client.send("GET /new HTTP/1.1\r\nHost: a\r\n\r\n");
    await client.hears("\r\n\r\nok");
    await call(stage, "POST", "/admin/services/chat/rollback", { force: true });
    client.forget();
    client.send("GET /back HTTP/1.1\r\nHost: a\r\n\r\n");
    await client.hears("\r\n\r\nok");
    expect([targetsOf(green), targetsOf(blue)]).toEqual([["/new"], ["/back"]]);
  });

  test("takes its tunnels with it, and they can be opened again as soon as it is back", async () => {
    const upstream = await TunnelServer.start();
    onTestFinished(() => upstream.close());
    const stage = await openStage(upstream.url);
    const client = await RawWebSocket.open(stage.holdgate.port);
    onTestFinished(() => client.destroy());
    await stage.crash();
    await client.closed;
    await eventually(() => expect(upstream.tunnels[0]?.ended).not.toBe("not yet"));
    const again = await RawWebSocket.open(stage.holdgate.port);
    onTestFinished(() => again.destroy());
    again.say("back");
    await eventually(() => expect(upstream.tunnels[1]?.messages).toEqual(["back"]));
  });
});
