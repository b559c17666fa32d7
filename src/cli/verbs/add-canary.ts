import { type Command, InvalidArgumentError } from "commander";
import type { CanaryBody } from "../../admin/api-types.ts";
import { isWriteAnswer } from "../../client/answer-guards.ts";
import { describeCanary } from "../describe-service.ts";
import { findService, servicePath } from "../find-service.ts";
import type { Invocation } from "../invocation.ts";
import { reportWrite } from "../report-write.ts";
import { examples, ifMatchOption, serviceOption, type WriteOptions } from "../verb-options.ts";

export function addCanary(program: Command, invocation: Invocation): void {
  program
    .command("canary")
    .summary("send a share of the clients to the candidate")
    .description(
      "Sends a share of the clients to the candidate, each of them with all that it does, and none of them while " +
        "the candidate is not healthy. A cutover, a rollback and another candidate end it.",
    )
    .argument("<percent>", "0 to 100, or off", percentOrOff)
    .addOption(serviceOption())
    .addOption(ifMatchOption())
    .addHelpText("after", examples("holdgate canary 5", "holdgate canary off"))
    .action(async (percent: number | "off", { service: asked, ifMatch }: WriteOptions) => {
      const client = await invocation.connect();
      const path = servicePath(await findService(client, asked), "canary");
      if (percent === "off") {
        const answer = await client.call({ method: "DELETE", path, ifMatch }, isWriteAnswer);
        return reportWrite(answer, "no canary", invocation);
      }
      const body: CanaryBody = { percent };
      const answer = await client.call({ method: "PUT", path, body, ifMatch }, isWriteAnswer);
      reportWrite(answer, describeCanary(answer.service) ?? "no canary", invocation);
    });
}

function percentOrOff(text: string): number | "off" {
  if (text === "off") return text;
  if (!/^\d{1,3}$/.test(text) || Number(text) > 100) {
    throw new InvalidArgumentError("Expected a whole number from 0 to 100, or off.");
  }
  return Number(text);
}
