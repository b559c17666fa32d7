// Talks to a running Node process through the inspector that `NODE_OPTIONS=--inspect=127.0.0.1:PORT` opened.

import { once } from "node:events";
import { WebSocket } from "ws";

interface Reply {
  result?: InspectorResult;
  error?: { message: string };
}

export interface InspectorResult {
  /** Of an evaluation. */
  result?: { value?: unknown };
}

export class Inspector {
  readonly port: number;

  constructor(port: number) {
    this.port = port;
  }

  /** Each call has a connection of its own: an open one would cost the process what it does not cost in earnest. */
  async call(method: string, params: object = {}): Promise<InspectorResult> {
    const inspector = new WebSocket(await this.#url());
    await once(inspector, "open");
    inspector.send(JSON.stringify({ id: 1, method, params }));
    const [message]: Buffer[] = await once(inspector, "message");
    inspector.close();
    await once(inspector, "close");
    const reply: Reply = JSON.parse(String(message));
    if (reply.error) throw new Error(`${method}: ${reply.error.message}`);
    return reply.result ?? {};
  }

  async #url(): Promise<string> {
    const answer = await fetch(`http://127.0.0.1:${this.port}/json/list`);
    const url = /"webSocketDebuggerUrl":\s*"([^"]+)"/.exec(await answer.text())?.[1];
    if (url === undefined) throw new Error(`no inspector on port ${this.port}`);
    return url;
  }
}
