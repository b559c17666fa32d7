// Where the admin API is reached: over TCP as the config says, and always over a unix socket in the dataDir.

import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { getRequestListener } from "@hono/node-server";
import type { SocketAddress } from "../config/settings.ts";
import { GatewayError } from "../lib/gateway-error.ts";
import type { AdminBindings } from "./admin-env.ts";
import { claimSocketPath } from "./claim-socket-path.ts";
import { problemAnswer } from "./problem.ts";

export interface AdminServerOptions {
  app: { fetch(request: Request, bindings: AdminBindings): Response | Promise<Response> };
  dataDir: string;
  /** `admin.listen` of the settings. */
  listen: SocketAddress;
}

const HEAD_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
/** Far above what operators need; of each listener, so that strangers on TCP cannot fill the unix socket. */
const MOST_CONNECTIONS = 256;
/** Read and write for the owner only: the file mode is the socket's whole access control. */
const SOCKET_UMASK = 0o177;

export class AdminServer {
  readonly #options: AdminServerOptions;
  readonly #servers: Server[] = [];
  readonly #addresses: SocketAddress[] = [];

  constructor(options: AdminServerOptions) {
    this.#options = options;
  }

  /** Where it listens, the port it was given for port 0 included; the unix socket first. */
  get addresses(): readonly SocketAddress[] {
    return this.#addresses;
  }

  /** Listens everywhere, or throws and listens nowhere. */
  async listen(): Promise<void> {
    const { dataDir, listen } = this.#options;
    const socketPath = join(dataDir, "admin.sock");
    try {
      await this.#listenOn({ path: socketPath });
      if ("host" in listen || listen.path !== socketPath) await this.#listenOn(listen);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** Ends waiting calls and event streams, too. The socket file goes with it. */
  async close(): Promise<void> {
    const closing = this.#servers.splice(0).map(async (server) => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    });
    this.#addresses.length = 0;
    await Promise.all(closing);
  }

  async #listenOn(address: SocketAddress): Promise<void> {
    if ("path" in address) await claimSocketPath(address.path);
    const server = this.#createServer("path" in address ? "socket" : "tcp");
    this.#servers.push(server);
    await listening(server, address);
    const bound = server.address();
    if ("path" in address || bound === null || typeof bound === "string") this.#addresses.push(address);
    else this.#addresses.push({ host: address.host, port: bound.port });
  }

  #createServer(transport: AdminBindings["transport"]): Server {
    const { app } = this.#options;
    const answer = getRequestListener(
      (request, { incoming, outgoing }) => {
        const from = transport === "socket" ? "unix" : (incoming.socket.remoteAddress ?? "unknown");
        return app.fetch(request, { transport, from, outgoing });
      },
      { overrideGlobalObjects: false, errorHandler: refuseUnreadable },
    );
    const timeouts = { headersTimeout: HEAD_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS };
    const server = createServer(timeouts, (incoming, outgoing) => void answer(incoming, outgoing));
    server.maxConnections = MOST_CONNECTIONS;
    return server;
  }
}

/** What never became a request, because its Host or target make no URL. */
function refuseUnreadable(error: unknown): Response {
  const reason = error instanceof Error ? error.message : String(error);
  return problemAnswer(new GatewayError("bad_request", `the request cannot be read: ${reason}`));
}

function listening(server: Server, address: SocketAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.on("error", (cause: NodeJS.ErrnoException) => reject(listenFailed(address, cause)));
    server.once("listening", () => resolve());
    // The file is made within this call, and has to be private from its first moment.
    const umask = "path" in address ? process.umask(SOCKET_UMASK) : undefined;
    try {
      server.listen(address);
    } finally {
      if (umask !== undefined) process.umask(umask);
    }
  });
}

function listenFailed(address: SocketAddress, cause: NodeJS.ErrnoException): GatewayError {
  const where = "path" in address ? address.path : `${address.host}:${address.port}`;
  const message = `the admin interface cannot listen on ${where}: ${REMEDIES[cause.code ?? ""] ?? cause.message}`;
  return new GatewayError("listen_failed", message, { cause });
}

const REMEDIES: Readonly<Record<string, string>> = {
  EADDRINUSE: "it is in use; stop what listens there, or set admin.listen (HOLDGATE_ADMIN_LISTEN) to another",
  EACCES: "permission denied; choose a port above 1023, or a dataDir that this user may write",
  EADDRNOTAVAIL: "this machine has no such address; correct admin.listen (HOLDGATE_ADMIN_LISTEN)",
  ENOENT: "the folder does not exist; create it",
  // A socket's path has room for 107 bytes; the system says no more than that.
  EINVAL: "the path is too long for a socket; choose a shorter dataDir",
  ENAMETOOLONG: "the path is too long for a socket; choose a shorter dataDir",
};
