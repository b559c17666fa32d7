// Drives the gateway as an operator's script would: by its admin API, here over the unix socket.

import { request } from "node:http";
import { text } from "node:stream/consumers";

export interface AdminAnswer {
  /** For a call that waited: whether everything settled before the deadline. */
  settled: boolean;
  /** What was left if not. */
  left: string;
}

export class AdminSocket {
  readonly #socketPath: string;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /** Throws when the gateway refuses. */
  async call(method: "GET" | "POST" | "PUT", path: string, body?: object): Promise<AdminAnswer> {
    const { status, answer } = await this.#send(method, path, body);
    if (status < 200 || status > 299) {
      throw new Error(`${method} ${path}: ${status} ${String(answer["code"])}: ${String(answer["detail"])}`);
    }
    return { settled: answer["settled"] !== false, left: describeLeft(answer["remaining"]) };
  }

  async #send(method: string, path: string, body?: object) {
    const { promise, resolve, reject } = Promise.withResolvers<{
      status: number;
      answer: Record<string, unknown>;
    }>();
    const headers = { host: "localhost", "content-type": "application/json" };
    const outgoing = request(
      { socketPath: this.#socketPath, method, path, headers, agent: false },
      (response) => {
        const { statusCode: status = 0 } = response;
        text(response).then((content) => resolve({ status, answer: parse(content) }), reject);
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body && JSON.stringify(body));
    return promise;
  }
}

function parse(content: string): Record<string, unknown> {
  const value: unknown = JSON.parse(content);
  return typeof value === "object" && value !== null ? { ...value } : {};
}

/** `{inFlight: 2, tunnels: 0}` → `2 in flight` */
function describeLeft(remaining: unknown): string {
  const counts = Object.entries(typeof remaining === "object" && remaining !== null ? remaining : {});
  const words: Record<string, string> = { inFlight: "in flight", tunnels: "tunnels", held: "held" };
  return counts
    .filter(([, count]) => count !== 0)
    .map(([name, count]) => `${String(count)} ${words[name] ?? name}`)
    .join(", ");
}
