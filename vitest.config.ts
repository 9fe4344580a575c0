import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    globalSetup: ["tests/support/global-setup.ts"],
    reporters: ["default", "./tests/support/closing-line-reporter.ts"],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // The machine that this has to run on has two cores, and the stack wants one.
    maxWorkers: 2,
  },
});
