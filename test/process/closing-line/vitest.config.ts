// A run for closing-line.test.ts to look at from outside.

import { defineConfig } from "vitest/config";
import { ClosingLineReporter } from "../../support/closing-line-reporter.ts";

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ["*.fixture.ts"],
    experimental: { viteModuleRunner: false },
    reporters: [new ClosingLineReporter()],
  },
});
