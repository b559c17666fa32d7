// XMPP over WebSocket (RFC 7395). A login (SASL) cannot be replayed, so it is never moved.
//
// The socket is closed without a word: xmpp.js comes back 1 s later, and resumes its stream where both sides can
// (XEP-0198). After a stream error (<system-shutdown/>) it waits for the answer to its <close/>, which then cuts the
// connection that it has made in the meantime: it comes back twice. Strophe takes both for the same and leaves coming
// back to the app.

import { neverMoved } from "../never-moved.ts";
import type { Protocol } from "../protocol.ts";

export const xmpp: Protocol = {
  name: "xmpp",
  recognise: ({ subprotocol }) => (subprotocol === "xmpp" ? "yes" : "no"),
  start: () => neverMoved({ because: "an XMPP login cannot be said again" }),
};
