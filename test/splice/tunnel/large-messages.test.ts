// Messages that are under way when a move comes are neither lost nor torn.

import { describe, expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import type { UpstreamEnd } from "../../support/tunnel-server.ts";
import { CLOSE, closeFrameOf, CONTINUATION, makeFrame, TEXT } from "../../support/websocket-frames.ts";
import { endAt, expectTalk, openTunnelStage } from "./open-stage.ts";

const LARGE = Buffer.alloc(16 * 1024 * 1024, "holdgate ");
const HALF = LARGE.length / 2;
const PIECES = 2000;

/** Answers a Close only after `rest`, as a server does that is just sending a message. */
function finishFirst(end: UpstreamEnd, rest: Buffer): void {
  end.polite = false;
  end.onFrame = ({ opcode }) => {
    if (opcode === CLOSE) end.socket.end(Buffer.concat([rest, closeFrameOf(1001)]));
  };
}

describe("16 MiB", () => {
  test("of which a client has sent half at a cutover reach the new upstream as one message", async () => {
    const { blue, green, open, cutOver, status } = await openTunnelStage();
    const client = await open();
    client.say("before");
    const frame = makeFrame(TEXT, LARGE, { masked: true });
    client.socket.write(frame.subarray(0, HALF));
    await eventually(() => expect(blue.tunnels[0]?.messages).toEqual(["before"]));
    await cutOver("green");
    await eventually(() => expect(status().counters.spliced).toBe(1));
    client.socket.write(frame.subarray(HALF));
    client.say("behind");
    const end = await endAt(green);
    await eventually(() => expect(end.messages).toHaveLength(2));
    expect(end.messages[0] === LARGE.toString()).toBe(true);
    expect(end.messages[1]).toBe("behind");
    expect(blue.tunnels[0]?.messages).toEqual(["before"]);
  });

  test("of which the old upstream has sent half at a cutover reach the client as one message", async () => {
    const { blue, green, open, cutOver } = await openTunnelStage();
    const client = await open();
    const end = await endAt(blue);
    const frame = makeFrame(TEXT, LARGE);
    finishFirst(end, frame.subarray(HALF));
    end.say("before");
    end.write(frame.subarray(0, HALF));
    await eventually(() => expect(client.messages).toEqual(["before"]));
    await cutOver("green");
    const next = await endAt(green);
    next.say("behind");
    await eventually(() => expect(client.messages).toHaveLength(3));
    expect(client.messages[1] === LARGE.toString()).toBe(true);
    expect(client.messages[2]).toBe("behind");
    expect(client.received.problem).toBeNull();
  });

  test("that were just sent go out to a slow upstream though the client has left behind them", async () => {
    const { clock, blue, open } = await openTunnelStage();
    const client = await open();
    const end = await endAt(blue);
    end.socket.pause();
    client.sendFrame(TEXT, LARGE);
    client.say("last words");
    client.close(1000);
    await client.closed;
    clock.advance(4000);
    end.socket.resume();
    await eventually(() => expect(end.messages).toHaveLength(2));
    expect(end.messages[1]).toBe("last words");
    await eventually(() => expect(end.received.close?.code).toBe(1000));
  });
});

test("a large message goes out to a slow upstream though the client has broken off behind it", async () => {
  const { clock, blue, open } = await openTunnelStage();
  const client = await open();
  const end = await endAt(blue);
  end.socket.pause();
  client.sendFrame(TEXT, LARGE);
  client.socket.end();
  await client.closed;
  clock.advance(4000);
  end.socket.resume();
  await eventually(() => expect(end.messages).toHaveLength(1));
  await eventually(() => expect(end.ended).toBe("orderly"));
});

describe("a message in many fragments", () => {
  test("comes whole to the new upstream when the cutover falls between two of them", async () => {
    const { blue, green, open, cutOver, status } = await openTunnelStage();
    const client = await open();
    await endAt(blue);
    const piece = (at: number) =>
      client.sendFrame(at === 0 ? TEXT : CONTINUATION, `${at};`, { final: at === PIECES - 1 });
    for (let at = 0; at < PIECES / 2; at += 1) piece(at);
    await cutOver("green");
    await eventually(() => expect(status().counters.spliced).toBe(1));
    for (let at = PIECES / 2; at < PIECES; at += 1) piece(at);
    const whole = Array.from({ length: PIECES }, (_, at) => `${at};`).join("");
    await eventually(() => expect(green.tunnels[0]?.messages).toEqual([whole]));
    expect(blue.tunnels[0]?.messages).toEqual([]);
  });

  test("comes whole from the old upstream when the cutover falls between two of them", async () => {
    const { blue, green, open, cutOver } = await openTunnelStage();
    const client = await open();
    const end = await endAt(blue);
    finishFirst(end, makeFrame(CONTINUATION, "end"));
    end.write(makeFrame(TEXT, "begin ", { final: false }));
    await cutOver("green");
    await eventually(() => expect(client.messages).toEqual(["begin end"]));
    await expectTalk(client, await endAt(green));
  });
});

test("a client whose old upstream stops within a message is asked to come back: that message is lost", async () => {
  const { blue, open, cutOver, status, inTime } = await openTunnelStage();
  const client = await open();
  const end = await endAt(blue);
  end.polite = false;
  end.onFrame = ({ opcode }) => opcode === CLOSE && end.socket.end();
  end.write(makeFrame(TEXT, "begin ", { final: false }));
  await cutOver("green");
  await inTime(() => expect(client.received.close?.code).toBe(1012));
  expect(status().counters.givenUp.unsure).toBe(1);
  expect(client.received.problem).toBeNull();
});
