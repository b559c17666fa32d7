// What an answer tells of a session that it opens.

import type { SockJsTransport } from "./sockjs-target.ts";
import { LONGEST_SID } from "./engine-io-target.ts";

// As it stands in all framings: `0{"sid":"…"`, `97:0{"sid":…`, and `___eio[0]("0{\"sid\":\"…`.
const SID = /0\{[^}]*?\\?"sid\\?"\s*:\s*\\?"([^"\\]+)\\?"/u;

/** The name in Engine.IO's open packet, as far as the answer has come; null: it is not there (yet). */
export function openedSid(answer: string): string | null {
  const sid = SID.exec(answer)?.[1] ?? null;
  return sid !== null && sid.length <= LONGEST_SID ? sid : null;
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
