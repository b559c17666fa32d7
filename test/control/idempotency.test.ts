import { expect, test, vi } from "vitest";
import { IdempotencyTable } from "../../src/control/idempotency.ts";
import { GatewayError } from "../../src/lib/gateway-error.ts";
import { ManualClock } from "../support/manual-clock.ts";

const HOUR_MS = 3_600_000;

function tableOf(maxEntries = 1000) {
  const clock = new ManualClock();
  let done = 0;
  const work = vi.fn<() => Promise<number>>(async () => (done += 1));
  return { clock, work, table: new IdempotencyTable<number>({ clock, maxEntries }) };
}

test("a repeated request gets the outcome of the first and has no effect of its own", async () => {
  const { table, work } = tableOf();
  expect(await table.run("key", "POST /hold", work)).toBe(1);
  expect(await table.run("key", "POST /hold", work)).toBe(1);
  expect(work).toHaveBeenCalledOnce();
});

test("a request repeated while the first is under way waits for it", async () => {
  const { table } = tableOf();
  const first = Promise.withResolvers<number>();
  const work = vi.fn<() => Promise<number>>(() => first.promise);
  const both = Promise.all([table.run("key", "same", work), table.run("key", "same", work)]);
  first.resolve(7);
  expect(await both).toEqual([7, 7]);
  expect(work).toHaveBeenCalledOnce();
});

test("another request under the same key is refused", async () => {
  const { table, work } = tableOf();
  await table.run("key", "POST /hold", work);
  await expect(table.run("key", "POST /release", work)).rejects.toMatchObject({
    code: "idempotency_mismatch",
    message: "the key key belongs to another request; use a new key for each new request",
  });
  expect(work).toHaveBeenCalledOnce();
});

test("a refusal is repeated as it was", async () => {
  const { table } = tableOf();
  const work = vi.fn<() => Promise<number>>(async () => {
    throw new GatewayError("not_healthy", "green is not healthy");
  });
  await expect(table.run("key", "cutover", work)).rejects.toThrow("green is not healthy");
  await expect(table.run("key", "cutover", work)).rejects.toThrow("green is not healthy");
  expect(work).toHaveBeenCalledOnce();
});

test.each([new GatewayError("state_unwritable", "disk full"), new TypeError("a bug")])(
  "after a failure of the gateway (%s) the request can be tried again",
  async (failure) => {
    const { table, work } = tableOf();
    await expect(table.run("key", "hold", () => Promise.reject(failure))).rejects.toBe(failure);
    expect(await table.run("key", "hold", work)).toBe(1);
  },
);

test("a key is forgotten after a day", async () => {
  const { table, clock, work } = tableOf();
  await table.run("key", "hold", work);
  clock.advance(24 * HOUR_MS - 1);
  expect(await table.run("key", "hold", work)).toBe(1);
  clock.advance(1);
  expect(await table.run("key", "hold", work)).toBe(2);
});

test("the oldest key makes room for a new one, and a repeated one for none", async () => {
  const { table, work } = tableOf(2);
  await table.run("a", "hold", work);
  await table.run("b", "hold", work);
  expect(await table.run("a", "hold", work)).toBe(1);
  expect(await table.run("c", "hold", work)).toBe(3);
  expect(await table.run("b", "hold", work)).toBe(2);
  expect(await table.run("a", "hold", work)).toBe(4);
});
