// A tunnel that has been moved two hundred times is as light as it was before.

import { Socket } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, onTestFinished, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { RawWebSocket } from "../../support/raw-websocket.ts";
import { type StartedService, startService } from "../../support/start-service.ts";
import type { TunnelServer } from "../../support/tunnel-server.ts";
import { PING } from "../../support/websocket-frames.ts";
import { startServer, turns } from "./open-stage.ts";

const MOVES = 200;
const POLICY = "    websocket: { onCutover: splice, onUpstreamLoss: splice, protocol: plain }";

interface Stage {
  started: StartedService;
  blue: TunnelServer;
  green: TunnelServer;
  client: RawWebSocket;
}

async function openStage(): Promise<Stage> {
  const [blue, green] = [await startServer(), await startServer()];
  const started = await startService({ upstreams: { blue: blue.url, green: green.url }, service: POLICY });
  onTestFinished(started.close);
  const client = await RawWebSocket.open(started.port);
  onTestFinished(() => client.destroy());
  return { started, blue, green, client };
}

const MOST_TURNS = 20_000;

/** As `eventually`, without a pause: there are hundreds to wait for. */
async function until(isMet: () => boolean): Promise<void> {
  for (let turn = 0; !isMet(); turn += 1) {
    if (turn > MOST_TURNS) throw new Error(`not met: ${isMet.toString()}`);
    await turns(1);
  }
}

/** There and back, half of the times by a hold, with words and a ping on the way. */
async function moveOnce({ started, client, blue, green }: Stage, nth: number): Promise<void> {
  const { service } = started;
  const to = nth % 2 === 1 ? green : blue;
  const isHeld = nth % 4 > 1;
  if (isHeld) started.apply({ mode: "hold" });
  client.sendFrame(PING, "p");
  client.say(`${nth}`);
  started.apply({ slots: { active: nth % 2 === 1 ? "green" : "blue" } });
  if (isHeld) await until(() => service.status().parked === 1);
  started.apply({ mode: "open" });
  await until(() => {
    started.clock.advance(1);
    return service.status().counters.spliced === nth;
  });
  to.tunnels.at(-1)?.say(`${nth}`);
  await until(() => client.messages.at(-1) === `${nth}`);
}

/** Lets everything end that has a deadline. */
async function settle({ clock }: StartedService): Promise<number> {
  for (let round = 0; round < 30; round += 1) {
    clock.advance(1000);
    await turns(5);
  }
  return clock.pendingTimers;
}

/** The gateway's own end of the client's connection. */
function ownSocket({ client }: Stage): Socket {
  // Undocumented; but from outside nobody else knows the sockets of a process.
  const handles: unknown = Reflect.apply(Reflect.get(process, "_getActiveHandles"), process, []);
  const found = Array.isArray(handles)
    ? handles.find((each) => each instanceof Socket && each.remotePort === client.socket.localPort)
    : undefined;
  if (!(found instanceof Socket)) throw new Error("the gateway's end of the connection is not there");
  return found;
}

function listeners(socket: Socket): number {
  return socket.eventNames().reduce((sum, name) => sum + socket.listenerCount(name), 0);
}

setFlagsFromString("--expose-gc");
const collect: unknown = runInNewContext("gc");

function usedHeap(): number {
  if (typeof collect === "function") collect();
  return process.memoryUsage().heapUsed;
}

test("no listener, timer, deadline, socket or memory is left of two hundred moves", async () => {
  const stage = await openStage();
  const { started, blue, green, client } = stage;
  for (let nth = 1; nth <= 10; nth += 1) await moveOnce(stage, nth);
  const timers = await settle(started);
  const listening = listeners(ownSocket(stage));
  const heap = usedHeap();
  for (let nth = 11; nth <= MOVES; nth += 1) await moveOnce(stage, nth);
  await eventually(async () => expect(await settle(started)).toBe(timers));
  expect(listeners(ownSocket(stage))).toBe(listening);
  expect(usedHeap() - heap).toBeLessThan(5 * 1024 * 1024);
  const open = [...blue.tunnels, ...green.tunnels].filter(({ ended }) => ended === "not yet");
  expect(open).toHaveLength(1);
  expect(client.received).toMatchObject({ close: null, problem: null });
  const said = [...blue.tunnels, ...green.tunnels].flatMap(({ messages }) => messages).map(Number);
  expect(said.toSorted((a, b) => a - b)).toEqual(Array.from({ length: MOVES }, (_, nth) => nth + 1));
});

test("nothing is left of the tunnels that have ended, nor of a service that was cut in the midst of moves", async () => {
  const stage = await openStage();
  const { started, client } = stage;
  started.apply({ mode: "hold" });
  await eventually(() => expect(started.service.status().parked).toBe(1));
  client.say("kept");
  await turns();
  started.service.destroy();
  await client.closed;
  expect(started.service.status()).toMatchObject({ parked: 0, tunnels: 0 });
  started.service.retire();
  await eventually(async () => expect(await settle(started)).toBe(0));
});
