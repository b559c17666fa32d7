// What the target of a request says of a SockJS session: `/<prefix>/<server>/<session>/<transport>`. A session over
// WebSocket is all in one connection, and needs nobody who keeps it together.

const TRANSPORTS = [
  "xhr",
  "xhr_streaming",
  "xhr_send",
  "eventsource",
  "htmlfile",
  "jsonp",
  "jsonp_send",
] as const;

export type SockJsTransport = (typeof TRANSPORTS)[number];

export interface SockJsTarget {
  /** The path without the transport. */
  session: string;
  transport: SockJsTransport;
}

const LONGEST_SESSION = 512;
const SLASH = 47;
/** With these letters the transports begin. */
const [E, H, J, X] = [101, 104, 106, 120];
const SESSION = /\/[^/.]+\/[^/.]+$/u;

/** Null: it has not the form of one. Asked for each request, hence a look that allocates nothing first. */
export function readSockJsTarget(target: string): SockJsTarget | null {
  const query = target.indexOf("?");
  let end = query < 0 ? target.length : query;
  if (target.charCodeAt(end - 1) === SLASH) end--;
  const slash = target.lastIndexOf("/", end - 1);
  if (slash <= 0 || !mayBegin(target.charCodeAt(slash + 1))) return null;
  const name = target.slice(slash + 1, end);
  const transport = TRANSPORTS.find((each) => each === name);
  if (transport === undefined || slash > LONGEST_SESSION) return null;
  const session = target.slice(0, slash);
  return SESSION.test(session) ? { session, transport } : null;
}

function mayBegin(code: number): boolean {
  return code === X || code === J || code === E || code === H;
}
