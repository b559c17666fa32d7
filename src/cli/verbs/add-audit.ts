import { type Command, InvalidArgumentError } from "commander";
import { isAuditAnswer } from "../../client/answer-guards.ts";
import type { Invocation } from "../invocation.ts";
import { renderAudit } from "../render-audit.ts";
import { examples } from "../verb-options.ts";

interface AuditOptions {
  limit?: string;
  actor?: string;
  action?: string;
}

export function addAudit(program: Command, invocation: Invocation): void {
  program
    .command("audit")
    .summary("show who did what, when and from where")
    .description("Shows who did what, when and from where, the newest last.")
    .option("--limit <count>", "at most so many entries (100)", wholeNumber)
    .option("--actor <name>", "only what this token did")
    .option("--action <name>", "only this, like cutover")
    .addHelpText("after", examples("holdgate audit --limit 20", "holdgate audit --actor alice"))
    .action(async (options: AuditOptions) => {
      const query = new URLSearchParams({ ...options }).toString();
      const path = query === "" ? "/admin/audit" : `/admin/audit?${query}`;
      const client = await invocation.connect();
      const answer = await client.call({ method: "GET", path }, isAuditAnswer);
      invocation.report(answer, renderAudit(answer));
    });
}

function wholeNumber(text: string): string {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError("It is a whole number from 1.");
  return text;
}
