import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { EventLog } from "../../src/control/event-log.ts";
import { silentLog } from "../../src/control/control-log.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { Webhooks } from "../../src/webhooks/webhooks.ts";

const RECEIVER = fileURLToPath(new URL("../../examples/webhook-receiver/receiver.ts", import.meta.url));
const SECRET = `whsec_${Buffer.alloc(32, 9).toString("base64")}`;

test("the receiver of the docs prints what is signed, and refuses what is not", async () => {
  const child = spawn(process.execPath, [RECEIVER, "0"], {
    env: { ...process.env, WEBHOOK_SECRET: SECRET },
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill());
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextLine = async (): Promise<string> => String((await lines.next()).value);
  const url = `http://127.0.0.1:${/\d+/.exec(await nextLine())?.[0]}/`;
  const events = new EventLog({ clock: systemClock });
  const webhooks = new Webhooks({ clock: systemClock, log: silentLog, events, env: { S: SECRET } });
  onTestFinished(() => webhooks.destroy());
  webhooks.configure([
    {
      name: "team",
      url,
      secret: { env: "S" },
      events: ["rollback"],
      services: [],
      format: "event",
      timeoutMs: 5_000,
      retries: 0,
    },
  ]);
  events.publish("rollback", "chat", { from: "green", to: "blue" });
  expect(await nextLine()).toBe("chat: rolled back from green to blue");
  const forged = await fetch(url, { method: "POST", body: "{}", headers: { "webhook-signature": "v1,x" } });
  expect(forged.status).toBe(401);
});
