import { access, mkdir, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { DEFAULT_CONFIG_FILE } from "../../client/find-data-dir.ts";
import type { SetUp } from "../../init/set-up.ts";
import { GatewayError } from "../../lib/gateway-error.ts";
import { describeApps, kindOf } from "../describe-apps.ts";
import type { Invocation } from "../invocation.ts";
import { examples } from "../verb-options.ts";

interface InitOptions {
  docker?: string;
  port?: number;
  force?: true;
}

export function addInit(program: Command, invocation: Invocation): void {
  program
    .command("init")
    .argument("[name]", "the container, the Compose service or the Swarm service that is your app")
    .summary("write a config and an upgrade plan for an app that runs here")
    .description(
      "Finds your app on the Docker engine and writes config/holdgate.yaml and upgrade.yaml for it.",
    )
    .option("--docker <socket>", "the engine's socket (DOCKER_HOST, /var/run/docker.sock)")
    .option("--port <port>", "where the app listens inside its container", parsePort)
    .option("--force", "write over files that are there")
    .addHelpText("after", examples("holdgate init", "holdgate init chat", "holdgate init chat --port 8080"))
    .action((name: string | undefined, options: InitOptions) => init(invocation, name, options));
}

async function init(invocation: Invocation, name: string | undefined, options: InitOptions): Promise<void> {
  const setUp = await lookAround(name, options);
  switch (setUp.kind) {
    case "candidates":
      return listCandidates(invocation, setUp);
    case "not-found":
      return refuse(invocation, `no running container or service is called ${setUp.name}`, setUp.apps);
    case "ambiguous":
      return refuse(invocation, `${setUp.name} stands for several; name the container`, setUp.apps);
    case "no-port": {
      const message = `${setUp.app.name} does not say on which port it listens; add --port`;
      return refuse(invocation, message, [setUp.app]);
    }
    case "ready":
      return write(invocation, setUp, options);
  }
}

async function lookAround(name: string | undefined, { docker, port }: InitOptions): Promise<SetUp> {
  // Loaded here only: the Docker client would slow down every other verb.
  const { connectEngine } = await import("../../docker/connect-engine.ts");
  const { setUp } = await import("../../init/set-up.ts");
  const engine = connectEngine(docker === undefined ? {} : { socketPath: docker });
  try {
    return await setUp(engine, { name, port });
  } finally {
    engine.close();
  }
}

function listCandidates(invocation: Invocation, { apps }: Extract<SetUp, { kind: "candidates" }>): void {
  if (invocation.json) return invocation.terminal.printJson({ apps });
  if (apps.length === 0) {
    return invocation.fail("nothing that could be your app runs on this engine; start it first");
  }
  for (const line of describeApps(apps)) invocation.terminal.print(line);
  invocation.terminal.print(`\nWhich of them is your app? holdgate init ${apps[0]?.name ?? "NAME"}`);
}

function refuse(invocation: Invocation, message: string, apps: Parameters<typeof describeApps>[0]): void {
  invocation.fail(message);
  if (invocation.json || apps.length === 0) return;
  for (const line of describeApps(apps)) invocation.terminal.complain(line);
}

async function write(
  invocation: Invocation,
  ready: Extract<SetUp, { kind: "ready" }>,
  { force }: InitOptions,
): Promise<void> {
  const configFile = resolve(invocation.options.config ?? DEFAULT_CONFIG_FILE);
  const planFile = join(process.cwd(), "upgrade.yaml");
  if (!force) await refuseToOverwrite(configFile, planFile);
  await mkdir(dirname(configFile), { recursive: true });
  await writeFile(configFile, ready.config);
  await writeFile(planFile, ready.plan);
  const files = { config: shown(configFile), plan: shown(planFile) };
  const { app, service, front } = ready;
  const answer = {
    app: app.name,
    service,
    ...files,
    listen: front.listen,
    upstream: front.url,
    steps: front.steps,
  };
  invocation.report(answer, describeResult(ready, files));
}

/** Both or none: half of a set-up would only confuse. */
async function refuseToOverwrite(...files: string[]): Promise<void> {
  for (const file of files) {
    const exists = await access(file).then(
      () => true,
      () => false,
    );
    if (!exists) continue;
    throw new GatewayError(
      "bad_request",
      `${shown(file)} is there already and stays as it is; --force writes over it`,
    );
  }
}

function describeResult(
  { app, front, service }: Extract<SetUp, { kind: "ready" }>,
  { config, plan }: { config: string; plan: string },
): string {
  const image = `${app.image.repository}:${app.image.tag}`;
  return [
    `${app.name} is ${kindOf(app)}, running ${image}.`,
    `Written: ${config} (service ${service}, upstream ${front.url}) and ${plan}.`,
    "",
    "To put the gateway in front:",
    ...front.steps.map((step) => `  ${step}`),
    "",
    "To upgrade, first without doing anything:",
    `  holdgate upgrade ${plan} --var version=NEW --dry-run`,
    `  holdgate upgrade ${plan} --var version=NEW`,
  ].join("\n");
}

function shown(file: string): string {
  return relative(process.cwd(), file) || file;
}

function parsePort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new InvalidArgumentError("expected a port, such as 8080");
}
