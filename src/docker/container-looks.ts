// What there is: calls that change nothing.

import { changesSchema, containerSchema, summariesSchema } from "./container-schemas.ts";
import { type EngineCall, pathPart } from "./engine-call.ts";
import type { EngineConnection } from "./engine-connection.ts";
import type { ContainerCalls } from "./engine.ts";
import type { KnownNames } from "./known-names.ts";

export type LookCalls = Pick<ContainerCalls, "list" | "inspect" | "changes">;

export function lookCalls(connection: EngineConnection, names: KnownNames): LookCalls {
  return {
    async list({ labels = [], name }, signal) {
      const filters = JSON.stringify({ label: labels, ...(name !== undefined && { name: [exactly(name)] }) });
      const call = { ...get("list containers", "/containers/json", signal), query: { all: true, filters } };
      const all = await connection.ask(call, summariesSchema);
      const found = name === undefined ? all : all.filter((one) => one.name === name);
      for (const one of found) names.note(one.Id, one.name);
      return found;
    },
    async inspect(idOrName, signal) {
      const what = `inspect container ${names.describe(idOrName)}`;
      const call = get(what, `/containers/${pathPart(idOrName)}/json`, signal);
      const found = await connection.find(call, containerSchema);
      if (found !== undefined) names.note(found.Id, found.Name);
      return found;
    },
    changes(id, signal) {
      const what = `list changed files of container ${names.describe(id)}`;
      return connection.ask(get(what, `/containers/${pathPart(id)}/changes`, signal), changesSchema);
    },
  };
}

function get(what: string, path: string, signal: AbortSignal | undefined): EngineCall {
  return { what, method: "GET", path, signal };
}

/** The engine's filter takes a pattern. */
function exactly(name: string): string {
  return `^/?${name.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}$`;
}
