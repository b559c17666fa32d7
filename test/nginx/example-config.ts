// Makes nginx.example.conf runnable on this machine: ports and certificate paths are exchanged, nothing else.

import { readFileSync } from "node:fs";

export interface ExamplePlaces {
  httpPort: number;
  httpsPort: number;
  upstreamPort: number;
  certificate: string;
  certificateKey: string;
}

const EXAMPLE = new URL("../../nginx.example.conf", import.meta.url);

/** A whole nginx.conf that includes the example, writing only below `directory`. */
export function exampleConfig(directory: string, places: ExamplePlaces): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${directory}/${name};`,
  );
  return `daemon off;
master_process off;
pid ${directory}/nginx.pid;
error_log stderr notice;
events { worker_connections 256; }
http {
access_log off;
${temporary.join("\n")}
${withPlaces(readFileSync(EXAMPLE, "utf8"), places)}
}
`;
}

function withPlaces(example: string, places: ExamplePlaces): string {
  const live = "/etc/letsencrypt/live/chat.example.com";
  const exchanges: [from: string, to: string][] = [
    ["listen 80;", `listen 127.0.0.1:${places.httpPort};`],
    ["listen 443 ssl http2;", `listen 127.0.0.1:${places.httpsPort} ssl http2;`],
    ["server 127.0.0.1:8080;", `server 127.0.0.1:${places.upstreamPort};`],
    [`${live}/fullchain.pem`, places.certificate],
    [`${live}/privkey.pem`, places.certificateKey],
  ];
  return exchanges.reduce((text, [from, to]) => replaceOnce(text, from, to), example);
}

/** Throws when the example no longer says what is to be exchanged, so that the test cannot pass by missing it. */
function replaceOnce(text: string, from: string, to: string): string {
  const parts = text.split(from);
  if (parts.length !== 2)
    throw new Error(`nginx.example.conf has "${from}" ${parts.length - 1} times, not once`);
  return parts.join(to);
}
