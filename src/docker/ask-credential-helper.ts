// Docker's protocol for programs that keep credentials: the server's address on stdin, JSON on stdout.

import { execFile } from "node:child_process";
import { z } from "zod";
import { EngineError } from "./engine-error.ts";
import type { RegistryAuth } from "./engine.ts";

// One that asks a person, or a cloud, answers within seconds; one that hangs must not stop an upgrade for ever.
const PATIENCE_MS = 30_000;
const LIMIT_BYTES = 64 * 1024;

const answerSchema = z.looseObject({ Username: z.string(), Secret: z.string() });

/** Null: the helper has none for this server. */
export async function askCredentialHelper(
  helper: string,
  server: string,
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<RegistryAuth | null> {
  const what = `ask docker-credential-${helper} for the credentials of ${server}`;
  // It comes from a file, and becomes the name of a program.
  if (!/^[\w.-]+$/.test(helper))
    throw new EngineError("denied", null, `${what}: that is no name of a helper`);
  const { failure, output } = await run(`docker-credential-${helper}`, server, env, signal);
  signal?.throwIfAborted();
  if (failure !== null && /credentials not found/i.test(output)) return null;
  if (failure !== null) throw new EngineError("denied", null, `${what}: ${failure}`);
  const answer = parse(output);
  if (answer === null) throw new EngineError("denied", null, `${what}: its answer is not understood`);
  const { Username: username, Secret: secret } = answer;
  if (username === "<token>") return { identitytoken: secret, serveraddress: server };
  return { username, password: secret, serveraddress: server };
}

function run(
  program: string,
  input: string,
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<{ failure: string | null; output: string }> {
  const { promise, resolve } = Promise.withResolvers<{ failure: string | null; output: string }>();
  const options = { env, timeout: PATIENCE_MS, maxBuffer: LIMIT_BYTES, ...(signal && { signal }) };
  const child = execFile(program, ["get"], options, (error, stdout) => {
    resolve({ failure: error === null ? null : describeFailure(error), output: stdout });
  });
  // One that ends without reading: its exit code says what was wrong.
  child.stdin?.on("error", () => {});
  child.stdin?.end(input);
  return promise;
}

function describeFailure(error: Error & { code?: unknown; killed?: boolean }): string {
  if (error.code === "ENOENT") return "the program is not installed";
  if (error.killed === true) return `it gave no answer within ${PATIENCE_MS / 1000}s`;
  return `it failed (${String(error.code)})`;
}

function parse(output: string): z.output<typeof answerSchema> | null {
  try {
    return answerSchema.parse(JSON.parse(output));
  } catch {
    return null;
  }
}
