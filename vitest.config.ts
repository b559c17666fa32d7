import { defineConfig } from "vitest/config";
import { SlowFirstSequencer } from "./test/support/slow-first-sequencer.ts";
import { ClosingLineReporter } from "./test/support/closing-line-reporter.ts";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Node loads the code as in production.
    experimental: { viteModuleRunner: false },
    pool: "forks",
    // The default on two cores is one, and most files wait for engines, browsers and processes: with two workers a whole
    // run took 19 minutes and used 40 % of both cores.
    maxWorkers: 3,
    sequence: { sequencer: SlowFirstSequencer },
    testTimeout: 60_000,
    // Browsers, containers and a swarm of several files share one machine and disturb each other: the engine takes a network
    // away, and Chromium breaks off what it loads. One more try, and the end of the run names each test that took it.
    retry: 1,
    // Many tests take their second, with real processes and sockets; only what is odd is worth a line.
    slowTestThreshold: 5_000,
    reporters: ["default", new ClosingLineReporter()],
  },
});
