// What of a container's configuration is its own, and what it has from its image. An inspect shows both merged; a
// clone must carry its own part only, or the PATH, the entrypoint and the health check of the old image would be
// frozen into every version to come. A value that is its own and equal to the image's cannot be told apart.

import { isDeepStrictEqual } from "node:util";
import type { JsonObject, JsonValue } from "../../lib/json.ts";
import type { ContainerConfig } from "../engine.ts";

/** Inherited as a whole where they are not set. */
const INHERITED = ["User", "WorkingDir", "StopSignal", "Shell"];
/** Of the image alone, or given anew by whoever makes the clone. */
const LEFT_OUT = new Set(["Image", "Hostname", "OnBuild", "ArgsEscaped"]);

/** @param image of the image it was made from; empty takes everything for its own. */
export function ownConfig(container: ContainerConfig, image: Partial<ContainerConfig>): JsonObject {
  const own = withoutNothing(container);
  for (const key of LEFT_OUT) delete own[key];
  for (const key of INHERITED) {
    if (isDeepStrictEqual(own[key] ?? "", image[key] ?? "")) delete own[key];
  }
  own["Env"] = listDifference(container.Env, image.Env);
  own["Labels"] = recordDifference(container.Labels, image.Labels);
  own["ExposedPorts"] = keysOnlyIn(container.ExposedPorts, image.ExposedPorts);
  own["Volumes"] = keysOnlyIn(container.Volumes, image.Volumes);
  return {
    ...without(own, ["Entrypoint", "Cmd", "Healthcheck"]),
    ...ownCommand(container, image),
    ...ownHealthcheck(container, image),
  };
}

/** With an entrypoint of its own the image's command does not count, so its command is its own too. */
function ownCommand(container: ContainerConfig, image: Partial<ContainerConfig>): JsonObject {
  const entrypoint = container.Entrypoint ?? [];
  const command = container.Cmd ?? [];
  if (!isDeepStrictEqual(entrypoint, image.Entrypoint ?? [])) {
    // [""] is how an image's entrypoint is taken away.
    return { Entrypoint: entrypoint.length === 0 ? [""] : entrypoint, Cmd: command };
  }
  return isDeepStrictEqual(command, image.Cmd ?? []) ? {} : { Cmd: command };
}

/** The engine merges field by field. */
function ownHealthcheck(container: ContainerConfig, image: Partial<ContainerConfig>): JsonObject {
  const inherited = image.Healthcheck ?? {};
  const fields = Object.entries(container.Healthcheck ?? {});
  const own = fields.filter(([key, value]) => !isDeepStrictEqual(value, inherited[key]));
  return own.length === 0 ? {} : { Healthcheck: Object.fromEntries(own) };
}

function listDifference(own: string[] | null, inherited: string[] | null | undefined): string[] {
  return (own ?? []).filter((entry) => !inherited?.includes(entry));
}

function recordDifference(
  own: Record<string, string>,
  inherited: Record<string, string> | undefined,
): JsonObject {
  return Object.fromEntries(Object.entries(own).filter(([key, value]) => inherited?.[key] !== value));
}

function keysOnlyIn(own: object | null | undefined, inherited: object | null | undefined): JsonObject {
  const known = new Set(Object.keys(inherited ?? {}));
  return Object.fromEntries(Object.keys(own ?? {}).flatMap((key) => (known.has(key) ? [] : [[key, {}]])));
}

function without(from: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(from).filter(([key]) => !keys.includes(key)));
}

/** The same data as JSON, without what is null. */
export function withoutNothing(from: object): JsonObject {
  const copy: JsonObject = JSON.parse(JSON.stringify(from));
  return Object.fromEntries(Object.entries(copy).filter(([, value]: [string, JsonValue]) => value !== null));
}
