// A check as the plan writes it: one of the kinds, with what belongs to it beside.

import { z } from "zod";
import type { Parsed } from "../../config/parsed.ts";
import { section } from "../../config/section.ts";
import { choice, duration, parsedBy, text } from "../../config/values.ts";
import type { Check, JsonScalar } from "./check.ts";
import { exactlyOne } from "./exactly-one.ts";
import { optionalKeys } from "./optional-keys.ts";
import { command, name, number, oneOrMore, pairs, statuses, wholeNumber, words } from "./plan-values.ts";

const TARGET = "the name of a target";
const TEXTS = "expected a text, or a list of texts";
const CHECK_TIMEOUT_MS = 5000;

const jsonScalar: z.ZodType<JsonScalar> = z.union([z.string(), z.number(), z.boolean(), z.null()], {
  error: "expected a text, a number, true, false or null",
});

const httpExpectation = section({
  status: statuses().prefault("200-299").describe("Status of the answer."),
  headers: pairs("headers, such as { content-type: text/html }")
    .prefault({})
    .describe("Headers that the answer must have."),
  json: z
    .record(z.string(), jsonScalar, { error: "expected a mapping such as { status: ok }" })
    .prefault({})
    .describe("Fields of the JSON answer by path (`data.version`), and what must be there."),
  body: words("expected a text").nullable().prefault(null).describe("A text that the body must have."),
});

const tcpAddress = z.union(
  [
    text("expected an address such as db:5432", /^[^\s:]+:\d{1,5}$/).transform(hostAndPort),
    section({
      target: name(TARGET).describe("Whose address."),
      port: wholeNumber(1).describe("Its port."),
    }),
  ],
  { error: "expected an address such as db:5432, or { target, port }" },
);

const execCheck = section({
  target: name(TARGET).describe("The container in which it runs."),
  command: command().describe("The program and its arguments."),
  exitCode: wholeNumber(0).prefault(0).describe("The exit code that is good."),
  stdout: words("expected a text").nullable().prefault(null).describe("A text that the output must have."),
});

const logCheck = section({
  target: name(TARGET).describe("Whose log is read."),
  pattern: pattern().describe("A regular expression over the lines since the step began."),
  must: choice(["appear", "not-appear"])
    .prefault("appear")
    .describe("Whether a line must match, or none may."),
});

const versionCheck = z.union(
  [
    words("expected a version").transform((version) => ({ upstream: null, version })),
    section({
      upstream: name("the name of an upstream").nullable().prefault(null).describe("Null: the active one."),
      version: words("expected a version").describe("What it must be."),
    }),
  ],
  { error: "expected a version, or { upstream, version }" },
);

const metricCheck = section({
  metric: choice(["errorRate", "latency"]).describe("Which figure of the gateway."),
  max: number("expected a number").describe("The most it may be: a share from 0 to 1, or milliseconds."),
  relative: z
    .boolean({ error: "expected true or false" })
    .prefault(false)
    .describe("`max` times what it was before the run, instead of as it is."),
});

export const checkKinds = {
  http: words("expected a URL or a path such as /api/health").describe(
    "A URL, or a path that is asked of `target`, else of the service's active upstream.",
  ),
  tcp: tcpAddress.describe("A port that must accept a connection: `host:port` or `{ target, port }`."),
  ws: words("expected a URL or a path such as /ws").describe("A WebSocket that must open."),
  docker: name(TARGET).describe("A target whose containers must be `healthy`."),
  exec: execCheck.describe("A command in a container."),
  log: logCheck.describe("A line of a log."),
  version: versionCheck.describe("The version that the gateway reads from the upstream's health path."),
  metric: metricCheck.describe("A figure of the gateway."),
};

export type CheckKind = keyof typeof checkKinds;
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Object.keys gives strings; these are the table's own
export const CHECK_KINDS = Object.keys(checkKinds) as CheckKind[];

