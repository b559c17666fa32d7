// What is told to users and to the team, by a gateway that is a process of its own: started, reloaded, killed, ended.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Webhook as StandardWebhook } from "standardwebhooks";
import { expect, onTestFinished, test } from "vitest";
import { callAdmin } from "../support/call-admin.ts";
import { eventually } from "../support/eventually.ts";
import { type HoldgateProcess, startHoldgate } from "../support/start-holdgate.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { startReceiver, status, taken } from "../webhooks/receiver.ts";

const SECRET = `whsec_${Buffer.alloc(24, 3).toString("base64")}`;
// A process takes a while to start on a machine that has other things to do.
const SLOW = { timeout: 90_000 };
const SERVICES = "services: { chat: { upstreams: { blue: http://127.0.0.1:9 } } }\n";

function endAfterTest(gateway: HoldgateProcess): HoldgateProcess {
  onTestFinished(async () => void (await gateway.end("SIGKILL")));
  return gateway;
}

async function noticeOf({ port }: HoldgateProcess): Promise<unknown> {
  const answer = await fetch(`http://127.0.0.1:${port}/.holdgate/status`);
  return answer.json();
}

test("what is planned and announced is there again after a kill", SLOW, async () => {
  const dir = await temporaryDirectory();
  const first = endAfterTest(await startHoldgate(dir, SERVICES));
  const planned = { at: "1h", for: "30m", message: "New disks" };
  await callAdmin(first.adminSocket, "POST", "/admin/maintenance", planned);
  await eventually(async () =>
    expect(await noticeOf(first)).toMatchObject({ announcement: { message: "New disks" } }),
  );
  await callAdmin(first.adminSocket, "PUT", "/admin/services/chat/announcement", { message: "Read this" });
  await first.end("SIGKILL");
  const again = endAfterTest(await startHoldgate(dir, SERVICES));
  expect(await noticeOf(again)).toMatchObject({ mode: "open", announcement: { message: "Read this" } });
  await callAdmin(again.adminSocket, "DELETE", "/admin/services/chat/announcement");
  expect(await noticeOf(again)).toMatchObject({ announcement: { message: "New disks" } });
  await callAdmin(again.adminSocket, "DELETE", "/admin/maintenance/window");
  expect(await noticeOf(again)).toMatchObject({ mode: "open", announcement: null });
});

test("webhooks are posted to, follow a reload, and are handed what waits at the end", SLOW, async () => {
  const dir = await temporaryDirectory();
  const [one, other] = [await startReceiver(), await startReceiver()];
  const hook = (url: string) =>
    `${SERVICES}webhooks: { team: { url: "${url}", secret: { file: hook.key }, events: [hold_started, released] } }\n`;
  await writeFile(join(dir, "hook.key"), SECRET);
  const gateway = endAfterTest(await startHoldgate(dir, hook(one.url)));
  await callAdmin(gateway.adminSocket, "POST", "/admin/hold", {});
  await eventually(() => expect(one.types()).toEqual(["hold_started"]));
  const [post] = one.received;
  const headers = Object.entries(post?.headers ?? {}).map(([name, value]) => [name, String(value)]);
  const verified = new StandardWebhook(SECRET).verify(post?.body ?? "", Object.fromEntries(headers));
  expect(verified).toMatchObject({ type: "hold_started", service: "chat" });

  const head = `listen: 127.0.0.1:${gateway.port}\ndataDir: ${dir}/data\nadmin: { listen: "127.0.0.1:0" }\n`;
  await writeFile(join(dir, "holdgate.yaml"), head + hook(other.url));
  gateway.child.kill("SIGHUP");
  const to = `http://127.0.0.1:${other.port}`;
  await eventually(async () => {
    const { body } = await callAdmin(gateway.adminSocket, "GET", "/admin/status");
    expect(body).toMatchObject({ webhooks: [{ to, sent: 1 }] });
  });

  other.answer(status(500), taken);
  await callAdmin(gateway.adminSocket, "POST", "/admin/release", {});
  await eventually(() => expect(other.types()).toEqual(["released"]));
  expect(await gateway.end("SIGTERM")).toBe(0);
  expect(other.types()).toEqual(["released", "released"]);
  expect(one.types()).toEqual(["hold_started"]);
});

test("webhooks hear of a window that was missed while there was no gateway", SLOW, async () => {
  const dir = await temporaryDirectory();
  const receiver = await startReceiver();
  const first = endAfterTest(await startHoldgate(dir, SERVICES));
  await callAdmin(first.adminSocket, "POST", "/admin/maintenance", { at: "1h", for: "30m" });
  await first.end("SIGKILL");
  // The time goes by.
  const file = join(dir, "data", "state.json");
  const state = await readFile(file, "utf8");
  const earlier = (_all: string, key: string, time: string) => `${key}${Number(time) - 7_200_000}`;
  const passed = state.replace(/("(?:startsAt|endsAt)":\s*)(\d+)/g, earlier);
  expect(passed).not.toBe(state);
  await writeFile(file, passed);
  await writeFile(join(dir, "hook.key"), SECRET);
  const hook = `webhooks: { team: { url: "${receiver.url}", secret: { file: hook.key }, events: [window_missed] } }\n`;
  endAfterTest(await startHoldgate(dir, SERVICES + hook));
  await eventually(() => expect(receiver.types()).toEqual(["window_missed"]));
});
