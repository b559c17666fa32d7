import type { Command } from "commander";
import type { RollbackBody } from "../../admin/api-types.ts";
import { cutOver, type CutoverOptions } from "../cut-over.ts";
import type { Invocation } from "../invocation.ts";
import { drainTimeoutOption, examples, ifMatchOption, serviceOption } from "../verb-options.ts";

export function addRollback(program: Command, invocation: Invocation): void {
  program
    .command("rollback")
    .summary("go back to the previous upstream")
    .description("Makes the previous upstream active again: a cutover backwards.")
    .addOption(serviceOption())
    .option("--force", "go back although the previous upstream is not healthy")
    .option("--wait", "return only when the upstream that was left is drained")
    .addOption(drainTimeoutOption())
    .addOption(ifMatchOption())
    .addHelpText("after", examples("holdgate rollback"))
    .action(async (options: CutoverOptions & RollbackBody) => cutOver("rollback", options, invocation));
}
