// What Socket.IO clients say by HTTP long-polling before their WebSocket takes over: by default they open and join their
// namespaces there, and a tunnel that has not heard of it cannot be moved.
//
//   GET  …&transport=polling        ◀── 0{"sid":…}           opened()
//   POST …&transport=polling&sid=…  ──▶ 40{auth}             posted()
//   GET  …&transport=polling&sid=…  ◀── 40{"sid":…}          answered()
//   GET  …&transport=websocket&sid=…  a tunnel, 2probe …     of()
//
// A body holds packets between record separators; attachments stand in it as `b<base64>`.

import { textMessage } from "../message.ts";
import { SocketIoConversation } from "./socket-io-conversation.ts";
import { readPayload } from "./socket-io-packet.ts";

const SEPARATOR = "\x1e";
/**
 * A session needs its place from its opening to its tunnel's, most often a fraction of a second. The oldest are
 * forgotten: their tunnels come back by a reconnect, as those of sessions never seen.
 */
const MOST_SESSIONS = 2000;
/** Servers make 20 bytes. */
const LONGEST_SID = 256;

/** Bodies as they are once their content coding is undone. */
export class PolledSessions {
  readonly #sessions = new Map<string, SocketIoConversation>();

  /** The answer to a poll without a `sid`. Returns the one that it gives; null: none. */
  opened(body: string): string | null {
    const [first = ""] = body.split(SEPARATOR, 1);
    const sid = readPayload(textMessage(first), 1)?.["sid"];
    if (!first.startsWith("0") || typeof sid !== "string" || sid.length > LONGEST_SID) return null;
    this.#sessions.delete(sid);
    this.#sessions.set(sid, new SocketIoConversation());
    this.answered(sid, body);
    if (this.#sessions.size > MOST_SESSIONS) this.#forgetOldest();
    return sid;
  }

  posted(sid: string, body: string): void {
    const session = this.#sessions.get(sid);
    if (session === undefined) return;
    for (const packet of body.split(SEPARATOR)) session.onClientMessage(textMessage(packet));
  }

  answered(sid: string, body: string): void {
    const session = this.#sessions.get(sid);
    if (session === undefined) return;
    for (const packet of body.split(SEPARATOR)) session.onUpstreamMessage(textMessage(packet));
  }

  /**
   * It has ended or was taken over; or something was said that could not be read, or was not delivered: nothing is
   * known then, and a tunnel that is still taking it over cannot be moved.
   */
  forget(sid: string): void {
    this.#sessions.get(sid)?.endPolling();
    this.#sessions.delete(sid);
  }

  /** Still fed while the tunnel takes over; null: not known. */
  of(sid: string): SocketIoConversation | null {
    return this.#sessions.get(sid) ?? null;
  }

  #forgetOldest(): void {
    for (const sid of this.#sessions.keys()) return this.forget(sid);
  }
}
