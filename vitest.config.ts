import { defineConfig } from "vitest/config";

/**
 * Tests that start processes, a server or a browser, go through whole runs, or compare every architecture, operator and backend with its
 * record; every other test calls functions and is a unit test.
 */
const whole = "test/{cli,contract,e2e,faults,report,server}/**/*.test.ts";

export default defineConfig({
  test: {
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        // Files share a process: loading the sources and starting an engine for each would take longer than most tests.
        test: { name: "unit", include: ["src/**/*.test.ts", "test/**/*.test.ts"], exclude: [whole], isolate: false },
      },
      {
        extends: true,
        test: { name: "whole", include: [whole], globalSetup: "test/support/build.ts" },
      },
    ],
  },
});
