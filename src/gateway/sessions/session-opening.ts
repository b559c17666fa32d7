// What an answer tells of a session that it opens.

import type { SockJsTransport } from "./sockjs-target.ts";
import { LONGEST_SID } from "./engine-io-target.ts";

// As it begins in all framings: `0{`, `97:0{` and its binary form, `___eio[0]("0{`. Only there: an answer is a stranger's,
// and to search it from each of its places takes seconds.
const BEGINNING = /^(?:___eio\[\d{0,10}\]\(["'])?(?:\d{1,10}:|\0[\0-\t]{1,10}\xff)?0\{/u;
const LONGEST_BEGINNING = 40;
// `"sid":"…"`, or `\"sid\":\"…\"` in a string of JSONP.
const SID = /"sid\\?"\s*:\s*\\?"([^"\\]+)\\?"/u;

/** The name in Engine.IO's open packet, an object without others in it; null: it is not there (yet). */
export function openedSid(answer: string): string | null {
  const end = endOfOpening(answer);
  const sid = end < 0 ? null : (SID.exec(answer.slice(0, end))?.[1] ?? null);
  return sid !== null && sid.length <= LONGEST_SID ? sid : null;
}

/** Whatever comes now, it says nothing more of a session. */
export function isOpeningOver(answer: string): boolean {
  return endOfOpening(answer) >= 0 || (answer.length >= LONGEST_BEGINNING && !BEGINNING.test(answer));
}

/** -1: it has not come, or is none. */
function endOfOpening(answer: string): number {
  return BEGINNING.test(answer) ? answer.indexOf("}") : -1;
}

// Behind what comes before the first frame. A gateway that has been restarted meets sessions that are open already.
const FIRST_FRAME: Readonly<Record<SockJsTransport, RegExp | null>> = {
  xhr: /^(?:o\n|h\n|a\[)/u,
  xhr_streaming: /^h{2000,}\n(?:o\n|h\n|a\[)/u,
  eventsource: /^\s*data: (?:[oh]\r?\n|a\[)/u,
  htmlfile: /\bp\("(?:[oh]"|a\[)/u,
  jsonp: /^(?:\/\*\*\/)?[\w.-]+\("(?:[oh]"|a\[)/u,
  xhr_send: null,
  jsonp_send: null,
};

/** Whether it is an answer of SockJS to somebody who listens, as far as it has come. */
export function isSockJsAnswer(transport: SockJsTransport, answer: string): boolean {
  return FIRST_FRAME[transport]?.test(answer) ?? false;
}
