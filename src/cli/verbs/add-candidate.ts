import type { Command } from "commander";
import type { CandidateBody, ServiceStatus, UpstreamBody } from "../../admin/api-types.ts";
import type { AdminClient } from "../../client/admin-client.ts";
import { isCandidateAnswer, isWriteAnswer } from "../../client/answer-guards.ts";
import { describeHealth, upstreamOf } from "../describe-service.ts";
import { findService, servicePath } from "../find-service.ts";
import type { Invocation } from "../invocation.ts";
import { reportWrite } from "../report-write.ts";
import { showProgress } from "../show-progress.ts";
import { examples, ifMatchOption, serviceOption, type WriteOptions } from "../verb-options.ts";

interface CandidateOptions extends WriteOptions {
  url?: string;
  waitHealthy?: string;
  expectVersion?: string;
  clear?: true;
}

export function addCandidate(program: Command, invocation: Invocation): void {
  const command = program.command("candidate");
  command
    .summary("prepare the upstream that the next cutover goes to")
    .description(
      "Sets the candidate, the upstream that is being prepared for the next cutover, or clears it.",
    )
    .argument("[upstream]", "its name, like green")
    .addOption(serviceOption())
    .option("--url <url>", "add or change the upstream first: http://host:port or unix:/path")
    .option("--wait-healthy <duration>", "return only when it is healthy, and fail when it takes longer")
    .option("--expect-version <version>", "the same until its health answer says this version")
    .option("--clear", "have no candidate any more")
    .addOption(ifMatchOption())
    .addHelpText(
      "after",
      examples(
        "holdgate candidate green --url http://172.30.1.3:8080 --wait-healthy 60s",
        "holdgate candidate --clear",
      ),
    )
    .action(async (upstream: string | undefined, options: CandidateOptions) => {
      refuseContradiction(command, upstream, options);
      const client = await invocation.connect();
      const service = await findService(client, options.service);
      const step = { client, service, options, invocation };
      await (upstream === undefined ? clearCandidate(step) : setCandidate(upstream, step));
    });
}

function refuseContradiction(
  command: Command,
  upstream: string | undefined,
  options: CandidateOptions,
): void {
  if (upstream === undefined && !options.clear) command.error("error: name an upstream, or give --clear");
  if (!options.clear) return;
  if (upstream ?? options.url ?? options.waitHealthy ?? options.expectVersion)
    command.error("error: --clear stands alone");
}

interface Step {
  client: AdminClient;
  service: string;
  options: CandidateOptions;
  invocation: Invocation;
}

async function clearCandidate({ client, service, options, invocation }: Step): Promise<void> {
  const path = servicePath(service, "candidate");
  const answer = await client.call({ method: "DELETE", path, ifMatch: options.ifMatch }, isWriteAnswer);
  reportWrite(answer, "no candidate", invocation);
}

async function setCandidate(upstream: string, step: Step): Promise<void> {
  const { client, service, options, invocation } = step;
  const ifMatch = await putUpstream(upstream, step);
  const { waitHealthy, expectVersion: version } = options;
  const waits = waitHealthy !== undefined || version !== undefined;
  const body: CandidateBody = {
    upstream,
    ...(waitHealthy !== undefined && { waitHealthy }),
    ...(version !== undefined && { version }),
  };
  const path = servicePath(service, "candidate");
  const work = client.call({ method: "PUT", path, body, ifMatch, waits }, isCandidateAnswer);
  const watched = { service, describe: healthOf(upstream) };
  const answer = await (waits ? showProgress(work, watched, client, invocation) : work);
  reportWrite(answer, `candidate is ${upstream}, ${describeHealth(answer.health)}`, invocation);
}

// Gives the version that the next write has to find: this one moves the state itself.
async function putUpstream(upstream: string, step: Step): Promise<string | undefined> {
  const { url, ifMatch } = step.options;
  if (url === undefined) return ifMatch;
  const path = servicePath(step.service, "upstreams", upstream);
  const body: UpstreamBody = { url };
  const answer = await step.client.call({ method: "PUT", path, body, ifMatch }, isWriteAnswer);
  return ifMatch === undefined ? undefined : String(answer.version);
}

function healthOf(name: string): (service: ServiceStatus) => string {
  return (service) => {
    const upstream = upstreamOf(service, name);
    return upstream ? `${name} is ${describeHealth(upstream.health)}` : `${name} is gone`;
  };
}
