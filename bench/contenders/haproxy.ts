import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Contender, ContenderContext } from "../contender.ts";
import { ChildProgram } from "../process/child-program.ts";
import { installedVersion } from "./installed-version.ts";

export const haproxy: Contender = {
  name: "haproxy",
  available: () => installedVersion("haproxy", ["-v"]),
  async start(context) {
    const file = join(context.directory, "haproxy.cfg");
    writeFileSync(file, configuration(context));
    const program = new ChildProgram({
      command: "haproxy",
      args: ["-db", "-f", file],
      pinToContenderCore: true,
    });
    return { program: await program.listening(context.port) };
  },
};

function configuration({ port, upstreamPort }: ContenderContext): string {
  return `
global
  nbthread 1
  maxconn 8000

defaults
  mode http
  option http-keep-alive
  option forwardfor
  http-reuse always
  timeout connect 2s
  timeout client 75s
  timeout server 75s
  timeout tunnel 1h

frontend public
  bind 127.0.0.1:${port} backlog 4096
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.hdr(Host)]
  default_backend app

backend app
  server blue 127.0.0.1:${upstreamPort}
`;
}
