// The head of a request that node:http has read, as it stood on the wire: our own parser judges it once more, because
// it refuses what is ambiguous, and because routes and bounds ask for what it finds.

import type { IncomingMessage } from "node:http";

export function headText(req: IncomingMessage): string {
  const { method = "GET", httpVersion, rawHeaders } = req;
  let text = `${method} ${originalUrl(req)} HTTP/${httpVersion}\r\n`;
  for (let at = 0; at < rawHeaders.length; at += 2) text += `${rawHeaders[at]}: ${rawHeaders[at + 1]}\r\n`;
  return `${text}\r\n`;
}

/** Connect and Express cut the path where they mount something; services are found by the whole. */
function originalUrl(req: IncomingMessage): string {
  return "originalUrl" in req && typeof req.originalUrl === "string" ? req.originalUrl : (req.url ?? "/");
}
