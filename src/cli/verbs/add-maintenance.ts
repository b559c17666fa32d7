import type { Command } from "commander";
import type { MaintenanceAnswer, MaintenanceBody } from "../../admin/api-types.ts";
import { isMaintenanceAnswer } from "../../client/answer-guards.ts";
import { describeMode } from "../describe-service.ts";
import { describeWindow } from "../describe-window.ts";
import type { Invocation } from "../invocation.ts";
import { reportWrite } from "../report-write.ts";
import { parseStart } from "../parse-start.ts";
import { examples, ifMatchOption, serviceOption, type WriteOptions } from "../verb-options.ts";

interface MaintenanceOnOptions extends WriteOptions {
  message?: string;
  expectedEnd?: string;
  retryAfter?: string;
  at?: string;
  for?: string;
}

export function addMaintenance(program: Command, invocation: Invocation): void {
  const maintenance = program
    .command("maintenance")
    .summary("show visitors the maintenance page, or the app again")
    .description(
      "Answers new requests with the maintenance page (503), or lets them through again.\n" +
        "Now, or at a time that is planned ahead; users are told of it before.",
    )
    .helpCommand(false);
  addOn(maintenance, invocation);
  addOff(maintenance, invocation);
  addCancel(maintenance, invocation);
}

function addOn(maintenance: Command, invocation: Invocation): void {
  maintenance
    .command("on")
    .description(
      "Answers new requests with the maintenance page; run again to change what it says.\n" +
        "With --for it ends by itself, with --at it is planned: users are told of it before.",
    )
    .addOption(serviceOption())
    .option("--message <text>", "what visitors read")
    .option("--expected-end <when>", "a duration from now, or an ISO 8601 time with its offset")
    .option("--at <when>", "plan it: 02:00 (the next one here), an ISO 8601 time, or a duration from now")
    .option("--for <duration>", "it ends by itself after that; needed with --at")
    .option("--retry-after <duration>", "when clients should try again")
    .addOption(ifMatchOption())
    .addHelpText(
      "after",
      examples(
        'holdgate maintenance on --message "We are moving to version 2" --expected-end 10m',
        "holdgate maintenance on --expected-end 2026-03-01T22:30:00+01:00",
        'holdgate maintenance on --at 02:00 --for 30m --message "New disks"',
      ),
    )
    .action(async (options: MaintenanceOnOptions) => {
      const { ifMatch, ...given } = options satisfies MaintenanceBody & WriteOptions;
      const at = given.at === undefined ? {} : { at: parseStart(given.at, invocation.clock.wall()) };
      const client = await invocation.connect();
      const body = { ...given, ...at };
      const call = { method: "POST", path: "/admin/maintenance", body, ifMatch } as const;
      report(await client.call(call, isMaintenanceAnswer), invocation);
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
      const client = await invocation.connect();
      const call = { method: "DELETE", path: `/admin/maintenance${query(service)}`, ifMatch } as const;
      report(await client.call(call, isMaintenanceAnswer), invocation);
    });
}

function addCancel(maintenance: Command, invocation: Invocation): void {
  maintenance
    .command("cancel")
    .description("Cancels the maintenance that is planned; when it runs already, it ends.")
    .addOption(serviceOption())
    .addOption(ifMatchOption())
    .addHelpText("after", examples("holdgate maintenance cancel"))
    .action(async ({ service, ifMatch }: WriteOptions) => {
      const client = await invocation.connect();
      const call = { method: "DELETE", path: `/admin/maintenance/window${query(service)}`, ifMatch } as const;
      report(await client.call(call, isMaintenanceAnswer), invocation);
    });
}

function query(service: string | undefined): string {
  return service === undefined ? "" : `?service=${encodeURIComponent(service)}`;
}

function report(answer: MaintenanceAnswer, invocation: Invocation): void {
  const now = invocation.clock.wall();
  const facts = [describeMode(answer.service.mode, now), describeWindow(answer.window, now)];
  reportWrite(answer, facts.filter((fact) => fact !== "").join("; "), invocation);
}
