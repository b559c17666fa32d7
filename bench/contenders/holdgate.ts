import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import { SERVICE } from "../holdgate-admin.ts";
import type { Contender, ContenderContext } from "../contender.ts";
import { ChildProgram } from "../process/child-program.ts";
import { collectGarbage } from "../process/collect-garbage.ts";
import { freePort } from "../process/free-port.ts";
import { Inspector } from "../process/inspector.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** The program, as an operator calls it. */
export const HOLDGATE = join(ROOT, "bin/holdgate");

/** As it comes. */
export const holdgate = holdgateContender({ name: "holdgate" });

const SPLICE = { onCutover: "splice", onUpstreamLoss: "splice", protocol: "plain" };

/** Every tunnel passes message by message, so that it can be moved. */
export const holdgateSplice = holdgateContender({
  name: "holdgate-splice",
  scenarios: ["websocket", "websocket16k", "tunnel-memory", "splice-move"],
  websocket: SPLICE,
});

/** The same with nothing that paces the moves. */
export const holdgateSpliceAtOnce = holdgateContender({
  name: "holdgate-splice-at-once",
  scenarios: ["splice-move"],
  websocket: { ...SPLICE, waves: { perSecond: 1_000_000 } },
});

interface Flavour {
  name: string;
  scenarios?: string[];
  /** As in its configuration. */
  websocket?: object;
}

function holdgateContender({ websocket, ...described }: Flavour): Contender {
  return {
    ...described,
    available() {
      const version = /"version": "([^"]+)"/.exec(readFileSync(join(ROOT, "package.json"), "utf8"))?.[1];
      return { version: version ?? "unknown" };
    },
    async start(context) {
      const inspector = new Inspector(await freePort());
      const file = join(context.directory, "holdgate.yaml");
      mkdirSync(dataDirectory(context.directory));
      writeFileSync(file, stringify(configuration(context, websocket)));
      const program = new ChildProgram({
        command: HOLDGATE,
        args: ["run", "--config", file],
        env: context.isInspected ? { NODE_OPTIONS: `--inspect=127.0.0.1:${inspector.port}` } : {},
        pinToContenderCore: true,
      });
      await program.listening(context.port);
      return { program, inspector, settle: () => collectGarbage(inspector) };
    },
  };
}

/** The admin socket of the Holdgate that runs in `directory`. */
export function adminSocket(directory: string): string {
  return join(dataDirectory(directory), "admin.sock");
}

function dataDirectory(directory: string): string {
  return join(directory, "data");
}

function configuration(context: ContenderContext, websocket: object | undefined): unknown {
  const { directory, port, sidePort, upstreamPort, upstreamHost = "127.0.0.1" } = context;
  // All the load comes from one address, which the bound per client would take for one greedy client.
  const hold = { automatic: true, maxRequests: 20_000, maxPerClient: 20_000, maxWait: "120s" };
  return {
    listen: `127.0.0.1:${port}`,
    dataDir: dataDirectory(directory),
    admin: { listen: `127.0.0.1:${sidePort}` },
    services: {
      [SERVICE]: { upstreams: { blue: `http://${upstreamHost}:${upstreamPort}` }, hold, websocket },
    },
  };
}
