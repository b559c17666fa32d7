import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import type { Contender, ContenderContext } from "../contender.ts";
import { ChildProgram } from "../process/child-program.ts";
import { collectGarbage } from "../process/collect-garbage.ts";
import { freePort } from "../process/free-port.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** The program, as an operator calls it. */
export const HOLDGATE = join(ROOT, "bin/holdgate");

export const holdgate: Contender = {
  name: "holdgate",
  available() {
    const version = /"version": "([^"]+)"/.exec(readFileSync(join(ROOT, "package.json"), "utf8"))?.[1];
    return { version: version ?? "unknown" };
  },
  async start(context) {
    const inspectorPort = await freePort();
    const file = join(context.directory, "holdgate.yaml");
    mkdirSync(dataDirectory(context.directory));
    writeFileSync(file, stringify(configuration(context)));
    const program = new ChildProgram({
      command: HOLDGATE,
      args: ["run", "--config", file],
      env: context.measuresMemory ? { NODE_OPTIONS: `--inspect=127.0.0.1:${inspectorPort}` } : {},
      pinToContenderCore: true,
    });
    await program.listening(context.port);
    return { program, settle: () => collectGarbage(inspectorPort) };
  },
};

/** The admin socket of the Holdgate that runs in `directory`. */
export function adminSocket(directory: string): string {
  return join(dataDirectory(directory), "admin.sock");
}

function dataDirectory(directory: string): string {
  return join(directory, "data");
}

function configuration(context: ContenderContext): unknown {
  const { directory, port, sidePort, upstreamPort, upstreamHost = "127.0.0.1" } = context;
  // All the load comes from one address, which the bound per client would take for one greedy client.
  const hold = { automatic: true, maxRequests: 20_000, maxPerClient: 20_000, maxWait: "120s" };
  return {
    listen: `127.0.0.1:${port}`,
    dataDir: dataDirectory(directory),
    admin: { listen: `127.0.0.1:${sidePort}` },
    services: { chat: { upstreams: { blue: `http://${upstreamHost}:${upstreamPort}` }, hold } },
  };
}
