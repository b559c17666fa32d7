import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import {
  flush,
  flushWhenLarge,
  inOneBatch,
  isClogged,
  join,
} from "../../../src/splice/tunnel/write-batch.ts";

/** A socket as far as writing goes: what the system is given in one call, and whether it takes it. */
class FakeSocket extends Writable {
  readonly writes: string[] = [];
  takesAll = true;

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.writes.push(String(chunk));
    if (this.takesAll) done();
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.writes.push(chunks.map(({ chunk }) => String(chunk)).join(""));
    if (this.takesAll) done();
  }

  say(text: string): void {
    join(this);
    this.write(text);
    flushWhenLarge(this);
  }
}

describe("a batch of writes", () => {
  it("gives the system in one call what was said to each socket", () => {
    const [one, other] = [new FakeSocket(), new FakeSocket()];
    inOneBatch(() => {
      one.say("a");
      other.say("x");
      one.say("b");
      expect(one.writes).toEqual([]);
    });
    expect([one.writes, other.writes]).toEqual([["ab"], ["x"]]);
  });

  it("leaves alone what is said outside of it", () => {
    const socket = new FakeSocket();
    socket.say("a");
    expect(socket.writes).toEqual(["a"]);
  });

  it("ends with the outermost", () => {
    const socket = new FakeSocket();
    inOneBatch(() => {
      inOneBatch(() => socket.say("a"));
      socket.say("b");
      expect(socket.writes).toEqual([]);
    });
    expect(socket.writes).toEqual(["ab"]);
  });

  it("goes out although something fails within it, and holds nothing back behind it", () => {
    const socket = new FakeSocket();
    const failing = (): void => {
      socket.say("a");
      throw new Error("failed");
    };
    expect(() => inOneBatch(failing)).toThrow("failed");
    socket.say("b");
    expect(socket.writes).toEqual(["a", "b"]);
  });
});

describe("what a batch keeps back", () => {
  it("is not much, also behind what was too much", () => {
    const socket = new FakeSocket();
    const large = "l".repeat(20_000);
    inOneBatch(() => {
      socket.say("a");
      socket.say(large);
      expect(socket.writes).toEqual([`a${large}`]);
      socket.say("b");
      socket.say("c");
    });
    expect(socket.writes).toEqual([`a${large}`, "bc"]);
  });

  it("does not count as refused by the system, which is soon known", () => {
    const socket = new FakeSocket();
    socket.takesAll = false;
    inOneBatch(() => {
      socket.say("a");
      expect(isClogged(socket)).toBe(false);
      flush(socket);
      expect(isClogged(socket)).toBe(true);
      socket.say("b");
      expect(isClogged(socket)).toBe(true);
    });
    expect(socket.writes).toEqual(["a"]);
  });
});
