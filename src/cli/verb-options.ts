// The options that several verbs share, so that they read the same everywhere.

import { InvalidArgumentError, Option } from "commander";

export interface ServiceOption {
  service?: string;
}

export interface WriteOptions extends ServiceOption {
  ifMatch?: string;
}

export interface WaitOptions {
  wait?: true;
  drainTimeout?: string;
}

export function serviceOption(): Option {
  return new Option("--service <name>", "which service; may be left out when there is only one");
}

export function ifMatchOption(): Option {
  return new Option("--if-match <version>", "only if the state still has this version").argParser(
    stateVersion,
  );
}

export function drainTimeoutOption(): Option {
  return new Option("--drain-timeout <duration>", "how long that may take (the service's drainTimeout)");
}

/** The part of a verb's help below the options. */
export function examples(...lines: string[]): string {
  const heading = lines.length === 1 ? "Example:" : "Examples:";
  return `\n${heading}\n${lines.map((line) => `  ${line}`).join("\n")}`;
}

function stateVersion(text: string): string {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("A state version is a whole number.");
  return text;
}
