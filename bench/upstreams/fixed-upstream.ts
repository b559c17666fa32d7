// The upstream of the HTTP scenarios: an nginx that answers the same bodies again and again, so fast that the
// contender is what is measured.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ChildProgram } from "../process/child-program.ts";
import { freePort } from "../process/free-port.ts";
import { nginxConfig } from "../process/nginx-config.ts";
import { startNodeUpstream } from "./start-node-upstream.ts";

/** What a GET of each path answers. */
export const FIXED_BODIES = {
  "/small": Buffer.from('{"ok":true}\n'),
  "/64k": patterned(64 * 1024),
  "/10m": patterned(10 * 1024 * 1024),
} as const;

export type FixedPath = keyof typeof FIXED_BODIES;

/** Where a POST is swallowed and answered at once: the path that is measured. */
export const POST_PATH = "/post";
/** Where a POST is answered with its own body: the path that is checked. */
export const ECHO_PATH = "/echo";

/** Starts it in `directory`, which should be in memory; returns its port. */
export async function startFixedUpstream(
  directory: string,
  resources: AsyncDisposableStack,
): Promise<number> {
  const echoPort = await startNodeUpstream("echo-server.ts", resources);
  const port = await freePort();
  const bodies = join(directory, "bodies");
  mkdirSync(bodies, { recursive: true });
  for (const [path, body] of Object.entries(FIXED_BODIES)) writeFileSync(join(bodies, path), body);
  const file = join(directory, "nginx.conf");
  writeFileSync(file, nginxConfig(directory, server(port, echoPort, bodies)));
  const nginx = new ChildProgram({ command: "nginx", args: ["-p", directory, "-c", file] });
  resources.defer(() => nginx.stop());
  await nginx.listening(port);
  return port;
}

function server(port: number, echoPort: number, bodies: string): string {
  return `
default_type application/octet-stream;
sendfile on;
tcp_nopush on;
open_file_cache max=16;
server {
  listen 127.0.0.1:${port} backlog=4096;
  root ${bodies};
  client_max_body_size 0;
  location = / { return 200 "up\\n"; }
  location = /small { default_type application/json; return 200 '{"ok":true}\\n'; }
  location = ${POST_PATH} { default_type application/json; return 200 '{"ok":true}\\n'; }
  location = ${ECHO_PATH} { proxy_pass http://127.0.0.1:${echoPort}; }
}`;
}

/** Bytes that differ from place to place, so that a piece lost, doubled or moved is seen. */
function patterned(length: number): Buffer {
  const body = Buffer.alloc(length);
  for (let at = 0; at + 4 <= length; at += 4) body.writeUInt32BE(Math.imul(at, 2_654_435_761) >>> 0, at);
  return body;
}
