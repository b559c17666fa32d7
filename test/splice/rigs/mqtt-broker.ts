// The broker aedes (MQTT 3.1 and 3.1.1) over WebSockets, its sessions in its own memory: one that another broker keeps
// is unknown to it. What clients publish to from/<their id> is counted, and they are spoken to through to/<their id>.

import type { Duplex } from "node:stream";
import { Aedes, type Client } from "aedes";
import { createWebSocketStream, type WebSocket } from "ws";
import { PoliteSocket } from "./polite-socket.ts";
import type { RigServer, ServerOptions } from "./rig.ts";
import type { ServerBook } from "./server-book.ts";
import { startWebSocketApp } from "./websocket-app.ts";

export type Qos = 0 | 1;

const FROM = "from/";
const TO = "to/";

export function topicsOf(clientId: string): { readonly from: string; readonly to: string } {
  return { from: FROM + clientId, to: TO + clientId };
}

/** What it publishes has this QoS. */
export async function startAedes(options: ServerOptions, qos: Qos): Promise<RigServer> {
  // Not the default of 100 messages at once: the others would wait for their turn, some through a whole hold.
  const broker = await Aedes.createBroker({ concurrency: 0 });
  const served = new Map<Client, Served>();
  const onSubscribed = (client: Client) => join(broker, client, served.get(client), qos);
  broker.on("subscribe", (_, client) => onSubscribed(client));
  // Of a session that the broker has kept.
  broker.on("clientReady", onSubscribed);
  broker.authorizePublish = (client, { topic, payload }, done) => {
    if (client !== null && topic === FROM + client.id)
      served.get(client)?.book.take(client.id, Number(payload.toString()));
    done();
  };
  return startWebSocketApp({
    options,
    subprotocol: "mqtt",
    socketClass: PoliteSocket,
    serve: (socket, book) => serve(broker, socket, book, served),
    // It knows no other end.
    farewell: (socket) => socket.terminate(),
    abandon: () => broker.close(),
  });
}

interface Served {
  readonly socket: PoliteSocket;
  readonly book: ServerBook;
}

function serve(broker: Aedes, socket: WebSocket, book: ServerBook, served: Map<Client, Served>): void {
  if (!(socket instanceof PoliteSocket)) throw new TypeError("not the socket that was asked for");
  const client = broker.handle(readAtOnce(createWebSocketStream(socket)));
  served.set(client, { socket, book });
  socket.once("close", () => served.delete(client));
}

function join(broker: Aedes, client: Client, served: Served | undefined, qos: Qos): void {
  const topic = TO + client.id;
  if (served === undefined || !isSubscribed(client, topic)) return;
  const { socket, book } = served;
  const send = (number: number) => {
    socket.begin();
    const message = {
      cmd: "publish",
      topic,
      payload: String(number),
      qos,
      retain: false,
      dup: false,
    } as const;
    broker.publish(message, () => socket.said());
  };
  const link = { isOpen: () => socket.mayBegin, send };
  book.join(client.id, link);
  socket.once("close", () => book.leave(client.id, link));
}

/** aedes asks once for all that has come; Node 26 gives one chunk for each time. */
function readAtOnce(stream: Duplex): Duplex {
  const readChunk = stream.read.bind(stream);
  stream.read = () => {
    const chunks: Buffer[] = [];
    for (let chunk: Buffer | null = readChunk(); chunk !== null; chunk = readChunk()) chunks.push(chunk);
    return chunks.length === 0 ? null : Buffer.concat(chunks);
  };
  return stream;
}

/** Its types leave this out. */
function isSubscribed(client: Client, topic: string): boolean {
  const subscriptions: object = Reflect.get(client, "subscriptions");
  return topic in subscriptions;
}
