// Work on data, looks and what happens outside.

import { formatDuration } from "../../lib/duration.ts";
import type {
  ContainerRef,
  DataEffect,
  LookEffect,
  OneOffEffect,
  OperationOf,
  OutsideEffect,
  ProcessEffect,
  ResolvedSink,
  ResolvedSource,
} from "../operations/operation.ts";

type Kinds = (DataEffect | LookEffect | OneOffEffect | OutsideEffect | ProcessEffect)["kind"];

export const workCalls: { [Kind in Kinds]: (operation: OperationOf<Kind>) => string } = {
  "await-exit": ({ container }) => `wait for the exit of ${container.name}`,
  "await-exec": ({ container, command, waitMs }) =>
    `wait at most ${formatDuration(waitMs)} for the end of ${line(command)} in ${container.name}`,
  exec: ({ container, command }) => `docker: exec in ${container.name}: ${line(command)}`,

  "stop-process": ({ name, before }) =>
    `stop the process ${name}${before === null ? "; it does not run" : ""}`,
  "start-process": ({ name, process }) => `start the process ${name}: ${line(process.command)}`,

  backup: ({ source, to, verify }) => {
    return `write ${from(source)} to ${to}${verify === null ? "" : `, and verify it with ${line(verify.command)}`}`;
  },
  restore: ({ from: backup, into }) => `put the backup ${backup.writtenBy} into ${sink(into)}`,
  "sync-volumes": ({ from: source, to, mode }) => {
    return `docker: copy the volume ${source} to ${to}${mode === "delta" ? ", only what has changed" : ""}`;
  },

  preflight: () => "look whether all is as it must be",
  check: ({ checks, forMs, waitMs }) => {
    const stays = forMs === 0 ? "good" : `good for ${formatDuration(forMs)}`;
    return `look at ${checks.map(({ kind }) => kind).join(", ")}, until ${stays}, for at most ${formatDuration(waitMs)}`;
  },
  observe: ({ observe, watched }) => {
    return `watch ${watched.length === 0 ? "the service" : watched.join(", ")} for ${formatDuration(observe.forMs)}`;
  },
  confirm: ({ prompt }) => `ask: ${prompt}`,
  wait: ({ forMs }) => `wait for ${formatDuration(forMs)}`,
  "read-schema": () => "read which schema the data have",
  "read-pending": ({ like, command }) => `docker: run once, like ${like.name}: ${line(command)}`,

  // Its query may be a token that somebody has put there all the same.
  http: ({ method, url }) => `${method} ${url.replace(/\?.*$/s, "?…")}`,
  command: ({ command }) => `run ${line(command)}`,
};

function from(source: ResolvedSource): string {
  return source.kind === "files" ? source.paths.join(", ") : sink(source);
}

function sink(into: ResolvedSink): string {
  switch (into.kind) {
    case "exec":
      return `${line(into.command)} in ${into.container.name}`;
    case "run":
      return `${line(into.change.command ?? [])} in a container like ${into.like.name}`;
    case "path":
      return `${into.path} of ${shown(into.container)}`;
  }
}

function line(words: readonly string[]): string {
  const text = words
    .map((word) => (/^[\w@%+=:,./${}-]+$/.test(word) ? word : JSON.stringify(word)))
    .join(" ");
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}

function shown(ref: ContainerRef): string {
  return ref.name;
}
