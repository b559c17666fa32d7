import { expect, onTestFinished, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { PushCounters } from "./rig.ts";
import { rig } from "./socket-io-rig.ts";
import { startRigProcess } from "./start-rig-process.ts";

test("a server killed by SIGKILL has told all that it received, and the next one counts on", async () => {
  const pushed = new PushCounters();
  const first = await startRigProcess({ rig: "socket-io", pushed });
  const client = await rig.connect(first.url);
  onTestFinished(() => client.close());
  await eventually(() => expect(first).toMatchObject({ connections: 1, handshakes: 1 }));
  for (let count = 0; count < 20; count += 1) client.send();
  const pushes = Array.from({ length: 20 }, () => first.push(client.id));
  expect(await Promise.all(pushes)).not.toContain(false);
  await client.ask?.(AbortSignal.timeout(5_000));
  await first.kill();
  expect(first.received(client.id)).toEqual(client.received);
  expect(await first.push(client.id)).toBe(false);

  const next = await startRigProcess({ rig: "socket-io", pushed, port: first.port });
  await eventually(async () => expect(await next.push(client.id)).toBe(true));
  await eventually(() => expect(client.received.at(-1)).toBe(21));
});

test("a server in a process stops in order, and its port is free then", async () => {
  const pushed = new PushCounters();
  const first = await startRigProcess({ rig: "plain", pushed });
  await first.stop();
  const next = await startRigProcess({ rig: "plain", pushed, port: first.port });
  expect(next.port).toBe(first.port);
});
