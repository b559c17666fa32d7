// Reads a journal's records at the edge: strictly, because what a run did before is undone by what stands here.

import { z } from "zod";
import type { JsonObject, JsonValue } from "../../lib/json.ts";
import type { Operation } from "../operations/operation.ts";
import type { Condition } from "../plan/plan.ts";
import type { Program, ProgramStep } from "../program.ts";
import type { JournalRecord } from "./journal-record.ts";

const jsonValue: z.ZodType<JsonValue> = z.json();
export const jsonObject: z.ZodType<JsonObject> = z.record(z.string(), jsonValue);

/** Its kind's own fields are as the runner of the same version wrote them; handlers know them, nobody here does. */
const operation = z.custom<Operation>(isOperation, "not an operation");
const operationShape = z.looseObject({
  id: z.string(),
  step: z.string(),
  cause: z.string(),
  kind: z.string(),
});

function isOperation(value: unknown): boolean {
  return operationShape.safeParse(value).success;
}

const condition: z.ZodType<Condition> = z.lazy(() =>
  z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("fact"), fact: z.enum(["migrated", "pending"]) }),
    z.strictObject({ kind: z.literal("known"), holds: z.boolean(), text: z.string() }),
    z.strictObject({ kind: z.literal("not"), of: condition }),
  ]),
);

const programStep: z.ZodType<ProgramStep> = z.lazy(() =>
  z.strictObject({
    id: z.string(),
    verb: z.custom<ProgramStep["verb"]>((verb) => typeof verb === "string", "not a verb"),
    title: z.string(),
    when: condition.nullable(),
    timeoutMs: z.number().nullable(),
    retry: z.strictObject({ attempts: z.number(), backoffMs: z.number() }),
    onFailure: z.enum(["rollback", "pause", "continue"]),
    pointOfNoReturn: z.strictObject({ when: z.enum(["always", "migrated"]) }).nullable(),
    operations: z.array(operation),
    branches: z.array(programStep),
    undo: z.array(operation).nullable(),
    loses: z.string().nullable(),
  }),
);

const program = z.strictObject({
  plan: z.string(),
  service: z.string(),
  steps: z.array(programStep),
  readSchema: z.custom<Program["readSchema"]>((value) => value === null || isOperation(value)),
  targets: z.custom<Program["targets"]>((value) => jsonObject.safeParse(value).success),
});

/** The last has none: Infinity, of which JSON makes null. */
const upperBound = z
  .number()
  .nullable()
  .transform((bound) => bound ?? Infinity);
const metrics = z.strictObject({
  answers: z.number(),
  errors: z.number(),
  latency: z.array(z.strictObject({ leMs: upperBound, count: z.number() })),
  startedAt: z.number(),
});
const runner = z.strictObject({ pid: z.number(), host: z.string() });
const envelope = {
  seq: z.int().positive(),
  at: z.string(),
  redacted: z.literal(true).optional(),
};
const op = z.string();
const reason = z.string();

const record: z.ZodType<JournalRecord> = z.discriminatedUnion("type", [
  z.strictObject({
    ...envelope,
    type: z.literal("started"),
    run: z.string(),
    startedAt: z.number(),
    program,
    runner,
    planDirectory: z.string(),
    mode: z.enum(["open", "hold", "maintenance"]),
    metrics: metrics.nullable(),
  }),
  z.strictObject({ ...envelope, type: z.literal("intent"), op }),
  z.strictObject({ ...envelope, type: z.literal("note"), op, notes: jsonObject }),
  z.strictObject({ ...envelope, type: z.literal("done"), op, outcome: jsonObject }),
  z.strictObject({
    ...envelope,
    type: z.literal("failed"),
    op,
    message: z.string(),
    kind: z.enum(["failed", "needs-a-person", "declined", "cancelled"]),
    known: z.boolean(),
  }),
  z.strictObject({ ...envelope, type: z.literal("skipped"), step: z.string(), why: z.string() }),
  z.strictObject({
    ...envelope,
    type: z.literal("fact"),
    name: z.enum(["migrated", "pending", "schema"]),
    value: z.union([z.string(), z.boolean(), z.null()]),
  }),
  z.strictObject({ ...envelope, type: z.literal("passed"), step: z.string(), message: z.string() }),
  z.strictObject({
    ...envelope,
    type: z.literal("retry"),
    step: z.string(),
    operations: z.array(operation),
  }),
  z.strictObject({
    ...envelope,
    type: z.literal("rollback"),
    reason,
    operations: z.array(operation),
    lost: z.string().nullable(),
  }),
  z.strictObject({ ...envelope, type: z.literal("paused"), reason, maintenance: z.boolean() }),
  z.strictObject({ ...envelope, type: z.literal("approved"), op, by: z.string() }),
  z.strictObject({ ...envelope, type: z.literal("declined"), op, by: z.string() }),
  z.strictObject({ ...envelope, type: z.literal("cancelled") }),
  z.strictObject({ ...envelope, type: z.literal("resumed"), by: runner }),
  z.strictObject({
    ...envelope,
    type: z.literal("finished"),
    state: z.enum(["kept", "rolled_back"]),
    exitCode: z.union([z.literal(0), z.literal(10), z.literal(20)]),
    lost: z.string().nullable(),
  }),
]);

/** Of one whose rest is in the vault, nothing but this can be relied on. */
const redactedEnvelope = z.looseObject({
  ...envelope,
  redacted: z.literal(true),
  type: z.string(),
});

const shown = z.custom<JournalRecord>();

export type ParsedLine =
  | { kind: "record"; record: JournalRecord }
  /** `shown`: of the shape of a record, but any text in it may be masked. */
  | { kind: "redacted"; seq: number; shown: JournalRecord }
  | { kind: "invalid"; reason: string };

export function parseRecord(value: unknown): ParsedLine {
  const redacted = redactedEnvelope.safeParse(value);
  if (redacted.success) return { kind: "redacted", seq: redacted.data.seq, shown: shown.parse(value) };
  const parsed = record.safeParse(value);
  if (parsed.success) return { kind: "record", record: parsed.data };
  const [issue] = parsed.error.issues;
  const place = issue?.path.map(String).join(".") ?? "";
  return {
    kind: "invalid",
    reason: `${place === "" ? "record" : place}: ${issue?.message ?? "not a record"}`,
  };
}

/** A record as the vault has it. */
export function parseWholeRecord(value: JsonObject): JournalRecord | undefined {
  const parsed = record.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}
