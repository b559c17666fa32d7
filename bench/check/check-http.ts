// Before anything is measured: does the contender answer right? A fast wrong answer is worth nothing.

import { once } from "node:events";
import { Agent, request, type IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";
import { ECHO_PATH, FIXED_BODIES, POST_PATH } from "../upstreams/fixed-upstream.ts";

/** Throws on the first wrong answer. */
export async function checkHttp(port: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    for (const [path, body] of Object.entries(FIXED_BODIES)) {
      expectBody(`GET ${path}`, await exchange(agent, { port, path }), body);
    }
    const message = Buffer.from(Array.from({ length: 1024 }, (_, index) => index & 255));
    expectBody("POST", await exchange(agent, { port, path: ECHO_PATH, body: message }), message);
    const swallowed = await exchange(agent, { port, path: POST_PATH, body: message });
    expectBody(`POST ${POST_PATH}`, swallowed, FIXED_BODIES["/small"]);
    const again = await exchange(agent, { port, path: "/small" });
    if (!again.reusedConnection) throw new Error("the connection is not kept alive");
  } finally {
    agent.destroy();
  }
}

interface Answer {
  status: number | undefined;
  body: Buffer;
  reusedConnection: boolean;
}

async function exchange(
  agent: Agent,
  { port, path, body }: { port: number; path: string; body?: Buffer },
): Promise<Answer> {
  const outgoing = request({ agent, port, path, host: "127.0.0.1", method: body ? "POST" : "GET" });
  outgoing.end(body);
  const [answer]: IncomingMessage[] = await once(outgoing, "response");
  if (answer === undefined) throw new Error("no answer");
  return { status: answer.statusCode, body: await buffer(answer), reusedConnection: outgoing.reusedSocket };
}

function expectBody(what: string, { status, body }: Answer, expected: Buffer): void {
  if (status !== 200) throw new Error(`${what} was answered with ${status}`);
  if (!body.equals(expected)) {
    throw new Error(
      `${what} was answered with ${body.length} bytes that are not the ${expected.length} right ones`,
    );
  }
}
