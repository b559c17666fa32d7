// Looks for a line in the log of a target: one that must be there, or one that must not.
//
// What must appear may have appeared before the step began, when an earlier step has started the container: so it is
// looked for since that start, if it was within this run.

import type { LogLine } from "../../docker/engine.ts";
import type { Check } from "../plan/check.ts";
import type { ContainerRef, TargetRef } from "../operations/operation.ts";
import { type CheckContext, targetRef } from "./check-context.ts";
import { allGood, bad, type CheckResult, GOOD } from "./check-result.ts";
import { excerpt, type Redact } from "./excerpt.ts";
import { gone } from "./find-origins.ts";
import { tailOf } from "./tail-of.ts";

type LogCheck = Extract<Check, { kind: "log" }>;

/** An engine notes the start a moment after it: the first lines are older. */
const START_MARGIN_MS = 1000;

/** Of what a process has written. */
const SEARCHED_BYTES = 1024 * 1024;

export async function checkLog(check: LogCheck, context: CheckContext): Promise<CheckResult> {
  const ref = targetRef(check.target, context.targets);
  const search = new Search(check, redactOf(context));
  switch (ref.kind) {
    case "containers":
      if (ref.containers.length === 0) return bad(`the target ${check.target} has no container`);
      return allGood(ref.containers, (container) => searchContainer(container, check, context));
    case "swarm":
      await searchService(ref.service, search, context);
      return search.verdict(check.target);
    case "process":
      await searchProcess(ref, search, context);
      return search.verdict(check.target);
  }
}

class Search {
  readonly #pattern: RegExp;
  readonly #must: LogCheck["must"];
  readonly #source: string;
  readonly #redact: Redact;
  #hit: string | null = null;

  constructor({ pattern, must }: LogCheck, redact: Redact) {
    this.#redact = redact;
    this.#pattern = new RegExp(pattern);
    this.#must = must;
    this.#source = pattern;
  }

  readonly onLine = ({ text }: Pick<LogLine, "text">): void => {
    if (this.#pattern.test(text)) this.#hit = text;
  };

  verdict(name: string): CheckResult {
    if (this.#must === "appear") {
      return this.#hit === null ? bad(`no line of the log of ${name} matches /${this.#source}/`) : GOOD;
    }
    if (this.#hit === null) return GOOD;
    return bad(
      `the log of ${name} has ${excerpt(this.#hit, this.#redact)}, and no line may match /${this.#source}/`,
    );
  }
}

function redactOf({ world }: Pick<CheckContext, "world">): Redact {
  return (text) => world.redact(text);
}

async function searchContainer(
  ref: ContainerRef,
  check: LogCheck,
  { world, since }: CheckContext,
): Promise<CheckResult> {
  const { engine, signal, run } = world;
  const container = await engine.containers.inspect(world.containerId(ref), signal);
  if (!container) return gone(ref);
  const startedAt = Date.parse(container.State.StartedAt);
  const isOfThisRun = check.must === "appear" && startedAt >= run.startedAtMs;
  const from = isOfThisRun ? Math.min(startedAt - START_MARGIN_MS, since) : since;
  const search = new Search(check, redactOf({ world }));
  const options = { follow: false, tail: null, since: from / 1000 };
  await engine.containers.logs(container.Id, options, search.onLine, signal);
  return search.verdict(ref.name);
}

async function searchService(service: string, search: Search, { world, since }: CheckContext): Promise<void> {
  const options = { follow: false, tail: null, since: since / 1000 };
  await world.engine.services.logs(service, options, search.onLine, world.signal);
}

/** Its lines have no times: the last that it has written since it was started are read. */
async function searchProcess(
  { name }: Extract<TargetRef, { kind: "process" }>,
  search: Search,
  { world }: CheckContext,
): Promise<void> {
  const hosted = await world.processes.find(name);
  if (!hosted) return;
  for (const file of [hosted.stdout, hosted.stderr]) {
    for (const text of (await tailOf(file, SEARCHED_BYTES)).split("\n")) search.onLine({ text });
  }
}
