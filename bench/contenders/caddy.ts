import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Contender, ContenderContext } from "../contender.ts";
import { ChildProgram } from "../process/child-program.ts";
import { installedVersion } from "./installed-version.ts";

export const caddy: Contender = {
  name: "caddy",
  available: () => installedVersion("caddy", ["version"]),
  async start(context) {
    const { directory, sidePort } = context;
    const file = join(directory, "Caddyfile");
    writeFileSync(file, caddyfile(context));
    const program = new ChildProgram({
      command: "caddy",
      args: ["run", "--adapter", "caddyfile", "--config", file],
      env: { GOMAXPROCS: "1", HOME: directory, XDG_DATA_HOME: directory, XDG_CONFIG_HOME: directory },
      pinToContenderCore: true,
    });
    await program.listening(context.port);
    return { program, settle: () => collectGarbage(sidePort) };
  },
};

function caddyfile({ port, sidePort, upstreamPort }: ContenderContext): string {
  return `
{
  admin 127.0.0.1:${sidePort}
  auto_https off
}
http://:${port} {
  bind 127.0.0.1
  reverse_proxy 127.0.0.1:${upstreamPort} {
    transport http {
      keepalive_idle_conns_per_host 256
    }
  }
}
`;
}

/** The heap profile is taken after a collection when it is asked for this way. */
async function collectGarbage(adminPort: number): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${adminPort}/debug/pprof/heap?gc=1`);
  await answer.arrayBuffer();
}
