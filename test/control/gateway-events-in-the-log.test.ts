import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Control } from "../../src/control/control.ts";
import type { GatewayEvent } from "../../src/gateway/gateway-port.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { RecordingGateway, testSettings } from "./fixtures.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

const service = "chat";

async function logOf(...events: GatewayEvent[]): Promise<[level: string, message: string, fields: object][]> {
  const lines: [string, string, object][] = [];
  const to = (level: string) => (fields: object, message: string) =>
    void lines.push([level, message, fields]);
  const control = await Control.open({
    settings: testSettings(),
    dataDir: join(temporaryDirectory(), "data"),
    gateway: new RecordingGateway(),
    clock: new ManualClock(),
    log: { info: to("info"), warn: to("warn"), error: to("error") },
  });
  onTestFinished(() => control.close());
  for (const event of events) control.onGatewayEvent(event);
  return lines;
}

test("what the gateway does by itself is in the log, with what it was caused by", async () => {
  const reason = "upstream blue (127.0.0.1:3000) refused the connection";
  const lines = await logOf(
    { type: "automatic_hold_started", service, upstream: "blue", reason },
    { type: "automatic_hold_ended", service, upstream: "blue", heldMs: 1200 },
  );
  expect(lines).toEqual([
    ["warn", "automatic_hold_started", { service, upstream: "blue", reason }],
    ["info", "automatic_hold_ended", { service, upstream: "blue", heldMs: 1200 }],
  ]);
});

test("waves are events only, since there are twenty in a second", async () => {
  expect(await logOf({ type: "wave", service, closed: 25, left: 975 })).toEqual([]);
});
