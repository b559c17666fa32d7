// Clients that keep cookies, as browsers do; many of them can share a connection, as they do behind a proxy.

import type { Answer, KeepAliveClient } from "./keep-alive-client.ts";

export class BrowserLike {
  /** `name=value`, by name. */
  readonly cookies = new Map<string, string>();

  headers(): Record<string, string> {
    const all = [...this.cookies.values()];
    return all.length === 0 ? {} : { Cookie: all.join("; ") };
  }

  async get(
    connection: KeepAliveClient,
    target = "/",
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const answer = await connection.request("GET", target, { headers: { ...this.headers(), ...headers } });
    this.take(answer.headers["set-cookie"]);
    return answer;
  }

  take(setCookie: string | undefined): void {
    const [pair] = setCookie?.split(";") ?? [];
    if (pair) this.cookies.set(pair.slice(0, pair.indexOf("=")), pair);
  }
}

/** Lets each of them ask once, over these connections, and gives what each was answered. */
export async function allAsk(
  clients: readonly BrowserLike[],
  over: readonly KeepAliveClient[],
): Promise<string[]> {
  const answers: string[] = [];
  let next = 0;
  const talk = async (connection: KeepAliveClient): Promise<void> => {
    for (let at = next++; at < clients.length; at = next++) {
      answers[at] = (await clients[at]?.get(connection))?.body ?? "";
    }
  };
  await Promise.all(over.map(talk));
  return answers;
}

export function browsers(count: number): BrowserLike[] {
  return Array.from({ length: count }, () => new BrowserLike());
}
