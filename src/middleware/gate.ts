// Admits the requests of a host's server: the gateway decides, the host moves the bytes.

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Gateway } from "../gateway/gateway.ts";
import { isRefusal } from "../proxy/refusal.ts";
import type { RequestHead } from "../proxy/request-head.ts";
import type { Admitted } from "./admitted.ts";
import { headText } from "./head-text.ts";
import { HostedRequest } from "./hosted-request.ts";
import { ReadyConnections } from "./ready-connections.ts";

/** One of them is called, once; or neither, when the client leaves before. */
export interface AdmissionHandler {
  onAdmitted: (admitted: Admitted) => void;
  /** No service is responsible: it is the host's own. */
  onForeign: () => void;
}

const CLOSED = { status: 503, detail: "Holdgate is closed" };

export class Gate {
  readonly ready = new ReadyConnections();
  readonly #gateway: Gateway;
  readonly #requests = new WeakMap<IncomingMessage, HostedRequest>();

  constructor(gateway: Gateway) {
    this.#gateway = gateway;
  }

  admit(req: IncomingMessage, res: ServerResponse, handler: AdmissionHandler): void {
    const { engine } = this.#gateway;
    if (res.closed || req.socket.destroyed) return;
    if (engine.closing) return refuse(res, CLOSED);
    const head = engine.readHead(headText(req), req.socket);
    if (isRefusal(head)) return refuse(res, head);
    if (!this.#gateway.isResponsible(head)) return handler.onForeign();
    this.#begin(req, res, head, handler);
  }

  /** Takes a connection with its handshake away from the host: the gateway carries tunnels by itself. */
  takeOver(req: IncomingMessage, socket: Duplex, behind: Buffer): void {
    const { engine } = this.#gateway;
    if (engine.closing || !isSocket(socket)) return void socket.destroy();
    socket.setTimeout(0);
    socket.setNoDelay(true);
    engine.takeOver(socket, Buffer.concat([Buffer.from(headText(req), "latin1"), behind]));
  }

  /** The host's proxy failed. True: the client has been answered, or will be. */
  fail(req: IncomingMessage, error: unknown): boolean {
    return this.#requests.get(req)?.fail(error) ?? false;
  }

  #begin(
    req: IncomingMessage,
    res: ServerResponse,
    head: RequestHead,
    { onAdmitted }: AdmissionHandler,
  ): void {
    const request = new HostedRequest({
      engine: this.#gateway.engine,
      ready: this.ready,
      service: this.#gateway.serviceOf(head),
      req,
      res,
      onAdmitted: (admitted) => {
        req.holdgate = admitted;
        onAdmitted(admitted);
      },
    });
    this.#requests.set(req, request);
    request.begin(head);
  }
}

function refuse(res: ServerResponse, { status, detail }: { status: number; detail: string }): void {
  // What else it sends is not to be read as another request.
  res.writeHead(status, { "Content-Type": "text/plain; charset=utf-8", Connection: "close" });
  res.end(`${detail}\n`);
}

function isSocket(socket: Duplex): socket is Socket {
  return "setNoDelay" in socket && "remoteAddress" in socket;
}
