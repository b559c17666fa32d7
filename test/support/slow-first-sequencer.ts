// The order of the test files. Upgrades on a real engine take minutes and hardly a core, the others the other way
// round: mixed, they fill both cores, and no long one is left for the end, when the other workers have nothing to do.

import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The longest first, by what their paths contain. */
const SLOW = [
  "upgrades/killed-",
  "-unwell",
  "-broken",
  "gateway-killed",
  "scenarios/upgrades/",
  "test/splice/moves/",
];
/** Between two slow ones; few enough that those are through after three quarters of the run. */
const QUICK_BETWEEN = 9;

export class SlowFirstSequencer extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- it is vitest's
    const sorted = await super.sort(files);
    const slow = sorted.filter((file) => rank(file) < SLOW.length).toSorted((a, b) => rank(a) - rank(b));
    const quick = sorted.filter((file) => rank(file) === SLOW.length);
    const mixed = slow.flatMap((file, at) => [
      file,
      ...quick.slice(at * QUICK_BETWEEN, (at + 1) * QUICK_BETWEEN),
    ]);
    return [...mixed, ...quick.slice(slow.length * QUICK_BETWEEN)];
  }
}

function rank({ moduleId }: TestSpecification): number {
  const at = SLOW.findIndex((part) => moduleId.includes(part));
  return at < 0 ? SLOW.length : at;
}
