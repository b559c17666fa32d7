import { describe, expect, it } from "vitest";
import { TWO_SERVICES, openAdmin } from "./support/open-admin.ts";

const MINUTE = 60_000;

describe("a planned maintenance", () => {
  it("is answered, shown in the status, and cancelled by one call", async () => {
    const { write, json, clock } = await openAdmin();
    const startsAt = clock.wall() + 10 * MINUTE;
    const window = { startsAt, endsAt: startsAt + 30 * MINUTE, message: "New disks", phase: "scheduled" };
    const body = { at: new Date(startsAt).toISOString(), for: "30m", message: "New disks" };
    const planned = await write("POST", "/admin/maintenance", { body });
    expect(planned.body).toMatchObject({ changed: true, window, service: { mode: { name: "open" } } });
    expect((await json("GET", "/admin/status")).body).toMatchObject({ services: [{ window }] });
    const cancelled = await write("DELETE", "/admin/maintenance/window");
    expect(cancelled.body).toMatchObject({ changed: true, window: null });
    const again = await write("DELETE", "/admin/maintenance/window");
    expect(again.body).toMatchObject({ changed: false, window: null });
  });

  it("may be given as a time from now, and begins at once without one", async () => {
    const { write, clock } = await openAdmin();
    const planned = await write("POST", "/admin/maintenance", { body: { at: "2h", for: 60_000 } });
    expect(planned.body.window?.startsAt).toBe(clock.wall() + 120 * MINUTE);
    await write("DELETE", "/admin/maintenance/window");
    const now = await write("POST", "/admin/maintenance", { body: { for: "30m" } });
    expect(now.body).toMatchObject({
      window: { phase: "running" },
      service: { mode: { name: "maintenance", expectedEnd: clock.wall() + 30 * MINUTE } },
    });
    expect((await write("DELETE", "/admin/maintenance")).body).toMatchObject({ window: null });
  });

  it.each([
    ["without how long", { at: "10m" }, 400, "bad_request", /expected `for` beside `at`/],
    [
      "with an end beside how long",
      { for: "5m", expectedEnd: "9m" },
      400,
      "bad_request",
      /either expectedEnd/,
    ],
    ["for no time", { at: "10m", for: "0s" }, 400, "bad_request", /longer than 0/],
    ["in the past", { at: "2020-01-01T02:00:00Z", for: "5m" }, 400, "bad_request", /has passed/],
    ["at a time without an offset", { at: "2027-01-01T02:00", for: "5m" }, 400, "bad_request", /offset/],
    ["of a service that is not there", { service: "x", for: "5m" }, 404, "unknown_service", /no service x/],
  ])("%s is refused, and nothing changed", async (_title, body, status, code, detail) => {
    const { refused, control } = await openAdmin();
    const { version } = control.state;
    const answer = await refused("POST", "/admin/maintenance", { body });
    expect({ status: answer.status, code: answer.body.code }).toEqual({ status, code });
    expect(answer.body.detail).toMatch(detail);
    expect(control.state.version).toBe(version);
  });

  it("beside another is refused, and the service must be named where there are several", async () => {
    const { write, refused } = await openAdmin(TWO_SERVICES);
    const unnamed = await refused("POST", "/admin/maintenance", { body: { at: "1h", for: "5m" } });
    expect(unnamed.body.code).toBe("service_required");
    await write("POST", "/admin/maintenance", { body: { service: "wiki", at: "1h", for: "5m" } });
    await write("POST", "/admin/maintenance", { body: { service: "chat", at: "1h", for: "5m" } });
    const second = await refused("POST", "/admin/maintenance", {
      body: { service: "chat", at: "2h", for: "5m" },
    });
    expect(second).toMatchObject({ status: 409, body: { code: "window_exists" } });
  });
});
