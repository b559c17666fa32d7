import { createServer } from "node:http";
import { onTestFinished } from "vitest";
import { listen } from "./listen.ts";

/** The smallest app there is, until the end of the test: it answers everything with this text. Gives its URL. */
export async function startApp(answer: string): Promise<string> {
  const server = createServer((_request, response) => response.end(answer));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${await listen(server)}`;
}
