import type { Command } from "commander";
import type { Settings } from "../../config/settings.ts";
import { plural } from "../describe-service.ts";
import { DEFAULT_CONFIG_FILE } from "../../client/find-data-dir.ts";
import { formatAddress } from "../format-address.ts";
import type { Invocation } from "../invocation.ts";
import { examples } from "../verb-options.ts";

export function addCheck(program: Command, invocation: Invocation): void {
  program
    .command("check")
    .summary("check the config without running anything")
    .description("Checks the config and lists all that is wrong with it.")
    .addHelpText("after", examples("holdgate check --config /etc/holdgate.yaml"))
    .action(() => check(invocation));
}

async function check(invocation: Invocation): Promise<void> {
  const file = invocation.options.config ?? DEFAULT_CONFIG_FILE;
  // Loaded here only: the schema library would slow down every other verb.
  const { loadSettings } = await import("../../load-settings.ts");
  const settings = await loadSettings(file, invocation.env);
  const answer = { valid: true, file, services: namesOf(settings), listen: settings.listen };
  invocation.report(answer, describeSettings(file, settings));
}

function describeSettings(file: string, settings: Settings): string {
  const names = namesOf(settings);
  const services = `${plural(names.length, "service")} (${names.join(", ")})`;
  return `${file} is valid: ${services}, listening on ${settings.listen.map(formatAddress).join(", ")}`;
}

function namesOf({ services }: Settings): string[] {
  return services.map(({ name }) => name);
}
