import { get } from "node:http";

export interface TakenAnswer {
  status: number;
  data: string;
}

/** What node:http's strict parser takes from the upstream at `port` for an answer; null when it refuses it. */
export function nodeHttpGet(port: number): Promise<TakenAnswer | null> {
  const { promise, resolve } = Promise.withResolvers<TakenAnswer | null>();
  let taken: TakenAnswer | null = null;
  const request = get({ port, host: "127.0.0.1", agent: false }, (response) => {
    let data = "";
    response.on("data", (chunk: Buffer) => {
      data += chunk.toString("latin1");
    });
    response.on("end", () => {
      if (response.complete) taken = { status: response.statusCode ?? 0, data };
    });
    response.on("error", () => {});
  });
  request.on("upgrade", (_, socket) => socket.destroy());
  request.on("error", () => {});
  request.on("close", () => resolve(taken));
  return promise;
}
