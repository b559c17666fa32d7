// Hands the connection by which an upstream was found to be there to the host's proxy, through an agent: then the request
// goes by that very connection, and no other has to be made.

import { AsyncLocalStorage } from "node:async_hooks";
import { Agent } from "node:http";
import { connect, type NetConnectOpts, type Socket } from "node:net";

interface Ready {
  socket: Socket;
  address: string;
  isTaken: boolean;
}

export class ReadyConnections {
  // The proxy may think for a while before it asks, and the agent is told of no request: only this knows whose it is.
  readonly #handed = new AsyncLocalStorage<Ready>();
  #agent: Agent | null = null;

  /** Made when somebody asks: without it, a connection is closed as soon as it stands. */
  get agent(): Agent {
    this.#agent ??= this.#makeAgent();
    return this.#agent;
  }

  /** Whoever asks the agent because of `work` for a connection to this address gets this one, once. */
  hand(socket: Socket, target: NetConnectOpts, work: () => void): void {
    if (this.#agent !== null)
      return this.#handed.run({ socket, address: keyOf(target), isTaken: false }, work);
    socket.destroy();
    work();
  }

  #makeAgent(): Agent {
    // What the upstream says of its connection is passed on to the client by http-proxy: asked to close, it would end
    // that of the client, too. All the same none is used twice, as it may be gone when the next request needs it.
    const agent = new Agent({ keepAlive: true });
    agent.keepSocketAlive = () => false;
    agent.createConnection = (options: NetConnectOpts) => this.#take(options) ?? connect(options);
    return agent;
  }

  #take(options: NetConnectOpts): Socket | undefined {
    const ready = this.#handed.getStore();
    if (!ready || ready.isTaken || ready.socket.destroyed || ready.address !== keyOf(options))
      return undefined;
    ready.isTaken = true;
    return ready.socket;
  }
}

// What the host makes of the URL of an upstream must be the same as what we make of it.
function keyOf(target: NetConnectOpts): string {
  if ("path" in target && typeof target.path === "string") return target.path;
  const { host, port } = "port" in target ? target : { host: "", port: "" };
  return `${(host ?? "localhost").toLowerCase()} ${port}`;
}
