import { parseArgs } from "node:util";

export interface DemoOptions {
  host: string;
  /** Where the chat is to be found; 0: any free port. */
  port: number;
  adminPort: number;
  /** Plays both upgrades and ends, with an exit code that says whether anything was lost. */
  once: boolean;
}

export function readDemoOptions(args: string[], env: NodeJS.ProcessEnv): DemoOptions {
  const { values } = parseArgs({
    args,
    options: {
      host: { type: "string", default: "127.0.0.1" },
      port: { type: "string", default: env["PORT"] ?? "8080" },
      "admin-port": { type: "string", default: env["ADMIN_PORT"] ?? "9180" },
      once: { type: "boolean", default: false },
    },
  });
  return {
    host: values.host,
    port: portOf("--port", values.port),
    adminPort: portOf("--admin-port", values["admin-port"]),
    once: values.once,
  };
}

function portOf(flag: string, text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new Error(`${flag} is "${text}": it must be a port, 0 to 65535`);
}
