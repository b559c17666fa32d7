// SignalR (Blazor Server, too). A connection's id and what hangs on it live in one server process: it is never moved.
//
//   client                     upstream
//     │ {"protocol":"json","version":1}␞ ─▶ │      the first message, JSON text whatever the hub protocol is
//     │ ◀─ {}␞                              │      or {"error":"…"}␞
//     │ ◀─ {"type":7,"allowReconnect":true}␞│      our farewell, only behind that answer: before it, it would be
//                                                  taken for a wrong answer
//
// A Close message without `allowReconnect` ends a client for good; the code of the Close frame is all the same.

import { neverMoved } from "../never-moved.ts";
import {
  type Conversation,
  type Farewell,
  type FirstMessages,
  type Message,
  type Protocol,
  type Recognition,
  SERVICE_RESTART,
} from "../protocol.ts";
import { fieldsOf } from "../fields-of.ts";
import { textMessage } from "../message.ts";

const SEPARATOR = "\x1e";
const LONGEST_OPENING = 1024;
const CLOSE_AS_JSON = textMessage(`{"type":7,"allowReconnect":true}${SEPARATOR}`);
/** [7, nil, true] behind its length. */
const CLOSE_AS_MESSAGE_PACK: Message = { data: Buffer.from([4, 0x93, 7, 0xc0, 0xc3]), isBinary: true };
const CLOSE_MESSAGES = new Map([
  ["json", CLOSE_AS_JSON],
  ["messagepack", CLOSE_AS_MESSAGE_PACK],
  ["blazorpack", CLOSE_AS_MESSAGE_PACK],
]);

export const signalr: Protocol = { name: "signalr", recognise: (_, first) => recognise(first), start };

function recognise({ client }: FirstMessages): Recognition {
  if (client === null) return "later";
  return hubProtocolOf(client) === null ? "no" : "yes";
}

function start(): Conversation {
  let hubProtocol: string | null = null;
  let hasSpoken = false;
  let isAnswered = false;
  return neverMoved({
    because: "a SignalR connection lives in one server process",
    onClientMessage: (message) => {
      if (!hasSpoken) hubProtocol = hubProtocolOf(message);
      hasSpoken = true;
    },
    onUpstreamMessage: () => {
      isAnswered ||= hasSpoken;
    },
    farewell: () => farewellTo(isAnswered ? hubProtocol : null),
  });
}

function farewellTo(hubProtocol: string | null): Farewell {
  const message = hubProtocol === null ? undefined : CLOSE_MESSAGES.get(hubProtocol);
  return message === undefined ? SERVICE_RESTART : { ...SERVICE_RESTART, messages: [message] };
}

/** What the opening asks for; null: it is none. Other messages may stand behind it. */
function hubProtocolOf({ data }: Message): string | null {
  const end = data.subarray(0, LONGEST_OPENING).indexOf(SEPARATOR);
  if (end < 0) return null;
  const opening = fieldsOf({ data: data.subarray(0, end), isBinary: false });
  if (!Number.isInteger(opening?.version)) return null;
  return typeof opening?.protocol === "string" ? opening.protocol : null;
}
