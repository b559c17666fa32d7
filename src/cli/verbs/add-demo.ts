import { existsSync } from "node:fs";
import type { Command } from "commander";
import { GatewayError } from "../../lib/gateway-error.ts";
import type { Invocation } from "../invocation.ts";
import { examples } from "../verb-options.ts";

export function addDemo(program: Command, _invocation: Invocation): void {
  program
    .command("demo")
    .summary("watch a chat app being upgraded behind the gateway")
    .description("Runs a chat app behind the gateway and upgrades it while people talk.")
    .addHelpText("after", examples("holdgate demo"))
    .action(runDemo);
}

async function runDemo(): Promise<void> {
  const file = new URL("../../../examples/demo/demo.ts", import.meta.url);
  if (!existsSync(file)) {
    throw new GatewayError(
      "not_found",
      "the demo comes with the source code: clone the repository to run it",
    );
  }
  await import(file.href);
}
