import type { Command } from "commander";
import type { StatusAnswer } from "../../admin/api-types.ts";
import { GatewayError } from "../../lib/gateway-error.ts";
import { isStatusAnswer } from "../../client/answer-guards.ts";
import type { Invocation } from "../invocation.ts";
import { renderStatus } from "../render-status.ts";
import { examples, type ServiceOption } from "../verb-options.ts";

export function addStatus(program: Command, invocation: Invocation): void {
  program
    .command("status")
    .summary("show services, modes, slots and traffic")
    .description("Shows what each service does at the moment.")
    .option("--service <name>", "only this service")
    .addHelpText("after", examples("holdgate status", "holdgate status --json"))
    .action(async (options: ServiceOption) => {
      const client = await invocation.connect();
      const answer = await client.call({ method: "GET", path: "/admin/status" }, isStatusAnswer);
      const shown = options.service === undefined ? answer : onlyService(answer, options.service);
      const { clock, terminal } = invocation;
      invocation.report(shown, renderStatus(shown, clock.wall(), terminal.style));
    });
}

function onlyService(status: StatusAnswer, name: string): StatusAnswer {
  const services = status.services.filter((service) => service.name === name);
  if (services.length > 0) return { ...status, services };
  const known = status.services.map((service) => service.name).join(", ");
  throw new GatewayError("unknown_service", `there is no service ${name}; configured: ${known || "none"}`);
}
