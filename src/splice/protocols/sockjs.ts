// SockJS, /…/<server>/<session>/websocket. The session belongs to the server that opened it, and a second `o` makes the
// client give up ("Server lost session", code 1006): it is never moved.
//
// The library does not come back by itself; the app does, in its `onclose`, as stompjs and Meteor do. A Close of the
// socket is what the end of a server looks like (`wasClean` is false); a `c[code,reason]` frame would say that the
// app itself has closed it. /…/websocket with no session before it is SockJS's raw endpoint, and speaks what the app
// speaks.

import { neverMoved } from "../never-moved.ts";
import { type FirstMessages, type Handshake, type Protocol, type Recognition } from "../protocol.ts";
import { textOf } from "../message.ts";

/** As sockjs-client makes them: three digits, then letters and digits. */
const USUAL_PATH = /\/\d{3}\/[a-z0-9]{8,}\/websocket\/?$/i;
/** All that a SockJS server takes; other apps have such paths, too. */
const POSSIBLE_PATH = /\/[^/.]+\/[^/.]+\/websocket\/?$/;

export const sockjs: Protocol = {
  name: "sockjs",
  recognise,
  start: () => neverMoved({ because: "a SockJS session belongs to the server that opened it" }),
};

function recognise({ path }: Handshake, first: FirstMessages): Recognition {
  if (USUAL_PATH.test(path)) return "yes";
  if (!POSSIBLE_PATH.test(path)) return "no";
  if (first.upstream === null) return "later";
  return textOf(first.upstream) === "o" ? "yes" : "no";
}
