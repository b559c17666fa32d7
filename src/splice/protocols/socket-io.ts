// Socket.IO over Engine.IO 4 and WebSocket: a new upstream gets each namespace's CONNECT again, with the auth that the
// client gave, and the client hears nothing of it. Forwarding the new upstream's packets without this makes a zombie:
// the client goes on as connected, and nobody knows its session.
//
//   client                 gateway                     new upstream
//     │  2 … 3 … (heartbeats)  │ ── handshake, no sid ──────▶ │
//     │                        │ ◀───────────── 0{sid,…} ─── │
//     │                        │ ── 40{auth}  40/ns,{auth} ─▶ │
//     │                        │ ◀────── 40{sid}  40/ns,… ─── │
//     │ ◀═════════ messages, those that were kept first ════▶ │
//
// The state of one tunnel is in socket-io-conversation.ts, the replay in socket-io-replay.ts, what was said by
// long-polling before in socket-io-polling.ts. Engine.IO 3 (Socket.IO 2)
// is recognised and not moved.

import {
  type Conversation,
  type Handshake,
  IGNORE,
  type Protocol,
  SERVICE_RESTART,
  failed,
} from "../protocol.ts";
import type { PolledSessions } from "./socket-io-polling.ts";
import { SOCKET_IO_DEFAULTS, SocketIoConversation, type SocketIoOptions } from "./socket-io-conversation.ts";

export type { SocketIoOptions } from "./socket-io-conversation.ts";

export const socketIo: Protocol = socketIoWith({});

/** Without `polled`, a client that began with long-polling is not moved. */
export function socketIoWith(
  options: Partial<SocketIoOptions>,
  polled: PolledSessions | null = null,
): Protocol {
  const settings = { ...SOCKET_IO_DEFAULTS, ...options };
  return {
    name: "socket.io",
    recognise: ({ query }) => (isEngineIo(query) ? "yes" : "no"),
    start: ({ query }) => startConversation(query, settings, polled),
    redialQuery,
  };
}

/** Whatever the path: apps choose their own. */
function isEngineIo(query: URLSearchParams): boolean {
  const version = query.get("EIO");
  return (version === "4" || version === "3") && query.get("transport") === "websocket";
}

function startConversation(
  query: URLSearchParams,
  settings: SocketIoOptions,
  polled: PolledSessions | null,
): Conversation {
  if (query.get("EIO") !== "4") return UNMOVABLE;
  if (!isProbe(query)) return new SocketIoConversation(settings);
  const conversation = polled?.of(query.get("sid") ?? "") ?? new SocketIoConversation();
  conversation.probe(settings);
  return conversation;
}

/** The session of long-polling is the old upstream's; a new one answers its `sid` with 400. */
function redialQuery({ query }: Handshake): URLSearchParams | null {
  if (!isProbe(query)) return null;
  const rest = new URLSearchParams(query);
  rest.delete("sid");
  return rest;
}

function isProbe(query: URLSearchParams): boolean {
  return (query.get("sid") ?? "") !== "";
}

const REASON = "it speaks Engine.IO 3, which Socket.IO 2 clients do";

const UNMOVABLE: Conversation = {
  onClientMessage: () => {},
  onUpstreamMessage: () => {},
  obstacle: () => REASON,
  replay: () => ({ begin: () => failed(REASON), onUpstreamMessage: () => failed(REASON) }),
  whileWaiting: () => IGNORE,
  heartbeat: () => null,
  farewell: () => SERVICE_RESTART,
};
