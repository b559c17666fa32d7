// What must be true of the small chat whenever a run has ended, however it went.

import { expect } from "vitest";
import { z } from "zod";
import type { SmallEnd } from "../killable-upgrade.ts";
import { accountFor, type Traffic } from "../traffic.ts";
import type { SmallChat } from "./small-chat.ts";

const statusSchema = z.object({
  services: z.array(
    z.object({
      mode: z.object({ name: z.string() }),
      slots: z.object({
        active: z.string(),
        candidate: z.string().nullable(),
        previous: z.string().nullable(),
      }),
    }),
  ),
});

export async function statusOf(chat: SmallChat) {
  const { services } = statusSchema.parse((await chat.call("GET", "/admin/status")).body);
  const [service] = services;
  if (service === undefined) throw new Error("the gateway has no service");
  return service;
}

/** Kept or rolled back, and nothing in between. */
export async function expectWhole(chat: SmallChat, end: Pick<SmallEnd, "state" | "run">): Promise<void> {
  if (end.state === "kept") await expectKept(chat, end.run);
  else await expectAsBefore(chat);
}

async function expectKept(chat: SmallChat, run: string): Promise<void> {
  expect(await chat.running()).toEqual([`app-${run} 2`, "worker 2"]);
  const aside = [`app.holdgate-old-${run}`, `worker.holdgate-old-${run}`];
  expect(await chat.names()).toEqual([`app-${run}`, aside[0], "worker", aside[1]]);
  const old = (await chat.containers()).filter(({ State }) => State === "exited").map(({ Id }) => Id);
  expect(old.toSorted()).toEqual(Object.values(chat.ids).toSorted());
  expect(await chat.data("migrations")).toBe("ran\n");
  expect(await statusOf(chat)).toMatchObject({ mode: { name: "open" }, slots: { active: "green" } });
  expect(await chat.answers()).toBe("2");
}

/** The very containers of the beginning, and no other. */
export async function expectAsBefore(chat: SmallChat): Promise<void> {
  expect(await chat.running()).toEqual(["app 1", "worker 1"]);
  const all = await chat.containers();
  expect(all.map(({ Id }) => Id).toSorted()).toEqual(Object.values(chat.ids).toSorted());
  expect(["", "ran\n"]).toContain(await chat.data("migrations"));
  expect(await statusOf(chat)).toMatchObject({ mode: { name: "open" }, slots: { active: "blue" } });
  expect(await chat.answers()).toBe("1");
}

/** Every message that was posted is stored once, or was refused and is not. */
export async function expectExactlyOnce(chat: SmallChat, traffic: Traffic): Promise<void> {
  const account = accountFor(traffic, await chat.data("messages.jsonl"));
  expect(account).toEqual({ missing: [], doubled: [], uninvited: [] });
}
