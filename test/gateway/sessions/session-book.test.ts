import { describe, expect, it } from "vitest";
import { SessionBook } from "../../../src/gateway/sessions/session-book.ts";
import { Session } from "../../../src/gateway/sessions/session.ts";
import { ManualClock } from "../../support/manual-clock.ts";

const RANDOM_NAMES = 100_000;
const MOST = 20_000;

function setUp() {
  const clock = new ManualClock();
  const book = new SessionBook(clock);
  const rest = (key: string, proven = true): Session => {
    const session = new Session(key, "/socket.io/");
    session.proven = proven;
    book.rest(session);
    return session;
  };
  return { clock, book, rest };
}

describe("a hundred thousand sessions", () => {
  it("are forgotten from the oldest on", () => {
    const { book, rest } = setUp();
    for (let at = 0; at < RANDOM_NAMES; at++) rest(`s${at}`);
    expect(book.size).toBe(MOST);
    expect(book.find("s0")).toBeUndefined();
    expect(book.find(`s${RANDOM_NAMES - 1}`)).toBeDefined();
  });

  it("that are gone are, too", () => {
    const { book, rest } = setUp();
    for (let at = 0; at < RANDOM_NAMES; at++) book.end(rest(`s${at}`));
    expect([book.size, book.gone]).toEqual([0, MOST]);
    expect(book.find("s0")).toBeUndefined();
    expect(book.find(`s${RANDOM_NAMES - 1}`)?.isGone).toBe(true);
  });

  it("that nobody has opened are not kept at all", () => {
    const { book, rest } = setUp();
    for (let at = 0; at < RANDOM_NAMES; at++) rest(`s${at}`, false);
    expect([book.size, book.gone]).toEqual([0, 0]);
  });
});

it("a session that nobody asks for is forgotten after five minutes", () => {
  const { clock, book, rest } = setUp();
  const session = rest("s");
  clock.advance(299_000);
  expect(book.find("s")).toBe(session);
  clock.advance(2000);
  expect(book.find("s")).toBeUndefined();
});

it("one that a WebSocket has taken over is forgotten after ten seconds", () => {
  const { clock, book, rest } = setUp();
  const session = rest("s");
  session.upgraded = true;
  book.rest(session);
  clock.advance(11_000);
  expect(book.find("s")).toBeUndefined();
});

it("who comes back within the hour to a session that is gone is told so", () => {
  const { clock, book, rest } = setUp();
  book.end(rest("s"));
  clock.advance(3_599_000);
  expect(book.find("s")?.isGone).toBe(true);
  clock.advance(2000);
  expect(book.find("s")).toBeUndefined();
});
