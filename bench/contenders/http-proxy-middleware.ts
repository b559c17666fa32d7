import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Contender } from "../contender.ts";
import { ChildProgram } from "../process/child-program.ts";
import { collectGarbage } from "../process/collect-garbage.ts";
import { Inspector } from "../process/inspector.ts";

const SERVER = fileURLToPath(new URL("http-proxy-middleware-server.ts", import.meta.url));
const PACKAGE = new URL("../../node_modules/http-proxy-middleware/package.json", import.meta.url);

export const httpProxyMiddleware: Contender = {
  name: "http-proxy-middleware",
  available() {
    const version = /"version": "([^"]+)"/.exec(readFileSync(PACKAGE, "utf8"))?.[1];
    return version === undefined ? { missing: "http-proxy-middleware is not installed" } : { version };
  },
  async start({ port, sidePort, upstreamPort, isInspected }) {
    const inspector = isInspected ? [`--inspect=127.0.0.1:${sidePort}`] : [];
    const program = new ChildProgram({
      command: process.execPath,
      args: [...inspector, SERVER, String(port), String(upstreamPort)],
      pinToContenderCore: true,
    });
    await program.listening(port);
    return { program, settle: () => collectGarbage(new Inspector(sidePort)) };
  },
};
