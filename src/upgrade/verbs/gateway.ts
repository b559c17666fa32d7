// The verbs that drive the gateway.

import { formatDuration } from "../../lib/duration.ts";
import type { ResolvedAddress } from "../operations/operation.ts";
import { PlanProblem } from "../plan/plan-problem.ts";
import type { Plan, UpstreamAddress } from "../plan/plan.ts";
import { withInner } from "./preflight.ts";
import type { PlanContext, PlanVerb, VerbPlan } from "./verb.ts";

export const planAnnounce: PlanVerb<"announce"> = ({ message, inMs }) => ({
  title: `announce: ${message}`,
  operations: [
    {
      as: "announce",
      kind: "announce",
      cause: "users are told before they are interrupted",
      message,
      inMs,
    },
  ],
});

export const planMaintenance: PlanVerb<"maintenance"> = (step, { plan }) => {
  const { on, message, expectedMs, retryAfterMs } = step;
  if (!on) return letIn(plan, { title: "end the maintenance", wait: false });
  const long = expectedMs === null ? "" : ` for about ${formatDuration(expectedMs)}`;
  return {
    title: `maintenance page${long}`,
    operations: [
      {
        as: "mode",
        kind: "set-mode",
        cause: "users get a page that tells them, while the app cannot answer",
        mode: { name: "maintenance", message, expectedMs, retryAfterMs },
      },
    ],
  };
};

export const planHold: PlanVerb<"hold"> = ({ leaseMs, maxWaitMs, onLeaseEnd, wait }) => ({
  title: `hold requests${leaseMs === null ? "" : ` for at most ${formatDuration(leaseMs)}`}`,
  operations: [
    {
      as: "mode",
      kind: "set-mode",
      cause: "requests wait instead of failing, while the app cannot answer",
      mode: { name: "hold", leaseMs, maxWaitMs, onLeaseEnd, wait },
    },
  ],
});

export const planRelease: PlanVerb<"release"> = ({ wait }, { plan }) =>
  letIn(plan, { title: "let requests through", wait });

function letIn(plan: Plan, { title, wait }: { title: string; wait: boolean }): VerbPlan {
  const operations: VerbPlan["operations"] = [
    { as: "mode", kind: "set-mode", cause: "the app answers again", mode: { name: "open", wait } },
  ];
  if (withInner(plan.steps).some(({ verb }) => verb === "announce")) {
    const cause = "the interruption that was announced is over";
    operations.push({ as: "announced", kind: "withdraw-announcement", cause });
  }
  return { title, operations };
}

export const planCandidate: PlanVerb<"candidate"> = (step, context) => {
  const { upstream, address, waitHealthyMs } = step;
  const operations: VerbPlan["operations"] = [
    {
      as: "candidate",
      kind: "set-candidate",
      cause: "it must be healthy before users are sent to it",
      upstream,
      waitHealthyMs,
    },
  ];
  if (address !== null) {
    operations.unshift({
      as: "upstream",
      kind: "put-upstream",
      cause: "the gateway must know where it listens",
      upstream,
      address: resolve(step.id, address, context),
    });
  }
  return { title: `prepare upstream ${upstream}`, operations };
};

function resolve(step: string, address: UpstreamAddress, context: PlanContext): ResolvedAddress {
  if (address.kind === "url") return address;
  const { target, port, network, by } = address;
  const [container, ...others] = context.containersOf(target);
  if (!container) throw problem(step, `the target ${target} has no container that could listen on ${port}`);
  if (others.length > 0) {
    const count = others.length + 1;
    throw problem(step, `the target ${target} has ${count} containers; a candidate is one address`);
  }
  return { kind: "container", container, port, network, by };
}

export const planCanary: PlanVerb<"canary"> = ({ percent }) => ({
  title: percent === null ? "end the canary" : `send ${percent}% of clients to the candidate`,
  operations: [
    {
      as: "canary",
      kind: "set-canary",
      cause: percent === null ? "the share was meant to be over" : "a few clients meet it before all do",
      percent,
      restores: false,
    },
  ],
});

export const planCutover: PlanVerb<"cutover"> = ({ to, force, drainTimeoutMs, wait, loses }) => ({
  title: `cut over to ${to ?? "the candidate"}`,
  operations: [
    {
      as: "cutover",
      kind: "cutover",
      cause: "new work goes to the new version from here on",
      to,
      force,
      drainTimeoutMs,
      wait,
      loses,
    },
  ],
  ...(loses === null ? {} : { loses }),
});

function problem(step: string, text: string): PlanProblem {
  return new PlanProblem([{ place: null, text: `step ${step}: ${text}` }]);
}
