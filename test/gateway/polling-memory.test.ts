// Bodies that are slow to come are kept until they are whole; who sends many of them must not fill the memory.

import { BlockList } from "node:net";
import { expect, it } from "vitest";
import { parseConfig } from "../../src/config/parse-config.ts";
import { PollingWatch } from "../../src/gateway/polling-watch.ts";
import type { BodyTap } from "../../src/proxy/body-tap.ts";
import { makePeer } from "../../src/proxy/forwarded.ts";
import { parseRequestHead, RequestHead } from "../../src/proxy/request-head.ts";
import { ResponseHead } from "../../src/proxy/response-head.ts";
import { PolledSessions } from "../../src/splice/protocols/socket-io-polling.ts";
import { ManualClock } from "../support/manual-clock.ts";

const MIB = 1_048_576;
const MOST_MIB = 32;

const YAML = `
services:
  chat:
    upstreams: { blue: "http://127.0.0.1:3000" }
    websocket: { onCutover: splice }
`;

function setUp() {
  const [service] = parseConfig(YAML, "test.yaml", {}).services;
  if (!service) throw new Error("there is no service");
  const polled = new PolledSessions();
  const watch = new PollingWatch({ clock: new ManualClock(), polled, settings: () => service.webSocket });
  const post = (sid: string): BodyTap => {
    polled.opened(`0{"sid":"${sid}"}`);
    const tap = watch.tap(postTo(sid));
    if (!tap) throw new Error("it is not watched");
    return tap;
  };
  return { polled, post };
}

function postTo(sid: string): RequestHead {
  const text = `POST /socket.io/?EIO=4&transport=polling&sid=${sid} HTTP/1.1\r\nHost: a\r\n\r\n`;
  const peer = makePeer("127.0.0.1", false, new BlockList());
  const head = parseRequestHead(text, 8192, { peer, trustedProxies: new BlockList(), maxHeaders: 10 }, null);
  if (!(head instanceof RequestHead)) throw new Error(head.detail);
  return head;
}

function begin(tap: BodyTap): void {
  tap.onSent();
  tap.onRequestBody(Buffer.alloc(MIB, "x"));
}

function end(tap: BodyTap): void {
  tap.onRequestEnd();
  tap.onAnswer(Object.assign(new ResponseHead(), { status: 200 }));
  tap.onAnswerEnd();
  tap.onOver();
}

it("past a bound, sessions are forgotten instead", () => {
  const { polled, post } = setUp();
  const sids = Array.from({ length: MOST_MIB + 8 }, (_, at) => `s${at}`);
  const taps = sids.map(post);
  for (const tap of taps) begin(tap);
  for (const tap of taps) end(tap);
  expect(sids.filter((sid) => polled.of(sid) !== null)).toEqual(sids.slice(0, MOST_MIB));
});

it.each([
  ["are whole", end],
  ["end in the middle", (tap: BodyTap) => tap.onOver()],
  [
    "are sent again",
    (tap: BodyTap) => {
      tap.onSent();
      end(tap);
    },
  ],
])("bodies that %s make room for others", (_, finish) => {
  const { polled, post } = setUp();
  for (let count = 0; count < 2 * MOST_MIB; count += 1) {
    const tap = post(`s${count}`);
    begin(tap);
    finish(tap);
  }
  const last = post("last");
  begin(last);
  end(last);
  expect(polled.of("last")).not.toBeNull();
});
