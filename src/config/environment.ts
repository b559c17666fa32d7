// The environment variables that stand above the file, for containers.

import type { KeyPath } from "./problem.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Override {
  variable: string;
  path: readonly [string] | readonly [string, string];
  value: string;
}

const VARIABLES: readonly Omit<Override, "value">[] = [
  { variable: "HOLDGATE_DATA_DIR", path: ["dataDir"] },
  { variable: "HOLDGATE_LISTEN", path: ["listen"] },
  { variable: "HOLDGATE_ADMIN_LISTEN", path: ["admin", "listen"] },
];

/** An empty variable counts as unset: Compose files write `${HOLDGATE_LISTEN:-}`. */
export function environmentOverrides(env: Environment): Override[] {
  return VARIABLES.flatMap((known) => {
    const value = env[known.variable];
    return value === undefined || value === "" ? [] : [{ ...known, value }];
  });
}

/** A copy of the file's data with the overrides in it; what is no mapping is left for the schema to refuse. */
export function applyOverrides(data: unknown, overrides: readonly Override[]): unknown {
  return overrides.reduce((changed, { path, value }) => withValue(changed, path, value), data);
}

export function overrideAt(path: KeyPath, overrides: readonly Override[]): Override | undefined {
  return overrides.find((override) => override.path.every((key, at) => path[at] === key));
}

function withValue(data: unknown, [key, ...rest]: readonly string[], value: string): unknown {
  if (key === undefined) return value;
  const section = data ?? {};
  if (typeof section !== "object" || Array.isArray(section)) return data;
  return { ...section, [key]: withValue(Reflect.get(section, key), rest, value) };
}
