// The end of every run: what was left out and why, what passed at the second try only, then the counts in a line that people and machines read alike:
// `1100 passed, 0 failed, 3 skipped`.

import type { Reporter, SerializedError, TestModule } from "vitest/node";

export class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const lines = [
      "",
      ...leftOutLines(modules),
      ...secondTryLines(modules),
      closingLine(modules, unhandledErrors.length),
    ];
    process.stdout.write(`${lines.join("\n")}\n`);
  }
}

/** A file that cannot be loaded and an error outside of all tests count as a failure each: both fail the run. */
function closingLine(modules: readonly TestModule[], unhandled: number): string {
  const counts = { passed: 0, failed: unhandled, skipped: 0, pending: 0 };
  for (const module of modules) {
    if (module.errors().length > 0) counts.failed += 1;
    for (const test of module.children.allTests()) counts[test.result().state] += 1;
  }
  const skipped = counts.skipped === 0 ? "" : `, ${counts.skipped} skipped`;
  return `${counts.passed} passed, ${counts.failed} failed${skipped}`;
}

/** `left out: 14 tests of test/browser/page.test.ts: chromium is not installed (apt-get install chromium)` */
function leftOutLines(modules: readonly TestModule[]): string[] {
  return modules.flatMap((module) =>
    [...leftOutCounts(module)].map(([reason, count]) => {
      const tests = count === 1 ? "1 test" : `${count} tests`;
      return `left out: ${tests} of ${module.relativeModuleId}: ${reason}`;
    }),
  );
}

/** Each is a defect to look for: `second try: test/browser/console.test.ts: logging in … (Error: …)` */
function secondTryLines(modules: readonly TestModule[]): string[] {
  return modules.flatMap((module) =>
    [...module.children.allTests()]
      .filter((test) => test.diagnostic()?.flaky)
      .map((test) => {
        const [failure] = test.result().errors ?? [];
        const [why = "no reason was kept"] = (failure?.message ?? "").split("\n");
        return `second try: ${module.relativeModuleId}: ${test.fullName} (${why})`;
      }),
  );
}

/** How many tests of the file were skipped, by reason. */
function leftOutCounts(module: TestModule): Map<string, number> {
  const counts = new Map<string, number>();
  for (const test of module.children.allTests()) {
    const result = test.result();
    if (result.state !== "skipped") continue;
    const reason = result.note ?? "switched off in its source";
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return counts;
}
