// Watches what is running with its users, for a while: how many answers fail, whether anything restarts, whether the
// checks stay good. Everything is counted from the beginning of the step, also by a runner that has come back.

import { z } from "zod";
import type { CheckContext } from "../checks/check-context.ts";
import { metricsJson, metricsSchema } from "../checks/look-context.ts";
import { errorRate, formatRate } from "../checks/metrics.ts";
import { MetricsSince } from "../checks/metrics-since.ts";
import { findRestarts, markRestarts, restartMarksSchema, restartMarksJson } from "../checks/restarts.ts";
import { findBad } from "../checks/run-check.ts";
import { formatDuration } from "../../lib/duration.ts";
import type { JsonObject } from "../../lib/json.ts";
import { sleep } from "../../lib/sleep.ts";
import type { ServiceMetrics } from "../gateway/gateway-driver.ts";
import type { Observe } from "../plan/plan.ts";
import type { Handler, PerformContext } from "./handler.ts";
import { noteOnce } from "./note-once.ts";
import type { OperationOf } from "./operation.ts";
import { StepFailure } from "./step-failure.ts";

type ObserveOperation = OperationOf<"observe">;

const notedSchema = z.object({
  began: z.number(),
  until: z.number(),
  metrics: metricsSchema,
  restarts: restartMarksSchema,
});
type Noted = z.infer<typeof notedSchema>;

/** One bad look among hundreds is no verdict; two in a row are. */
const BAD_LOOKS = 2;

export const observe: Handler<"observe"> = { perform: performObserve, inverse: () => [] };

async function performObserve(operation: ObserveOperation, context: PerformContext): Promise<JsonObject> {
  const noted = await noteOnce(context, notedSchema, () => noteBeginning(operation, context));
  const watch = new Watch(operation, noted, context);
  const { clock, signal } = context;
  const { intervalMs } = operation.observe;
  for (;;) {
    await watch.look();
    const leftMs = noted.until - clock.wall();
    if (leftMs <= 0 && !watch.isInDoubt) return watch.outcome;
    context.progress({ percent: watch.percent, text: watch.text });
    await sleep(clock, leftMs > 0 ? Math.min(intervalMs, leftMs) : intervalMs, signal);
  }
}

async function noteBeginning(
  { observe, watched, targets }: ObserveOperation,
  context: PerformContext,
): Promise<JsonObject> {
  const began = context.clock.wall();
  const metrics = await context.gateway.metrics(context.signal);
  const marks = await markRestarts(watched, { targets, world: context });
  return {
    began,
    until: began + observe.forMs,
    metrics: metricsJson(metrics),
    restarts: restartMarksJson(marks),
  };
}

class Watch {
  readonly #operation: ObserveOperation;
  readonly #noted: Noted;
  readonly #context: PerformContext;
  readonly #metrics: MetricsSince;
  readonly #look: CheckContext;
  #restarts = 0;
  #badLooks = 0;

  constructor(operation: ObserveOperation, noted: Noted, context: PerformContext) {
    this.#operation = operation;
    this.#noted = noted;
    this.#context = context;
    this.#metrics = new MetricsSince(noted.metrics);
    const { targets } = operation;
    this.#look = {
      world: context,
      targets,
      target: null,
      since: noted.began,
      metricsThen: noted.metrics,
    };
  }

  /** The last look was bad, and it takes another to tell. */
  get isInDoubt(): boolean {
    return this.#badLooks > 0;
  }

  get percent(): number {
    const { forMs } = this.#operation.observe;
    return forMs === 0
      ? 100
      : Math.min(100, ((this.#context.clock.wall() - this.#noted.began) / forMs) * 100);
  }

  get text(): string {
    const { answers } = this.#metrics.total;
    const rate = errorRate(this.#metrics.total);
    const failed = rate === null ? "no answers yet" : `${formatRate(rate)} of ${answers} answers failed`;
    const leftMs = Math.max(0, this.#noted.until - this.#context.clock.wall());
    const left = formatDuration(Math.ceil(leftMs / 1000) * 1000);
    return `${failed}, ${this.#restarts} restarts; ${left} to go`;
  }

  get outcome(): JsonObject {
    const { answers, errors } = this.#metrics.total;
    return { answers, errors, restarts: this.#restarts };
  }

  /** Throws when something is wrong. */
  async look(): Promise<void> {
    const { observe, watched, targets } = this.#operation;
    const { gateway, signal } = this.#context;
    this.#metrics.add(await gateway.metrics(signal));
    judgeRate(observe, this.#metrics.total);
    const restarts = await findRestarts(watched, this.#noted.restarts, { targets, world: this.#context });
    if (restarts.ended !== null) throw new StepFailure(restarts.ended);
    this.#restarts = restarts.count;
    judgeRestarts(observe, restarts);
    await this.#lookAtChecks();
  }

  async #lookAtChecks(): Promise<void> {
    const bad = await findBad(this.#operation.observe.checks, this.#look);
    this.#badLooks = bad.length === 0 ? 0 : this.#badLooks + 1;
    const reasons = bad.map(({ reason }) => reason).join("\n");
    if (this.#badLooks >= BAD_LOOKS) throw new StepFailure(reasons);
    if (this.#badLooks > 0) this.#context.log(`looking again: ${reasons}`);
  }
}

function judgeRate({ maxErrorRate, minRequests }: Observe, total: ServiceMetrics): void {
  const rate = errorRate(total);
  if (maxErrorRate === null || rate === null || total.answers < minRequests) return;
  if (rate <= maxErrorRate) return;
  const share = `${total.errors} of ${total.answers} answers failed`;
  throw new StepFailure(`${share} (${formatRate(rate)}); at most ${formatRate(maxErrorRate)} may`);
}

function judgeRestarts({ maxRestarts }: Observe, { count, names }: { count: number; names: string[] }): void {
  if (maxRestarts === null || count <= maxRestarts) return;
  throw new StepFailure(`${names.join(", ")} restarted ${count} times; at most ${maxRestarts} are allowed`);
}
