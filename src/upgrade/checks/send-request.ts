// One HTTP request on a connection of its own: what a check sends, and as much of the answer as it may look at.

import {
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type RequestOptions,
} from "node:http";
import { request as requestTls } from "node:https";

export interface CheckRequest {
  /** `https://host:port/path`, or `unix:/run/app.sock` with the path beside it. */
  url: string;
  /** Null: that of the URL. */
  path: string | null;
  method: string;
  headers: Record<string, string>;
}

export interface CheckAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
  /** The body went on beyond what is looked at. */
  cut: boolean;
}

export const MAX_ANSWER_BYTES = 1024 * 1024;
const UNIX_PREFIX = "unix:";

/** Redirects are not followed: where an app sends its users is part of its answer. */
export async function sendRequest(asked: CheckRequest, signal: AbortSignal): Promise<CheckAnswer> {
  const outgoing = beginRequest(asked, signal);
  try {
    const answer = new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.once("response", resolve);
      // Stays for what the socket may say after the answer: an error that nobody hears ends the process.
      outgoing.on("error", reject);
    });
    outgoing.end();
    return await readAnswer(await answer);
  } finally {
    outgoing.destroy();
  }
}

/** Made, and not sent yet. Nothing is reused: a check must tell how a new connection fares. */
export function beginRequest(
  { url, path, method, headers }: CheckRequest,
  signal: AbortSignal,
): ClientRequest {
  const options: RequestOptions = { method, headers: { ...OWN_HEADERS, ...headers }, agent: false, signal };
  if (url.startsWith(UNIX_PREFIX)) {
    return request({ ...options, socketPath: url.slice(UNIX_PREFIX.length), path: path ?? "/" });
  }
  const { protocol, hostname, port, pathname, search } = new URL(url);
  const send = protocol === "https:" || protocol === "wss:" ? requestTls : request;
  // URL keeps the brackets of an IPv6 address, sockets want it without.
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  return send({ ...options, host, ...(port === "" ? {} : { port }), path: path ?? `${pathname}${search}` });
}

const OWN_HEADERS = { "user-agent": "holdgate-check", accept: "*/*", connection: "close" };

async function readAnswer(response: IncomingMessage): Promise<CheckAnswer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk.subarray(0, MAX_ANSWER_BYTES - bytes));
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) break;
  }
  const body = Buffer.concat(chunks).toString("utf8");
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body,
    cut: bytes > MAX_ANSWER_BYTES,
  };
}
