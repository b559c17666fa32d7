import type { PerformContext } from "./handler.ts";

/** `NAME=value`, with the values of secrets: for the wire only. */
export function revealEnv(env: Readonly<Record<string, string>>, context: PerformContext): string[] {
  return Object.entries(env).map(([name, value]) => `${name}=${context.reveal(value)}`);
}

/** The same as an object, for a command of this machine. */
export function revealValues(
  env: Readonly<Record<string, string>>,
  context: PerformContext,
): Record<string, string> {
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, context.reveal(value)]));
}
