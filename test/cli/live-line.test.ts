import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { LiveLine } from "../../src/cli/live-line.ts";

function stream(terminal: { isTTY?: boolean; columns?: number }): PassThrough {
  return Object.assign(new PassThrough({ encoding: "utf8" }), terminal);
}

describe("on a terminal", () => {
  it("the line is cut to one row, because a wrapped one could not be taken back", () => {
    const terminal = stream({ isTTY: true, columns: 20 });
    new LiveLine(terminal).show("chat: 12 held, 3 in flight", "4s");
    expect(terminal.read()).toBe("\x1b[1Gchat: 12 held, 3 in\x1b[0K");
  });

  it("erasing twice, or with nothing shown, writes nothing", () => {
    const terminal = stream({ isTTY: true, columns: 80 });
    const line = new LiveLine(terminal);
    line.erase();
    expect(terminal.read()).toBeNull();
    line.show("chat", "1s");
    line.erase();
    expect(terminal.read()).toBe("\x1b[1Gchat · 1s\x1b[0K\x1b[1G\x1b[2K");
    line.erase();
    expect(terminal.read()).toBeNull();
  });
});

describe("elsewhere", () => {
  it("each change is a line, and the passing time is none", () => {
    const log = stream({});
    const line = new LiveLine(log);
    line.show("3 in flight", "1s");
    line.show("3 in flight", "2s");
    line.show("2 in flight", "3s");
    line.erase();
    expect(log.read()).toBe("3 in flight\n2 in flight\n");
  });
});
