// Reads the version of the data's schema: another text before and after means that it was migrated.

import { type CheckContext } from "../checks/check-context.ts";
import type { Found } from "../checks/check-result.ts";
import { bad, found } from "../checks/check-result.ts";
import { attempt } from "../checks/attempt.ts";
import { connectionFailure } from "../checks/connection-failure.ts";
import { findContainers } from "../checks/exec-check.ts";
import { addressees, parseJson } from "../checks/http-check.ts";
import { atJsonPath } from "../checks/json-path.ts";
import { lookNow } from "../checks/look-context.ts";
import { runExec } from "../checks/run-exec.ts";
import { sendRequest } from "../checks/send-request.ts";
import { excerpt } from "../checks/excerpt.ts";
import type { SchemaProbe } from "../plan/plan.ts";
import type { Handler } from "./handler.ts";
import { StepFailure } from "./step-failure.ts";

const TIMEOUT_MS = 30_000;

/** Resolves with `{ schema }`. */
export const readSchema: Handler<"read-schema"> = {
  async perform({ probe, targets }, context) {
    const look = lookNow(context, { targets });
    const schema = probe.kind === "exec" ? await byExec(probe, look) : await byHttp(probe, look);
    if (schema.ok) return { schema: schema.value };
    throw new StepFailure(`the version of the schema could not be read: ${schema.reason}`);
  },
  inverse: () => [],
};

async function byExec(
  { target, command }: Extract<SchemaProbe, { kind: "exec" }>,
  look: CheckContext,
): Promise<Found<string>> {
  const containers = await findContainers(target, look);
  if (!containers.ok) return containers;
  const { world } = look;
  // Whichever is asked: all of them have the same data.
  const [container = ""] = containers.value;
  const order = { container, command: command.map((word) => world.reveal(word)) };
  const what = `${command.join(" ")} in ${target}`;
  const { exitCode, stdout, stderr } = await runExec(world, order, world.signal);
  if (exitCode === 0) return found(stdout.trim());
  return bad(
    `${what} ended with exit code ${exitCode}: ${excerpt(stderr || stdout, (text) => world.redact(text))}`,
  );
}

async function byHttp(
  { url, json: path }: Extract<SchemaProbe, { kind: "http" }>,
  look: CheckContext,
): Promise<Found<string>> {
  const asked = await addressees({ url, target: null }, look);
  if (!asked.ok) return asked;
  const [origin] = asked.value;
  if (!origin) return bad(`there is nobody to ask ${url} of`);
  const request = {
    url: origin.url,
    path: url.startsWith("/") ? url : null,
    method: "GET",
    headers: origin.host === null ? {} : { host: origin.host },
  };
  const { clock, signal } = look.world;
  return attempt<Found<string>>(
    { clock, signal, timeoutMs: TIMEOUT_MS },
    async (signal) => {
      const answer = await sendRequest(request, signal);
      const json = parseJson(answer, (text) => look.world.redact(text));
      if (!json.ok) return json;
      const value = atJsonPath(json.value, path);
      if (typeof value === "string" || typeof value === "number") return found(String(value));
      return bad(
        `GET ${url} of ${origin.label} answered ${answer.status} without a text or number at ${path}`,
      );
    },
    (error) => connectionFailure(`GET ${url} of ${origin.label}`, error),
  );
}
