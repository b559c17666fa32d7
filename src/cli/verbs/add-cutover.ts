import type { Command } from "commander";
import type { CutoverBody } from "../../admin/api-types.ts";
import { cutOver, type CutoverOptions } from "../cut-over.ts";
import type { Invocation } from "../invocation.ts";
import { drainTimeoutOption, examples, ifMatchOption, serviceOption } from "../verb-options.ts";

export function addCutover(program: Command, invocation: Invocation): void {
  program
    .command("cutover")
    .summary("make the candidate the active upstream")
    .description("Makes the candidate active in one step; the old upstream is drained and kept as previous.")
    .addOption(serviceOption())
    .option("--to <upstream>", "cut over to this upstream instead of the candidate")
    .option("--force", "cut over although the upstream is not healthy")
    .option("--wait", "return only when the old upstream is drained")
    .addOption(drainTimeoutOption())
    .addOption(ifMatchOption())
    .addHelpText("after", examples("holdgate cutover --wait"))
    .action(async (options: CutoverOptions & CutoverBody) => cutOver("cutover", options, invocation));
}
