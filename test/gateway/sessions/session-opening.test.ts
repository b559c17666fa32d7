import { describe, expect, it } from "vitest";
import { isOpeningOver, isSockJsAnswer, openedSid } from "../../../src/gateway/sessions/session-opening.ts";

describe("the name that Engine.IO gives a session", () => {
  it.each([
    ["of protocol 4", '0{"sid":"a_-1","upgrades":["websocket"],"pingInterval":25000}', "a_-1"],
    ["with packets behind it", '0{"sid":"a","upgrades":[]}\x1e40{"sid":"b"}', "a"],
    ["not in the first place", '0{"upgrades":["websocket"],"sid":"a"}', "a"],
    ["with spaces", '0{ "sid" : "a" }', "a"],
    ["of protocol 3", '97:0{"sid":"a","upgrades":[]}2:40', "a"],
    ["of protocol 3 as bytes", '\0\x09\x07\xff0{"sid":"a"}\0\x02\xff40', "a"],
    ["by JSONP", '___eio[0]("0{\\"sid\\":\\"a\\",\\"upgrades\\":[]}");', "a"],
    ["by JSONP of protocol 3", '___eio[3]("97:0{\\"sid\\":\\"a\\"}2:40");', "a"],
    ["by JSONP with single quotes", `___eio[0]('0{"sid":"a"}');`, "a"],
    ["behind something else", '[0{"sid":"a"}', null],
    ["in a second object", '0{"x":1}0{"sid":"a"}', null],
    ["that has not come yet", '0{"sid":"a', null],
    ["of a namespace is not it", '40{"sid":"a"}'.replace("0{", "x{"), null],
    ["of something else", '{"code":0,"message":"Transport unknown"}', null],
    ["that is empty", '0{"sid":""}', null],
    ["that is far too long", `0{"sid":"${"a".repeat(257)}"}`, null],
  ])("%s", (_, answer, sid) => {
    expect(openedSid(answer)).toBe(sid);
  });
});

describe("what a stranger answers", () => {
  it.each([
    ["begins like an opening again and again", `${"0{".repeat(2048)}"sid"${" ".repeat(4000)}`],
    ["names many sids", `0{${'"sid" '.repeat(1300)}`],
    ["is one object", `0{"sid"${" ".repeat(8100)}}`],
  ])("costs next to nothing, piece by piece, where it %s", (_, answer) => {
    const before = performance.now();
    for (let end = 0; end <= answer.length; end += 64) {
      openedSid(answer.slice(0, end));
      isOpeningOver(answer.slice(0, end));
    }
    expect(openedSid(answer)).toBeNull();
    // Searched from each place it took seconds.
    expect(performance.now() - before).toBeLessThan(250);
  });

  it.each([
    ["0{", false],
    ['0{"sid":', false],
    ['0{"sid":"a"}', true],
    [`${"1".repeat(10)}:`, false],
    ["<!doctype html>".repeat(3), true],
    ["x", false],
  ])("%j: nothing more to be learnt is %s", (answer, expected) => {
    expect(isOpeningOver(answer)).toBe(expected);
  });
});

describe("an answer of SockJS", () => {
  it.each([
    ["xhr", "o\n", true],
    ["xhr", 'a["x"]\n', true],
    ["xhr", "h\n", true],
    ["xhr", "ok", false],
    ["xhr", "", false],
    ["xhr", '{"a":1}', false],
    ["xhr", 'c[3000,"Go away!"]\n', false],
    ["xhr_streaming", `${"h".repeat(2048)}\no\n`, true],
    ["xhr_streaming", `${"h".repeat(2048)}\n`, false],
    ["eventsource", "\r\ndata: o\r\n\r\n", true],
    ["eventsource", "data: hello\n\n", false],
    ["eventsource", "data: h\n\n", true],
    ["eventsource", "data: {}\n\n", false],
    ["htmlfile", '<script>\np("o");\n</script>\r\n', true],
    ["jsonp", '/**/cb("o");\r\n', true],
    ["jsonp", "cb({});", false],
    ["xhr_send", "o\n", false],
  ] as const)("by %s: %j is %s", (transport, answer, expected) => {
    expect(isSockJsAnswer(transport, answer)).toBe(expected);
  });
});
