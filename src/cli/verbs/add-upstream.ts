import { type Command, InvalidArgumentError } from "commander";
import type { HealthBody, UpstreamBody } from "../../admin/api-types.ts";
import { isWriteAnswer } from "../../client/answer-guards.ts";
import { upstreamOf } from "../describe-service.ts";
import { findService, servicePath } from "../find-service.ts";
import type { Invocation } from "../invocation.ts";
import { reportWrite } from "../report-write.ts";
import { examples, ifMatchOption, serviceOption, type WriteOptions } from "../verb-options.ts";

interface UpstreamPutOptions extends WriteOptions {
  url: string[];
  healthPath?: string;
  healthInterval?: string;
  healthTimeout?: string;
  healthGood?: number;
  healthBad?: number;
  healthStatus?: string;
  healthHost?: string;
  healthVersion?: string;
}

export function addUpstream(program: Command, invocation: Invocation): void {
  const upstream = program
    .command("upstream")
    .summary("add, change or remove an upstream")
    .description("Adds, changes or removes an upstream while the gateway runs.")
    .helpCommand(false);
  addPut(upstream, invocation);
  addRemove(upstream, invocation);
}

function addPut(upstream: Command, invocation: Invocation): void {
  upstream
    .command("put")
    .description("Adds an upstream, or changes it. What of its health check is left out stays as it is.")
    .argument("<name>", "its name, like green")
    .requiredOption(
      "--url <url>",
      "where it is: http://host:port or unix:/path; again for more addresses",
      append,
    )
    .option("--health-path <path>", "what the health check asks for")
    .option("--health-interval <duration>", "how often it asks")
    .option("--health-timeout <duration>", "how long it waits for the answer")
    .option("--health-good <count>", "good answers in a row that make the upstream healthy", count)
    .option("--health-bad <count>", "bad answers in a row that make it unhealthy", count)
    .option("--health-status <status>", "which status is good, like 200 or 200-399")
    .option("--health-host <host>", "the Host header it sends")
    .option("--health-version <field>", "where in a JSON answer the version stands, like .version")
    .addOption(serviceOption())
    .addOption(ifMatchOption())
    .addHelpText("after", examples("holdgate upstream put green --url http://172.30.1.3:8080"))
    .action(async (name: string, options: UpstreamPutOptions) => {
      const client = await invocation.connect();
      const path = servicePath(await findService(client, options.service), "upstreams", name);
      const call = { method: "PUT", path, body: upstreamBody(options), ifMatch: options.ifMatch } as const;
      const answer = await client.call(call, isWriteAnswer);
      const urls = upstreamOf(answer.service, name)?.urls ?? options.url;
      reportWrite(answer, `upstream ${name} is ${urls.join(", ")}`, invocation);
    });
}

function addRemove(upstream: Command, invocation: Invocation): void {
  upstream
    .command("remove")
    .description("Removes an upstream that is neither active nor candidate.")
    .argument("<name>", "its name")
    .addOption(serviceOption())
    .addOption(ifMatchOption())
    .addHelpText("after", examples("holdgate upstream remove blue"))
    .action(async (name: string, { service, ifMatch }: WriteOptions) => {
      const client = await invocation.connect();
      const path = servicePath(await findService(client, service), "upstreams", name);
      const answer = await client.call({ method: "DELETE", path, ifMatch }, isWriteAnswer);
      reportWrite(answer, `upstream ${name} is removed`, invocation);
    });
}

function upstreamBody(options: UpstreamPutOptions): UpstreamBody {
  const [url, ...more] = options.url;
  const where = url !== undefined && more.length === 0 ? { url } : { urls: options.url };
  const health = healthBody(options);
  return Object.keys(health).length === 0 ? where : { ...where, health };
}

function healthBody(options: UpstreamPutOptions): HealthBody {
  const given = {
    path: options.healthPath,
    interval: options.healthInterval,
    timeout: options.healthTimeout,
    good: options.healthGood,
    bad: options.healthBad,
    status: options.healthStatus,
    host: options.healthHost,
    version: options.healthVersion,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function append(url: string, urls: string[] = []): string[] {
  return [...urls, url];
}

function count(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError("It is a whole number from 1.");
  return Number(text);
}
