// An app that serves files as the test describes them, and can die and come back at the same address.

import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { onTestFinished } from "vitest";
import { listen } from "./listen.ts";

export interface Asset {
  headers?: Record<string, string>;
  /** A function answers by itself. */
  body: string | Buffer | ((request: IncomingMessage, response: ServerResponse) => void);
}

export class AssetServer {
  port = 0;
  /** By path with its query. */
  readonly files = new Map<string, Asset>();
  readonly asked: IncomingMessage[] = [];
  #server: Server | null = null;

  /** Gone when the test is over. */
  static async start(files: Record<string, Asset>): Promise<AssetServer> {
    const server = new AssetServer();
    for (const [path, file] of Object.entries(files)) server.files.set(path, file);
    onTestFinished(() => server.kill());
    await server.listen();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async listen(): Promise<void> {
    this.#server = createServer((request, response) => this.#answer(request, response));
    this.port = await listen(this.#server, this.port);
  }

  async kill(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (!server) return;
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    if (request.headers["user-agent"] === "holdgate-probe") return void response.end();
    this.asked.push(request);
    const file = this.files.get(request.url ?? "");
    if (!file) return void response.writeHead(404).end();
    if (typeof file.body === "function") return file.body(request, response);
    const length = { "Content-Length": Buffer.byteLength(file.body) };
    response.writeHead(200, { ...length, ...file.headers }).end(file.body);
  }
}
