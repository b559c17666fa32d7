import type { Command } from "commander";
import { isWebhookTest } from "../../client/answer-guards.ts";
import type { Invocation } from "../invocation.ts";
import { examples } from "../verb-options.ts";

export function addWebhook(program: Command, invocation: Invocation): void {
  const webhook = program
    .command("webhook")
    .summary("try out a webhook of the config")
    .description("Webhooks are set up in the config; `holdgate status` shows how they do.")
    .helpCommand(false);
  webhook
    .command("test")
    .description("Posts a `test` at once, and says whether it was taken.")
    .argument("<name>", "which webhook of the config")
    .addHelpText("after", examples("holdgate webhook test team"))
    .action(async (name: string) => {
      const client = await invocation.connect();
      const path = `/admin/webhooks/${encodeURIComponent(name)}/test`;
      const answer = await client.call({ method: "POST", path, waits: true }, isWebhookTest);
      if (answer.delivered) return invocation.report(answer, `${name}: delivered`);
      if (invocation.json) invocation.report(answer, "");
      invocation.fail(`${name}: ${answer.reason ?? "not delivered"}`);
    });
}
