import { type Command, InvalidArgumentError, Option } from "commander";
import type { BypassAnswer } from "../../admin/api-types.ts";
import { isBypassAnswer, isBypassRevoked, isStatusAnswer } from "../../client/answer-guards.ts";
import type { AdminClient } from "../../client/admin-client.ts";
import { describeDuration } from "../describe-duration.ts";
import { findService, servicePath } from "../find-service.ts";
import type { Invocation } from "../invocation.ts";
import { examples, type ServiceOption, serviceOption } from "../verb-options.ts";

interface BypassOptions extends ServiceOption {
  for?: string;
  origin?: string;
  revoke?: true;
}

export function addBypass(program: Command, invocation: Invocation): void {
  program
    .command("bypass")
    .summary("make a link that leads past maintenance")
    .description(
      "Makes a link by which you, and whoever you give it to, get past maintenance and holds. It is a secret.",
    )
    .addOption(serviceOption())
    .option("--for <duration>", "how long it is good for, at most 7d (1h)")
    .option("--origin <url>", "where users reach the service, like https://chat.example.com", origin)
    .addOption(
      new Option("--revoke", "instead: end all links and cookies of the service").conflicts([
        "for",
        "origin",
      ]),
    )
    .addHelpText(
      "after",
      examples(
        "holdgate bypass",
        "holdgate bypass --for 8h --origin https://chat.example.com",
        "holdgate bypass --revoke",
      ),
    )
    .action(async ({ service, revoke, ...options }: BypassOptions) => {
      const client = await invocation.connect();
      const path = servicePath(await findService(client, service), "bypass");
      await (revoke ? endAll(client, path, invocation) : makeLink(client, path, options, invocation));
    });
}

async function makeLink(
  client: AdminClient,
  path: string,
  options: BypassOptions,
  invocation: Invocation,
): Promise<void> {
  const body = options.for === undefined ? {} : { for: options.for };
  const answer = await client.call({ method: "POST", path, body }, isBypassAnswer);
  const base = options.origin ?? (await likelyOrigin(client, answer.service));
  const left = describeDuration(answer.expiresAt - invocation.clock.wall());
  invocation.report(
    base === undefined ? answer : { ...answer, url: base + answer.path },
    sentence(answer, base, left),
  );
}

function sentence({ service, path }: BypassAnswer, base: string | undefined, left: string): string {
  const where = base === undefined ? ", on the address at which users reach it" : "";
  return `opens ${service} to whoever has it, for ${left}${where}:\n${base ?? ""}${path}`;
}

/** The service's own host, if it has just one; the scheme is that of nearly all of them. */
async function likelyOrigin(client: AdminClient, name: string): Promise<string | undefined> {
  const { services } = await client.call({ method: "GET", path: "/admin/status" }, isStatusAnswer);
  const [host, ...others] = services.find((service) => service.name === name)?.hosts ?? [];
  return host === undefined || others.length > 0 || host.startsWith("*") ? undefined : `https://${host}`;
}

async function endAll(client: AdminClient, path: string, invocation: Invocation): Promise<void> {
  const answer = await client.call({ method: "DELETE", path }, isBypassRevoked);
  const said = answer.changed ? "are void from now on" : "did not exist";
  invocation.report(answer, `links and cookies that lead past maintenance of ${answer.service} ${said}`);
}

function origin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url && /^https?:$/.test(url.protocol) && url.pathname === "/" && url.search === "") return url.origin;
  throw new InvalidArgumentError("It is a scheme and a host, like https://chat.example.com.");
}
