import { type Command, Option } from "commander";
import type { TokenBody } from "../../admin/api-types.ts";
import { isNewTokenAnswer, isTokenAnswer, isTokensAnswer } from "../../client/answer-guards.ts";
import type { Invocation } from "../invocation.ts";
import { renderTokens } from "../render-tokens.ts";
import { examples } from "../verb-options.ts";

interface CreateOptions {
  scope: TokenBody["scope"];
  expires?: string;
}

export function addToken(program: Command, invocation: Invocation): void {
  const token = program
    .command("token")
    .summary("make, list and revoke tokens of the admin API")
    .description("Makes, lists and revokes the tokens that the admin API takes over TCP.")
    .helpCommand(false);
  addCreate(token, invocation);
  addList(token, invocation);
  addRevoke(token, invocation);
}

function addCreate(token: Command, invocation: Invocation): void {
  token
    .command("create")
    .description("Makes a token and prints it. It is shown this once: nobody can look it up later.")
    .argument("<name>", "what the audit log shows")
    .addOption(
      new Option("--scope <scope>", "read: may look; operate: may change things")
        .choices(["read", "operate"])
        .makeOptionMandatory(),
    )
    .option("--expires <duration>", "for how long it is good, like 90d (until it is revoked)")
    .addHelpText(
      "after",
      examples(
        "holdgate token create prometheus --scope read > prometheus.token",
        "holdgate token create alice --scope operate --expires 90d",
      ),
    )
    .action(async (name: string, { scope, expires }: CreateOptions) => {
      const client = await invocation.connect();
      const body: TokenBody = { name, scope, ...(expires === undefined ? {} : { expires }) };
      const answer = await client.call({ method: "POST", path: "/admin/tokens", body }, isNewTokenAnswer);
      // Alone on standard output, so that it can be sent into a file.
      invocation.report(answer, answer.token);
      const until = answer.expiresAt === null ? "until it is revoked" : `until ${answer.expiresAt}`;
      if (!invocation.json) invocation.terminal.complain(`${name} may ${scope} ${until}; keep it now`);
    });
}

function addList(token: Command, invocation: Invocation): void {
  token
    .command("list")
    .description("Shows the tokens by name, without their text.")
    .addHelpText("after", examples("holdgate token list"))
    .action(async () => {
      const client = await invocation.connect();
      const answer = await client.call({ method: "GET", path: "/admin/tokens" }, isTokensAnswer);
      invocation.report(answer, renderTokens(answer, invocation.clock.wall()));
    });
}

function addRevoke(token: Command, invocation: Invocation): void {
  token
    .command("revoke")
    .description("Revokes a token at once; event streams that are open with it end.")
    .argument("<name>", "its name")
    .addHelpText("after", examples("holdgate token revoke alice"))
    .action(async (name: string) => {
      const client = await invocation.connect();
      const path = `/admin/tokens/${encodeURIComponent(name)}`;
      const answer = await client.call({ method: "DELETE", path }, isTokenAnswer);
      invocation.report(answer, `token ${name} is revoked`);
    });
}
