import { type Command, Option } from "commander";
import type { AnnouncementAnswer, AnnouncementBody } from "../../admin/api-types.ts";
import type { AdminCall } from "../../client/admin-client.ts";
import { isAnnouncementAnswer } from "../../client/answer-guards.ts";
import { GatewayError } from "../../lib/gateway-error.ts";
import { describeAnnouncement } from "../describe-window.ts";
import { findService, servicePath } from "../find-service.ts";
import type { Invocation } from "../invocation.ts";
import { parseStart } from "../parse-start.ts";
import { examples, ifMatchOption, serviceOption, type WriteOptions } from "../verb-options.ts";

interface AnnounceOptions extends WriteOptions {
  in?: string;
  at?: string;
  off?: true;
}

export function addAnnounce(program: Command, invocation: Invocation): void {
  program
    .command("announce")
    .summary("tell users of an interruption to come")
    .description(
      "Tells users of an interruption to come, by a header of each answer, by /.holdgate/status, and by the banner\n" +
        "of /.holdgate/notice.js where the app's page includes it. Until --off, or an hour after its time.",
    )
    .argument("[text]", "what users read")
    .addOption(serviceOption())
    .addOption(new Option("--in <duration>", "when it comes, from now").conflicts("at"))
    .option("--at <when>", "when it comes: 02:00 (the next one here), or an ISO 8601 time")
    .addOption(new Option("--off", "tell them no longer").conflicts(["in", "at"]))
    .addOption(ifMatchOption())
    .addHelpText(
      "after",
      examples('holdgate announce "We are moving to version 2" --in 30m', "holdgate announce --off"),
    )
    .action((text: string | undefined, options: AnnounceOptions) => announce(text, options, invocation));
}

async function announce(
  text: string | undefined,
  options: AnnounceOptions,
  invocation: Invocation,
): Promise<void> {
  const body = bodyOf(text, options, invocation.clock.wall());
  const client = await invocation.connect();
  const path = servicePath(await findService(client, options.service), "announcement");
  const { ifMatch } = options;
  const call: AdminCall = body ? { method: "PUT", path, body, ifMatch } : { method: "DELETE", path, ifMatch };
  report(await client.call(call, isAnnouncementAnswer), invocation);
}

/** Null: withdraw it. */
function bodyOf(
  text: string | undefined,
  { in: ahead, at, off }: AnnounceOptions,
  wallMs: number,
): AnnouncementBody | null {
  if (off && text === undefined) return null;
  if (off || text === undefined) {
    throw new GatewayError("bad_request", 'say what to announce, as in announce "Update at six", or --off');
  }
  const when = at === undefined ? ahead : parseStart(at, wallMs);
  return when === undefined ? { message: text } : { message: text, at: when };
}

function report(answer: AnnouncementAnswer, invocation: Invocation): void {
  const { service, changed, announcement } = answer;
  const now = invocation.clock.wall();
  const facts = announcement ? describeAnnouncement(announcement, now) : "nothing is announced";
  invocation.report(answer, `${service}: ${facts}${changed ? "" : " (as before)"}`);
}
