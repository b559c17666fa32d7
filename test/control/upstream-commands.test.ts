import { describe, expect, test } from "vitest";
import { decide } from "../../src/control/commands.ts";
import type { DeleteUpstream, PutUpstream } from "../../src/control/upstream-commands.ts";
import { NOW, chatState, outcomeOf, testSettings, upstreamSettings } from "./fixtures.ts";

const put = (change: Partial<PutUpstream> = {}): PutUpstream => ({
  type: "put_upstream",
  at: NOW,
  service: "chat",
  name: "pink",
  urls: ["http://127.0.0.1:4000"],
  ...change,
});
const remove = (name: string): DeleteUpstream => ({
  type: "delete_upstream",
  at: NOW,
  service: "chat",
  name,
});

const PINK = upstreamSettings("http://127.0.0.1:4000");
const WITH_PINK = chatState({ upstreams: { pink: PINK } });

describe("putting an upstream", () => {
  test("adds one, probed like the config's active upstream", () => {
    expect(outcomeOf(chatState(), put())).toMatchObject({
      chat: { upstreams: { pink: PINK } },
      events: [
        {
          type: "upstream_put",
          service: "chat",
          data: { upstream: "pink", urls: ["http://127.0.0.1:4000"] },
        },
      ],
    });
  });

  test("overrides one of the config, keeping the health check it has there", () => {
    const urls = ["http://127.0.0.1:1", "http://127.0.0.1:2"];
    expect(outcomeOf(chatState(), put({ name: "green", urls }))).toMatchObject({
      chat: { upstreams: { green: { urls, health: PINK.health } } },
    });
  });

  test("changes only the parts of the health check that are given", () => {
    const health = { path: "/up", good: 5, host: undefined };
    expect(outcomeOf(WITH_PINK, put({ health }))).toMatchObject({
      chat: { upstreams: { pink: { health: { ...PINK.health, path: "/up", good: 5, host: null } } } },
    });
  });

  test("is allowed for the active one, which may have come back at another address", () => {
    expect(outcomeOf(chatState(), put({ name: "blue" }))).toMatchObject({
      chat: { slots: { active: "blue" }, upstreams: { blue: PINK } },
    });
  });

  test("tells of it without what may be secret in the URL", () => {
    const urls = ["http://user:secret@127.0.0.1:4000/?token=secret"];
    expect(outcomeOf(chatState(), put({ urls }))).toMatchObject({
      events: [{ data: { urls: ["http://***@127.0.0.1:4000/?***"] } }],
    });
  });

  test("a second time the same changes nothing", () => {
    expect(decide(WITH_PINK, put(), testSettings())).toEqual({ ok: true, state: WITH_PINK, events: [] });
  });

  test.each(["", "__proto__", "a/b", "a b", "-a", "x".repeat(64)])("refuses the name %j", (name) => {
    expect(outcomeOf(chatState(), put({ name }))).toMatchObject({ code: "bad_request" });
  });

  test("refuses one without an address", () => {
    expect(outcomeOf(chatState(), put({ urls: [] }))).toEqual({
      code: "bad_request",
      message: "upstream pink needs at least one URL",
    });
  });
});

describe("deleting an upstream", () => {
  test("that was put forgets it", () => {
    expect(outcomeOf(WITH_PINK, remove("pink"))).toMatchObject({
      chat: { upstreams: {} },
      events: [{ type: "upstream_deleted", data: { upstream: "pink" } }],
    });
  });

  test("that overrides one of the config brings that one back", () => {
    const state = chatState({ upstreams: { green: PINK } });
    expect(outcomeOf(state, remove("green"))).toMatchObject({ chat: { upstreams: {} } });
  });

  test.each([
    [
      "active",
      { active: "pink", candidate: null, previous: "blue" },
      "upstream pink is the active of service chat; cut over to another one first",
    ],
    [
      "candidate",
      { active: "blue", candidate: "pink", previous: null },
      "upstream pink is the candidate of service chat; clear the candidate first",
    ],
  ])("that is %s is refused", (_slot, slots, message) => {
    const state = chatState({ slots, upstreams: { pink: PINK } });
    expect(outcomeOf(state, remove("pink"))).toEqual({ code: "upstream_in_use", message });
  });

  test("that is the previous one leaves that slot empty", () => {
    const slots = { active: "blue", candidate: null, previous: "pink" };
    expect(outcomeOf(chatState({ slots, upstreams: { pink: PINK } }), remove("pink"))).toMatchObject({
      chat: { upstreams: {}, slots: { active: "blue", candidate: null, previous: null } },
    });
  });

  test("that is the previous one and overrides one of the config leaves that there", () => {
    const slots = { active: "blue", candidate: null, previous: "green" };
    expect(outcomeOf(chatState({ slots, upstreams: { green: PINK } }), remove("green"))).toMatchObject({
      chat: { upstreams: {}, slots: { previous: "green" } },
    });
  });

  test("of the config is refused, with the place where it can be done", () => {
    expect(outcomeOf(chatState(), remove("green"))).toEqual({
      code: "bad_request",
      message: "upstream green comes from the config file; take it out there and reload",
    });
  });

  test.each(["pink", "constructor"])("nobody knows (%s) is refused", (name) => {
    expect(outcomeOf(chatState(), remove(name))).toEqual({
      code: "unknown_upstream",
      message: `service chat has no upstream ${name}`,
    });
  });
});
