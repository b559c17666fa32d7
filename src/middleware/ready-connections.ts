// Connections that stand and carry nothing yet. The host's proxy takes them through the agent, if it was given that:
// then the connection by which the upstream was found to be there is the one that the request goes by.

import { Agent } from "node:http";
import { connect, type NetConnectOpts, type Socket } from "node:net";

export class ReadyConnections {
  readonly #ready = new Map<string, Socket[]>();
  #agent: Agent | null = null;

  /** Made when somebody asks: without it, a connection is closed as soon as it stands. */
  get agent(): Agent {
    this.#agent ??= this.#makeAgent();
    return this.#agent;
  }

  /** One to this address is there to be taken. */
  offer(target: NetConnectOpts, socket: Socket): void {
    if (this.#agent === null) return void socket.destroy();
    const key = keyOf(target);
    const others = this.#ready.get(key);
    if (others) others.push(socket);
    else this.#ready.set(key, [socket]);
  }

  /** False when it was taken, or never offered. */
  withdraw(socket: Socket): boolean {
    for (const [key, sockets] of this.#ready) {
      const at = sockets.indexOf(socket);
      if (at < 0) continue;
      sockets.splice(at, 1);
      if (sockets.length === 0) this.#ready.delete(key);
      return true;
    }
    return false;
  }

  #makeAgent(): Agent {
    // What the upstream says of its connection is passed on to the client by http-proxy: asked to close, it would end
    // that of the client, too. All the same none is used twice, as it may be gone when the next request needs it.
    const agent = new Agent({ keepAlive: true });
    agent.keepSocketAlive = () => false;
    // The callback is for those who make a connection later; a socket that is returned is used at once.
    agent.createConnection = (options: NetConnectOpts) => this.#take(options) ?? connect(options);
    return agent;
  }

  #take(options: NetConnectOpts): Socket | undefined {
    const sockets = this.#ready.get(keyOf(options));
    for (let socket = sockets?.pop(); socket; socket = sockets?.pop()) {
      if (!socket.destroyed && socket.readable) return socket;
    }
    return undefined;
  }
}

// One that the host makes from the URL of the upstream, and ours for it, must be the same.
function keyOf(target: NetConnectOpts): string {
  if ("path" in target && typeof target.path === "string") return target.path;
  const { host, port } = "port" in target ? target : { host: "", port: "" };
  return `${(host ?? "localhost").toLowerCase()} ${port}`;
}
