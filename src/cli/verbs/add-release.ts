import type { Command } from "commander";
import type { ReleaseBody } from "../../admin/api-types.ts";
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

type ReleaseOptions = WriteOptions & WaitOptions;

export function addRelease(program: Command, invocation: Invocation): void {
  program
    .command("release")
    .summary("end a hold and let the held requests go")
    .description(
      "Ends a hold: the held requests go to the active upstream, in order and at a pace it can take.",
    )
    .addOption(serviceOption())
    .option("--wait", "return only when no request is held any more")
    .addOption(drainTimeoutOption())
    .addOption(ifMatchOption())
    .addHelpText("after", examples("holdgate release --wait"))
    .action(async (options: ReleaseOptions) => release(options, await invocation.connect(), invocation));
}

async function release(options: ReleaseOptions, client: AdminClient, invocation: Invocation): Promise<void> {
  const { ifMatch, ...body } = options satisfies ReleaseBody & WriteOptions;
  const call = {
    method: "POST",
    path: "/admin/release",
    body,
    ifMatch,
    waits: options.wait === true,
  } as const;
  const work = client.call(call, isWriteAnswer);
  const watched = { service: options.service, describe: describeTraffic };
  const answer = await (options.wait ? showProgress(work, watched, client, invocation) : work);
  const mode = describeMode(answer.service.mode, invocation.clock.wall());
  reportWaited(
    answer,
    `${mode}; ${describeTraffic(answer.service)}`,
    "they are still being let go",
    invocation,
  );
}
