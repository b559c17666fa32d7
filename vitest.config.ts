import { defineConfig } from "vitest/config";
import { ClosingLineReporter } from "./test/support/closing-line-reporter.ts";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Node loads the code as in production.
    experimental: { viteModuleRunner: false },
    pool: "forks",
    testTimeout: 30_000,
    reporters: ["default", new ClosingLineReporter()],
  },
});
