import type { Command } from "commander";
import type { MaintenanceBody, WriteAnswer } from "../../admin/api-types.ts";
import { isWriteAnswer } from "../../client/answer-guards.ts";
import { describeMode } from "../describe-service.ts";
import type { Invocation } from "../invocation.ts";
import { reportWrite } from "../report-write.ts";
import { examples, ifMatchOption, serviceOption, type WriteOptions } from "../verb-options.ts";

interface MaintenanceOnOptions extends WriteOptions {
  message?: string;
  expectedEnd?: string;
  retryAfter?: string;
}

export function addMaintenance(program: Command, invocation: Invocation): void {
  const maintenance = program
    .command("maintenance")
    .summary("show visitors the maintenance page, or the app again")
    .description("Answers new requests with the maintenance page (503), or lets them through again.")
    .helpCommand(false);
  addOn(maintenance, invocation);
  addOff(maintenance, invocation);
}

function addOn(maintenance: Command, invocation: Invocation): void {
  maintenance
    .command("on")
    .description("Answers new requests with the maintenance page; run again to change what it says.")
    .addOption(serviceOption())
    .option("--message <text>", "what visitors read")
    .option("--expected-end <when>", "a duration from now, or an ISO 8601 time with its offset")
    .option("--retry-after <duration>", "when clients should try again")
    .addOption(ifMatchOption())
    .addHelpText(
      "after",
      examples(
        'holdgate maintenance on --message "We are moving to version 2" --expected-end 10m',
        "holdgate maintenance on --expected-end 2026-03-01T22:30:00+01:00",
      ),
    )
    .action(async (options: MaintenanceOnOptions) => {
      const { ifMatch, ...body } = options satisfies MaintenanceBody & WriteOptions;
      const client = await invocation.connect();
      const call = { method: "POST", path: "/admin/maintenance", body, ifMatch } as const;
      reportMode(await client.call(call, isWriteAnswer), invocation);
    });
}

function addOff(maintenance: Command, invocation: Invocation): void {
  maintenance
    .command("off")
    .description("Lets requests through again.")
    .addOption(serviceOption())
    .addOption(ifMatchOption())
    .addHelpText("after", examples("holdgate maintenance off"))
    .action(async ({ service, ifMatch }: WriteOptions) => {
      const query = service === undefined ? "" : `?service=${encodeURIComponent(service)}`;
      const client = await invocation.connect();
      const call = { method: "DELETE", path: `/admin/maintenance${query}`, ifMatch } as const;
      reportMode(await client.call(call, isWriteAnswer), invocation);
    });
}

function reportMode(answer: WriteAnswer, invocation: Invocation): void {
  reportWrite(answer, describeMode(answer.service.mode, invocation.clock.wall()), invocation);
}
