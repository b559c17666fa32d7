// What will be other in a container than in the one it is made from, as lines for people. Values of environments
// never appear, and of labels only their names: both hold secrets.

import { isDeepStrictEqual } from "node:util";
import { anonymousVolumes } from "./clone/clone-host-config.ts";
import type { CloneChange } from "./clone/clone-change.ts";
import { cloneContainer, nameOfVariable } from "./clone-container.ts";
import type { ContainerInspect, ImageInspect } from "./engine.ts";

export interface ConfigChange {
  container: ContainerInspect;
  oldImage: ImageInspect | undefined;
  image: string;
  /** Undefined: not on this engine yet. */
  newImage: ImageInspect | undefined;
  change: CloneChange;
}

const COMPARED = {
  Entrypoint: "entrypoint",
  Cmd: "command",
  User: "user",
  WorkingDir: "working directory",
  StopSignal: "stop signal",
} as const;

export function describeConfigChange(change: ConfigChange): string[] {
  const { container, image, newImage } = change;
  const before = container.Config;
  const inherited = newImage?.Config ?? change.oldImage?.Config ?? {};
  const after = merged(change, inherited);
  return [
    `image: ${before.Image} → ${image}`,
    ...(newImage === undefined ? ["what the new image sets by itself is known when it has been pulled"] : []),
    ...names("environment", variables(before.Env), variables(after.Env)),
    ...names("labels", new Map(Object.entries(before.Labels)), new Map(Object.entries(after.Labels))),
    ...Object.entries(COMPARED).flatMap(([key, word]) => value(word, before[key], after[key])),
    ...(sameHealthcheck(before.Healthcheck, after.Healthcheck) ? [] : ["health check: another one"]),
    ...names("exposed ports", keys(before.ExposedPorts), keys(after.ExposedPorts)),
    ...mountLines(change, keys(before.Volumes), keys(after.Volumes)),
    ...identityLines(change),
  ];
}

interface Effective {
  Env: string[];
  Labels: Record<string, string>;
  ExposedPorts: object;
  Volumes: object;
  Healthcheck: unknown;
  [key: string]: unknown;
}

/** As the engine lays a container's configuration over its image's. */
function merged(
  { container, oldImage, image, newImage, change }: ConfigChange,
  inherited: Partial<ContainerInspect["Config"]>,
): Effective {
  const imageId = newImage?.Id ?? "";
  const request = { container, oldImage, image, imageId, change, labels: {}, nameOf: () => undefined };
  const own = cloneContainer(request);
  const hasEntrypoint = own["Entrypoint"] !== undefined;
  const env = new Map([...variables(inherited.Env), ...variables(strings(own["Env"]))]);
  return {
    ...inherited,
    ...(hasEntrypoint && { Cmd: null }),
    ...own,
    Env: [...env].map(([name, text]) => `${name}=${text}`),
    Labels: withoutImageOfCompose({ ...inherited.Labels, ...texts(own["Labels"]) }, container.Config.Labels),
    ExposedPorts: { ...inherited.ExposedPorts, ...object(own["ExposedPorts"]) },
    Volumes: { ...inherited.Volumes, ...object(own["Volumes"]) },
    Healthcheck: { ...inherited.Healthcheck, ...object(own["Healthcheck"]) },
  };
}

/** It follows the image, which has its own line. */
function withoutImageOfCompose(
  after: Record<string, string>,
  before: Record<string, string>,
): Record<string, string> {
  const key = "com.docker.compose.image";
  return before[key] === undefined ? after : { ...after, [key]: before[key] };
}

function sameHealthcheck(before: object | undefined, after: unknown): boolean {
  return isDeepStrictEqual(before ?? {}, after);
}

function value(word: string, before: unknown, after: unknown): string[] {
  const [from, to] = [show(before), show(after)];
  return from === to ? [] : [`${word}: ${from} → ${to}`];
}

function show(value: unknown): string {
  const isNothing =
    value === undefined ||
    value === null ||
    value === "" ||
    isDeepStrictEqual(value, []) ||
    isDeepStrictEqual(value, [""]);
  return isNothing ? "none" : JSON.stringify(value);
}

function names(word: string, before: Map<string, unknown>, after: Map<string, unknown>): string[] {
  const added = [...after.keys()].filter((name) => !before.has(name));
  const removed = [...before.keys()].filter((name) => !after.has(name));
  const changed = [...after].flatMap(([name, text]) =>
    before.has(name) && before.get(name) !== text ? name : [],
  );
  const parts = Object.entries({ "+": added, "~": changed, "-": removed });
  const text = parts.flatMap(([sign, list]) => list.toSorted().map((name) => `${sign}${name}`)).join(" ");
  return text === "" ? [] : [`${word}: ${text}`];
}

function mountLines(
  { container }: ConfigChange,
  before: Map<string, true>,
  after: Map<string, true>,
): string[] {
  const carried = anonymousVolumes(container).map(({ Destination }) => Destination);
  const fresh = [...after.keys()].filter((path) => !before.has(path));
  return [
    ...carried.map((path) => `volume without a name at ${path}: carried over`),
    ...fresh.map((path) => `volume at ${path}: the new image asks for one; it begins empty`),
  ];
}

function identityLines({ container, change }: ConfigChange): string[] {
  if (change.mode === "in-place") return [];
  const ports = Object.keys(container.HostConfig.PortBindings ?? {});
  return [
    "without the fixed addresses and aliases of the container it is like",
    ...(ports.length > 0 ? [`without its published ports: ${ports.join(", ")}`] : []),
    ...(change.mode === "one-off" ? ["without a health check, and not started again when it ends"] : []),
  ];
}

function variables(env: readonly string[] | null | undefined): Map<string, string> {
  return new Map(
    (env ?? []).map((entry) => [nameOfVariable(entry), entry.slice(nameOfVariable(entry).length + 1)]),
  );
}

function keys(of: object | null | undefined): Map<string, true> {
  return new Map(Object.keys(of ?? {}).map((key) => [key, true]));
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : [];
}

function texts(value: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(object(value)).map(([key, text]) => [key, String(text)]));
}

function object(value: unknown): object {
  return typeof value === "object" && value !== null ? value : {};
}
