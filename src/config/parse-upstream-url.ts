// An upstream's address, normalised to `http://host:port` or `unix:/path`. Each thing that people write
// instead gets its own remedy.

import { parseUnixAddress } from "./parse-unix-address.ts";
import type { Parsed } from "./parsed.ts";

const EXPECTED = "expected a URL such as http://127.0.0.1:3000 or unix:/run/app.sock";

export function parseUpstreamUrl(text: string): Parsed<string> {
  if (text.startsWith("unix:")) {
    const unix = parseUnixAddress(text);
    return "meaning" in unix ? { meaning: `unix:${unix.meaning}` } : unix;
  }
  if (!text.includes("://")) return { refusal: withScheme(text) };
  const url = URL.parse(text);
  if (!url || url.hostname === "" || /\s/.test(text)) return { refusal: EXPECTED };
  const problem = unsupportedPart(url, `http://${url.host}`);
  return problem === undefined
    ? { meaning: `http://${url.hostname}:${url.port || "80"}` }
    : { refusal: problem };
}

function unsupportedPart(url: URL, plain: string): string | undefined {
  if (url.protocol === "ws:" || url.protocol === "wss:") {
    return `expected ${plain}: WebSockets need no address of their own`;
  }
  if (url.protocol === "https:") {
    return `expected an http:// address: upstreams are reached without TLS, so name the app's plain HTTP port`;
  }
  if (url.protocol !== "http:") return EXPECTED;
  if (url.username !== "" || url.password !== "") return `expected ${plain}, without a user or password`;
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "") {
    return `expected ${plain}, without a path: requests keep the path they came with`;
  }
  return undefined;
}

function withScheme(text: string): string {
  return /^[\w.-]+:\d+$/.test(text) ? `expected http://${text}` : EXPECTED;
}
