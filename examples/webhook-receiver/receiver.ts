// A receiver of Holdgate's webhooks: it believes what is signed, answers at once, and prints a sentence for each event.
//
//   WEBHOOK_SECRET=whsec_… node receiver.ts 8099

import { createServer, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { Webhook } from "standardwebhooks";

const webhook = new Webhook(process.env["WEBHOOK_SECRET"] ?? "");
/** A post that was answered too late comes again, with the same id. */
const seen = new Set<string>();

const server = createServer((request, response) => {
  receive(request).then(
    () => response.writeHead(204).end(),
    (error: unknown) => response.writeHead(401).end(`${String(error)}\n`),
  );
});

server.listen(Number(process.argv[2] ?? 8099), "127.0.0.1", () => {
  const address = server.address();
  if (address !== null && typeof address === "object") console.log(`listening on ${address.port}`);
});

async function receive(request: IncomingMessage): Promise<void> {
  const id = header(request, "webhook-id");
  const verified: unknown = webhook.verify(await text(request), {
    "webhook-id": id,
    "webhook-timestamp": header(request, "webhook-timestamp"),
    "webhook-signature": header(request, "webhook-signature"),
  });
  if (seen.has(id)) return;
  seen.add(id);
  if (typeof verified === "object" && verified !== null && "text" in verified) console.log(verified.text);
}

function header({ headers }: IncomingMessage, name: string): string {
  return headers[name]?.toString() ?? "";
}
