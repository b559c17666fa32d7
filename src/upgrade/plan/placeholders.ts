// What stands for the things that only a running gateway knows while a plan is checked without one. They fit
// wherever a name fits, and no check that compares names says anything about them.

import type { BuiltIns } from "./variables.ts";

const MARK = "not-known-yet";

export const PLACEHOLDERS: BuiltIns = {
  run: `run-${MARK}`,
  service: `service-${MARK}`,
  active: `active-${MARK}`,
  idle: `idle-${MARK}`,
};

export function isPlaceholder(name: string): boolean {
  return name.includes(MARK);
}
