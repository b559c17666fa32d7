// A target as the plan writes it: what it selects, and where that answers.

import type { z } from "zod";
import { section } from "../../config/section.ts";
import { duration, text } from "../../config/values.ts";
import { optionalKeys } from "./optional-keys.ts";
import { exactlyOne } from "./exactly-one.ts";
import { anyText, command, name, pairs, path, wholeNumber, words } from "./plan-values.ts";
import type { ContainerTarget, ProcessTarget, Target } from "./target.ts";

const processSchema = section({
  command: command().describe("The program and its arguments."),
  cwd: path("a directory").nullable().prefault(null).describe("Relative to the plan's file."),
  env: pairs("environment variables").prefault({}).describe("Added to the runner's own environment."),
  url: text("expected a URL such as http://127.0.0.1:3000", /^https?:\/\/\S+$/)
    .nullable()
    .prefault(null)
    .describe("Where it answers HTTP."),
  grace: duration({ zero: true }).prefault("10s").describe("From SIGTERM to SIGKILL."),
});

const targetKinds = {
  container: words("expected the name of a container").describe("The name of a container."),
  compose: section({
    project: words("expected the name of a Compose project").describe("Its project."),
    service: words("expected the name of a Compose service").describe("Its service."),
  }).describe("All containers of a Compose service."),
  label: text("expected a label such as app=chat", /^[^\s=]+(?:=.*)?$/).describe(
    "All containers with a label: `key=value`, or the key alone.",
  ),
  swarm: name("the name of a Swarm service").describe("A Swarm service."),
  process: processSchema.describe("A command that the runner starts and stops itself."),
};

const beside = {
  port: wholeNumber(1)
    .nullable()
    .prefault(null)
    .describe("Where a container answers HTTP; null: the only port that it exposes."),
  network: words("expected the name of a network")
    .nullable()
    .prefault(null)
    .describe("In which network a container's address is meant; null: its only one."),
  host: anyText("expected a host")
    .nullable()
    .prefault(null)
    .describe("The Host header of checks; null: the address."),
};

const written = section({ ...optionalKeys(targetKinds), ...beside });

export const targetSchema: z.ZodType<Target> = exactlyOne(written, {
  noun: "kind of target",
  keys: Object.keys(targetKinds),
  beside: Object.keys(beside),
}).transform((input): Target => {
  if (input.swarm !== undefined) return { kind: "swarm", service: input.swarm, host: input.host };
  return input.process === undefined ? containers(input) : process(input.process, input.host);
});

type Written = z.output<typeof written>;

function containers({ container, compose, label, port, network, host }: Written): ContainerTarget {
  return { kind: "containers", select: selection({ container, compose, label }), port, network, host };
}

function selection({
  container,
  compose,
  label,
}: {
  [Key in "container" | "compose" | "label"]: Written[Key] | undefined;
}): ContainerTarget["select"] {
  if (container !== undefined) return { by: "name", name: container };
  if (compose !== undefined) return { by: "compose", ...compose };
  return { by: "label", label: label ?? "" };
}

function process({ grace, ...rest }: z.output<typeof processSchema>, host: string | null): ProcessTarget {
  return { kind: "process", ...rest, graceMs: grace, host };
}
