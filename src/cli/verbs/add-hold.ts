import { type Command, Option } from "commander";
import type { HoldBody } from "../../admin/api-types.ts";
import type { AdminClient } from "../../client/admin-client.ts";
import { isWriteAnswer } from "../../client/answer-guards.ts";
import { describeMode, describeTraffic } from "../describe-service.ts";
import type { Invocation } from "../invocation.ts";
import { reportWaited } from "../report-write.ts";
import { showProgress } from "../show-progress.ts";
import {
  drainTimeoutOption,
  examples,
  ifMatchOption,
  serviceOption,
  type WaitOptions,
  type WriteOptions,
} from "../verb-options.ts";

interface HoldOptions extends WriteOptions, WaitOptions {
  lease?: string;
  maxWait?: string;
  onLeaseEnd?: "maintenance" | "open";
}

export function addHold(program: Command, invocation: Invocation): void {
  program
    .command("hold")
    .summary("keep new requests waiting instead of failing them")
    .description(
      "Keeps new requests waiting, in order and unsent, or renews the lease of a hold.\n" +
        "Ctrl-C during --wait ends the waiting, not the hold.",
    )
    .addOption(serviceOption())
    .option("--lease <duration>", "how long the hold may last as a whole, like 5m")
    .option("--max-wait <duration>", "how long one request may wait, like 30s")
    .addOption(
      new Option("--on-lease-end <mode>", "what comes when the lease runs out").choices([
        "maintenance",
        "open",
      ]),
    )
    .option("--wait", "return only when nothing is in flight on the active upstream")
    .addOption(drainTimeoutOption())
    .addOption(ifMatchOption())
    .addHelpText(
      "after",
      examples("holdgate hold --lease 5m --wait && docker compose up -d && holdgate release"),
    )
    .action(async (options: HoldOptions) => hold(options, await invocation.connect(), invocation));
}

async function hold(options: HoldOptions, client: AdminClient, invocation: Invocation): Promise<void> {
  const { ifMatch, ...body } = options satisfies HoldBody & WriteOptions;
  const call = { method: "POST", path: "/admin/hold", body, ifMatch, waits: options.wait === true } as const;
  const work = client.call(call, isWriteAnswer);
  const watched = { service: options.service, describe: describeTraffic };
  const answer = await (options.wait ? showProgress(work, watched, client, invocation) : work);
  const mode = describeMode(answer.service.mode, invocation.clock.wall());
  reportWaited(answer, `${mode}; ${describeTraffic(answer.service)}`, "the hold stays on", invocation);
}
