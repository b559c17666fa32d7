// Where a step names targets, and which kinds of them it can act on.

import type { KeyPath } from "../../config/problem.ts";
import type { Check } from "./check.ts";
import type { DataSink, DataSource, Observe, Preflight, Step } from "./plan.ts";
import type { Target } from "./target.ts";

export interface Mention {
  path: KeyPath;
  name: string;
  kinds: readonly Target["kind"][];
}

const CONTAINERS = ["containers"] as const;
const SWARM = ["swarm"] as const;
const ONE_OFF = ["containers", "swarm"] as const;
const STARTED = ["containers", "process"] as const;
const ANY = ["containers", "swarm", "process"] as const;

/** Not of the steps inside it. The paths are those of the long form. */
export function mentionsIn(step: Step, at: KeyPath): Mention[] {
  const path = [...at, step.verb];
  const one = (name: string, kinds: Mention["kinds"], key: string): Mention[] => [
    { path: [...path, key], name, kinds },
  ];
  switch (step.verb) {
    case "preflight":
      return inPreflight(step.preflight, path);
    case "healthy":
    case "check":
      return [
        ...each(step.target ?? [], ANY, [...path, "target"]),
        ...inChecks(step.checks, [...path, "all"]),
      ];
    case "observe":
      return inObserve(step.observe, path);
    case "candidate":
      return step.address?.kind === "container" ? one(step.address.target, CONTAINERS, "target") : [];
    case "stop":
    case "start":
      return each(step.targets, STARTED, [...path, "targets"]);
    case "pause":
    case "unpause":
      return each(step.targets, CONTAINERS, [...path, "targets"]);
    case "replace":
      return one(step.replace.target, STARTED, "target");
    case "retire":
      return one(step.target, CONTAINERS, "target");
    case "run":
    case "migrate":
      return one(step.run.like, ONE_OFF, "like");
    case "exec":
      return one(step.exec.target, CONTAINERS, "target");
    case "backup":
      return inBackup(step.source, step.verify?.target ?? [], path);
    case "restore":
      return inData(step.into, path);
    case "update":
      return each(step.update.targets, SWARM, [...path, "targets"]);
    case "scale":
      return one(step.target, SWARM, "target");
    case "confirm":
    case "wait":
    case "announce":
    case "maintenance":
    case "hold":
    case "release":
    case "canary":
    case "cutover":
    case "pull":
    case "load":
    case "sync":
    case "http":
    case "command":
    case "parallel":
      return [];
  }
}

function each(names: string | readonly string[], kinds: Mention["kinds"], at: KeyPath): Mention[] {
  if (typeof names === "string") return [{ path: at, name: names, kinds }];
  return names.map((name, index) => ({ path: [...at, index], name, kinds }));
}

function inPreflight({ noDrift, commandExists, healthy, checks }: Preflight, at: KeyPath): Mention[] {
  return [
    ...each(noDrift, CONTAINERS, [...at, "noDrift"]),
    ...commandExists.flatMap(({ target }, index) => {
      return each(target, CONTAINERS, [...at, "commandExists", index, "target"]);
    }),
    ...each(healthy, ANY, [...at, "healthy"]),
    ...inChecks(checks, [...at, "checks"]),
  ];
}

function inObserve({ targets, checks }: Observe, at: KeyPath): Mention[] {
  return [...each(targets ?? [], ANY, [...at, "targets"]), ...inChecks(checks, [...at, "checks"])];
}

export function inChecks(checks: readonly Check[], at: KeyPath): Mention[] {
  return checks.flatMap((check, index) => inCheck(check, [...at, index]));
}

function inCheck(check: Check, at: KeyPath): Mention[] {
  switch (check.kind) {
    case "http":
    case "ws":
      return check.target === null ? [] : [{ path: [...at, "target"], name: check.target, kinds: ANY }];
    case "tcp":
      return "target" in check.address
        ? [{ path: [...at, "tcp", "target"], name: check.address.target, kinds: ANY }]
        : [];
    case "docker":
      return [{ path: [...at, "docker"], name: check.target, kinds: CONTAINERS }];
    case "exec":
      return [{ path: [...at, "exec", "target"], name: check.target, kinds: CONTAINERS }];
    case "log":
      return [{ path: [...at, "log", "target"], name: check.target, kinds: ANY }];
    case "version":
    case "metric":
      return [];
  }
}

function inBackup(source: DataSource, verifiedIn: string | readonly string[], at: KeyPath): Mention[] {
  return [...inData(source, at), ...each(verifiedIn, CONTAINERS, [...at, "verify", "target"])];
}

function inData(data: DataSource | DataSink, at: KeyPath): Mention[] {
  switch (data.kind) {
    case "exec":
      return [{ path: [...at, "exec", "target"], name: data.target, kinds: CONTAINERS }];
    case "run":
      return [{ path: [...at, "run", "like"], name: data.like, kinds: ONE_OFF }];
    case "path":
      return [{ path: [...at, "path", "target"], name: data.target, kinds: CONTAINERS }];
    case "files":
      return [];
  }
}
