import { once } from "node:events";
import { createServer } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { AdminClient } from "../../src/client/admin-client.ts";
import { isStatusAnswer } from "../../src/client/answer-guards.ts";
import { listen } from "../support/listen.ts";
import { ManualClock } from "../support/manual-clock.ts";

it("a gateway that accepts and never answers is given up after 15 s, unless the call waits", async () => {
  const silent = createServer();
  const port = await listen(silent);
  onTestFinished(() => void silent.close());
  silent.on("connection", (socket) => onTestFinished(() => void socket.destroy()));
  const clock = new ManualClock();
  const client = new AdminClient({ target: { kind: "tcp", host: "127.0.0.1", port }, name: "here" }, clock);

  const call = client.call({ method: "GET", path: "/admin/status" }, isStatusAnswer);
  const outcome = call.catch((error: unknown) => error);
  await once(silent, "connection");
  clock.advance(15_000);
  expect(await outcome).toMatchObject({
    code: "admin_unreachable",
    message: expect.stringContaining("cannot reach the gateway at here: no answer within 15s"),
  });
  expect(clock.pendingTimers).toBe(0);

  const ended = new AbortController();
  const waiting = client.open({ method: "POST", path: "/admin/hold", waits: true, signal: ended.signal });
  expect(clock.pendingTimers).toBe(0);
  ended.abort();
  await expect(waiting).rejects.toThrow("aborted");
});
