import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Contender, ContenderContext } from "../contender.ts";
import { ChildProgram } from "../process/child-program.ts";
import { nginxConfig } from "../process/nginx-config.ts";
import { installedVersion } from "./installed-version.ts";

export const nginx = nginxContender({ name: "nginx" });

/** Large answers pass two to three times as fast when nginx is given more than its 8 buffers of a page each. */
export const nginxLargeBuffers = nginxContender({
  name: "nginx-large-buffers",
  scenarios: ["body64k", "body10m"],
  directives: "proxy_buffer_size 16k; proxy_buffers 16 64k; proxy_busy_buffers_size 256k;",
});

function nginxContender(flavour: { name: string; scenarios?: string[]; directives?: string }): Contender {
  const { directives = "", ...described } = flavour;
  return {
    ...described,
    available: () => installedVersion("nginx", ["-v"]),
    async start(context) {
      const file = join(context.directory, "nginx.conf");
      writeFileSync(file, nginxConfig(context.directory, reverseProxy(context, directives)));
      const args = ["-p", context.directory, "-c", file];
      const program = new ChildProgram({ command: "nginx", args, pinToContenderCore: true });
      return { program: await program.listening(context.port) };
    },
  };
}

/** As nginx is usually set up for a chat app, with connections kept and nothing written to disk. */
function reverseProxy({ port, upstreamPort }: ContenderContext, directives: string): string {
  return `
map $http_upgrade $proxy_connection { default upgrade; '' ''; }
upstream app {
  server 127.0.0.1:${upstreamPort};
  keepalive 256;
  keepalive_requests 100000000;
}
server {
  listen 127.0.0.1:${port} backlog=4096;
  client_max_body_size 0;
  proxy_max_temp_file_size 0;
  ${directives}
  proxy_http_version 1.1;
  proxy_read_timeout 3600s;
  proxy_set_header Upgrade $http_upgrade;
  proxy_set_header Connection $proxy_connection;
  proxy_set_header Host $http_host;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  proxy_set_header X-Forwarded-Host $http_host;
  proxy_set_header X-Forwarded-Proto $scheme;
  location / { proxy_pass http://app; }
}`;
}
