// Where `${secrets.name}` stands: each must be declared, and none may be where it would be shown, kept or
// put into a URL.

import { nearestKey } from "../../config/nearest-key.ts";
import type { KeyPath, Problem } from "../../config/problem.ts";

const SECRET = /\$\{secrets\.([\w-]+)\}/g;
const MAY_HOLD = ["env", "headers", "body", "say", "command", "entrypoint", "pending", "down"];

export function secretProblems(data: unknown): Problem[] {
  const declared = typeof data === "object" && data !== null && "secrets" in data ? data.secrets : null;
  const known = typeof declared === "object" && declared !== null ? Object.keys(declared) : [];
  return textsOf(data, []).flatMap(({ path, text }) => {
    const names = [...text.matchAll(SECRET)].map(([, name = ""]) => name);
    if (names.length === 0 || path[0] === "vars") return [];
    if (!mayHold(path)) return [{ path, text: misplaced(names[0]) }];
    return names
      .filter((name) => !known.includes(name))
      .map((name) => ({ path, text: unknown(name, known) }));
  });
}

function mayHold(path: KeyPath): boolean {
  if (path[0] === "registries") return path.length === 3;
  // `secrets.db.env` names a variable; what is expected is shown when it does not come.
  if (path[0] === "secrets" || path.includes("expect")) return false;
  return path.some((key) => typeof key === "string" && MAY_HOLD.includes(key));
}

function misplaced(name: string | undefined): string {
  return `found \${secrets.${name}} where it would be shown; secrets may stand in ${MAY_HOLD.join(", ")} and registries`;
}

function unknown(name: string, known: readonly string[]): string {
  const nearest = nearestKey(name, known);
  const offer = known.length === 0 ? "declare it in secrets" : `the secrets are ${known.join(", ")}`;
  const remedy = nearest === undefined ? offer : `did you mean \${secrets.${nearest}}?`;
  return `found \${secrets.${name}}, which is no secret of this plan; ${remedy}`;
}

function textsOf(data: unknown, path: KeyPath): { path: KeyPath; text: string }[] {
  if (typeof data === "string") return [{ path, text: data }];
  if (typeof data !== "object" || data === null) return [];
  return Array.isArray(data)
    ? data.flatMap((item, at) => textsOf(item, [...path, at]))
    : Object.entries(data).flatMap(([key, value]) => textsOf(value, [...path, key]));
}