/** What goes with `http` and `ws`; `timeout` is the check's own, where no step has one beside it. */
export const checkFields = {
  target: name(TARGET).nullable().prefault(null).describe("Whom a path is asked of."),
  method: text("expected a method such as GET", /^[A-Z]+$/)
    .prefault("GET")
    .describe("Of `http`."),
  headers: pairs("headers, such as { accept: text/html }")
    .prefault({})
    .describe("Sent with `http` and `ws`."),
  expect: z
    .union([httpExpectation, oneOrMore(words("expected a text"), TEXTS)], {
      error: "expected { status, headers, json, body } for http, or texts for ws",
    })
    .nullable()
    .prefault(null)
    .describe("What must come: `{ status, headers, json, body }` for `http`, texts in order for `ws`."),
  subprotocol: words("expected a subprotocol").nullable().prefault(null).describe("Of `ws`."),
  say: oneOrMore(words("expected a text"), TEXTS, 0)
    .prefault([])
    .describe("What is sent over the `ws` after opening."),
};

const ownFields = {
  ...checkFields,
  timeout: duration().prefault("5s").describe("How long one `http` or `ws` may take."),
};

/** Refuses what goes with another kind of check, and would be passed over. */
export function fitting<Output extends WrittenCheck>(schema: z.ZodType<Output>): z.ZodType<Output> {
  return schema.superRefine((written, context) => {
    const message = unfit(written);
    if (message !== null) context.addIssue({ code: "custom", message, params: { complete: true } });
  });
}

function unfit({ http, ws, method, headers, subprotocol, say, expect }: WrittenCheck): string | null {
  const call = http ?? ws;
  if (http === undefined && method !== "GET") return "found method, which goes with http only";
  if (ws === undefined && subprotocol !== null) return "found subprotocol, which goes with ws only";
  if (ws === undefined && say.length > 0) return "found say, which goes with ws only";
  if (call === undefined && Object.keys(headers).length > 0)
    return "found headers, which go with http and ws only";
  if (call === undefined && expect !== null) return "found expect, which goes with http and ws only";
  if (http !== undefined && Array.isArray(expect))
    return "found texts in expect, expected { status, headers, json, body } for http";
  const isMapping = expect !== null && !Array.isArray(expect);
  return ws !== undefined && isMapping ? "found a mapping in expect, expected texts for ws" : null;
}

export const checkSchema: z.ZodType<Check> = fitting(
  exactlyOne(section({ ...optionalKeys(checkKinds), ...ownFields }), {
    noun: "check",
    keys: CHECK_KINDS,
    beside: Object.keys(ownFields),
  }),
)
  .transform((written) => toCheck(written, written.timeout))
  .meta({ id: "Check" });

export type WrittenCheck = {
  [Key in CheckKind]?: z.output<(typeof checkKinds)[Key]>;
} & { [Key in keyof typeof checkFields]: z.output<(typeof checkFields)[Key]> };

/** @param timeoutMs of the one look; steps that repeat it have a timeout of their own. */
export function toCheck(written: WrittenCheck, timeoutMs = CHECK_TIMEOUT_MS): Check {
  const { http, tcp, ws, docker, exec, log, version, metric } = written;
  if (http !== undefined) return httpCheck(http, written, timeoutMs);
  if (ws !== undefined) return webSocketCheck(ws, written, timeoutMs);
  if (tcp !== undefined) return { kind: "tcp", address: tcp };
  if (docker !== undefined) return { kind: "docker", target: docker };
  if (exec !== undefined) return { kind: "exec", ...exec };
  if (log !== undefined) return { kind: "log", ...log };
  if (version !== undefined) return { kind: "version", ...version };
  if (metric !== undefined) return { kind: "metric", ...metric };
  throw new Error(`no kind of check among ${Object.keys(written).join(", ")}`);
}

function httpCheck(url: string, written: WrittenCheck, timeoutMs: number): Check {
  const { target, method, headers, expect } = written;
  const expected = expect === null || Array.isArray(expect) ? httpExpectation.parse({}) : expect;
  const { status, headers: expectHeaders, json, body } = expected;
  return { kind: "http", url, target, method, headers, status, expectHeaders, json, body, timeoutMs };
}

function webSocketCheck(url: string, written: WrittenCheck, timeoutMs: number): Check {
  const { target, headers, subprotocol, say } = written;
  const expect = Array.isArray(written.expect) ? written.expect : [];
  return { kind: "ws", url, target, headers, subprotocol, say, expect, timeoutMs };
}

function hostAndPort(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(":");
  return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
}

function pattern(): z.ZodType<string> {
  return parsedBy(words("expected a regular expression"), (input): Parsed<string> => {
    try {
      RegExp(input);
      return { meaning: input };
    } catch {
      return { refusal: "expected a regular expression" };
    }
  });
}
