// How the verbs that drive the gateway are written.

import { z } from "zod";
import { section } from "../../config/section.ts";
import type { Parsed } from "../../config/parsed.ts";
import { choice, duration, parsedBy, text, upstreamName, upstreamUrl } from "../../config/values.ts";
import { flag, name, wholeNumber, words } from "./plan-values.ts";
import type { UpstreamAddress } from "./plan.ts";
import type { VerbForms } from "./verb-forms.ts";

const CANARY_EXPECTED = "expected a percentage from 0 to 100 such as 20, or off";

const announce = z.union(
  [
    words("expected a message").transform((message) => ({ message, inMs: null })),
    section({
      message: words("expected a message").describe("The message."),
      in: duration().nullable().prefault(null).describe("When the interruption comes, from now."),
    }).transform((written) => ({ message: written.message, inMs: written.in })),
  ],
  { error: "expected a message, or { message, in }" },
);

const maintenanceMapping = section({
  on: flag().prefault(true).describe("Or `false`, for the end of it."),
  message: words("expected a message")
    .nullable()
    .prefault(null)
    .describe("For the page; null: the configured one."),
  expected: duration().nullable().prefault(null).describe("How long it will take."),
  retryAfter: duration({ zero: true }).nullable().prefault(null).describe("The Retry-After of the 503."),
}).transform(({ on, message, expected, retryAfter }) => {
  return { on, message, expectedMs: expected, retryAfterMs: retryAfter };
});

// YAML 1.2 reads `on` as a text; `true` means the same.
const maintenance = z.union([switched(), maintenanceMapping], {
  error: "expected on, off, or { message, expected, retryAfter }",
});

function switched() {
  const error = "expected on or off";
  const written = z.union([z.boolean({ error }), z.enum(["on", "off", "true", "false"], { error })], {
    error,
  });
  return written.transform((input) => ({
    on: input === true || input === "on" || input === "true",
    message: null,
    expectedMs: null,
    retryAfterMs: null,
  }));
}

const hold = section({
  lease: duration().nullable().prefault(null).describe("When it ends by itself; null: as configured."),
  maxWait: duration({ zero: true })
    .nullable()
    .prefault(null)
    .describe("How long one request may wait; null: as configured."),
  onLeaseEnd: choice(["maintenance", "open"])
    .nullable()
    .prefault(null)
    .describe("What follows the lease; null: as configured."),
  wait: flag().prefault(true).describe("Go on when nothing is in flight any more."),
}).transform(({ lease, maxWait, ...rest }) => ({ ...rest, leaseMs: lease, maxWaitMs: maxWait }));

const release = section({
  wait: flag().prefault(true).describe("Go on when nothing is held any more."),
});

const candidateMapping = section({
  upstream: upstreamName().describe("The upstream; added or changed where an address is given."),
  url: z.exactOptional(upstreamUrl()).describe("Its address."),
  target: name("the name of a target").exactOptional().describe("Or the container that listens there."),
  port: z.exactOptional(wholeNumber(1)).describe("On which port."),
  network: name("the name of a network")
    .nullable()
    .prefault(null)
    .describe("In which network; null: its only one."),
  by: choice(["address", "name"])
    .prefault("address")
    .describe("How the gateway is to reach it; by name only where it is in that network too."),
  waitHealthy: duration()
    .nullable()
    .prefault("60s")
    .describe("How long it may take to be healthy; null: not waited for."),
}).transform(({ upstream, waitHealthy, ...written }, context) => {
  const address = addressOf(written);
  if (address === undefined) {
    const message = "found an address that is not whole, expected url, or target and port, or none of them";
    context.issues.push({ code: "custom", message, input: written, params: { complete: true } });
  }
  return { upstream, address: address ?? null, waitHealthyMs: waitHealthy };
});

interface WrittenAddress {
  url?: string;
  target?: string;
  port?: number;
  network: string | null;
  by: "address" | "name";
}

/** Null: an upstream that is there; undefined: not one form or the other. */
function addressOf({ url, target, port, network, by }: WrittenAddress): UpstreamAddress | null | undefined {
  if (url !== undefined) return target === undefined && port === undefined ? { kind: "url", url } : undefined;
  if (target !== undefined && port !== undefined) return { kind: "container", target, port, network, by };
  return target === undefined && port === undefined ? null : undefined;
}

const candidate = z.union(
  [
    upstreamName().transform((upstream) => ({ upstream, address: null, waitHealthyMs: 60_000 })),
    candidateMapping,
  ],
  { error: "expected the name of an upstream, or { upstream, url }, or { upstream, target, port }" },
);

const canaryMapping = section({
  percent: percentage().describe("How many of a hundred clients go there; `off`: no canary any more."),
}).transform(({ percent }) => ({ percent }));

const canary = z.union([percentage().transform((percent) => ({ percent })), canaryMapping], {
  error: CANARY_EXPECTED,
});

/** Null: off. */
function percentage() {
  const error = CANARY_EXPECTED;
  const whole = z.int({ error }).min(0, { error }).max(100, { error });
  const written = z.union([whole, text(error, /^(?:off|\d{1,3}%?)$/)], { error });
  return parsedBy(written, (input): Parsed<number | null> => {
    if (input === "off") return { meaning: null };
    const percent = Number.parseInt(String(input), 10);
    return percent <= 100 ? { meaning: percent } : { refusal: CANARY_EXPECTED };
  });
}

const cutoverMapping = section({
  to: upstreamName().nullable().prefault(null).describe("The upstream; null: the candidate."),
  force: flag().prefault(false).describe("Also to one that is not healthy."),
  drainTimeout: duration({ zero: true })
    .nullable()
    .prefault(null)
    .describe("How long the old one may finish its work; null: as configured."),
  wait: flag().prefault(true).describe("Go on when the old one has no work any more."),
  loses: text("expected what is lost")
    .nullable()
    .prefault(null)
    .describe("What a rollback loses once users could write."),
}).transform(({ drainTimeout, ...rest }) => ({ ...rest, drainTimeoutMs: drainTimeout }));

const cutover = z.union(
  [
    upstreamName().transform((to) => ({
      to,
      force: false,
      drainTimeoutMs: null,
      wait: true,
      loses: null,
    })),
    cutoverMapping,
  ],
  { error: "expected the name of an upstream, or { to, force, drainTimeout, wait, loses }" },
);

export const gatewayForms = {
  announce: announce.describe("Tells users of an interruption: a message, or a mapping."),
  maintenance: maintenance.describe("Maintenance: `on`, `off`, or a mapping that also says on."),
  hold: hold.describe("Keeps requests waiting."),
  release: release.describe("Lets them go."),
  candidate: candidate.describe("Prepares an upstream: its name, or a mapping."),
  canary: canary.describe(
    "Sends a share of the clients to the candidate: a percentage, `off`, or a mapping. The cutover ends it.",
  ),
  cutover: cutover.describe(
    "Makes an upstream the active one: nothing (the candidate), a name, or a mapping.",
  ),
} satisfies Partial<VerbForms>;
