import { configDefaults, defineConfig } from "vitest/config";

const timeouts = { testTimeout: 20_000, hookTimeout: 60_000 };
const ownDatabase = "tests/database/**/*.test.ts";
// Needs many connections, pg_cron or the CLI: npm run test:postgres.
const nativeOnly = "tests/postgres/**/*.test.ts";
// Takes as long as it is told to: npm run soak.
const soak = Deno.env.has("SOAK_MINUTES") ? [] : ["tests/postgres/soak.test.ts"];

export default defineConfig({
  test: {
    globalSetup: ["tests/support/global-setup.ts"],
    reporters: ["default", "./tests/support/closing-line-reporter.ts"],
    // The machine that this has to run on has two cores, and the stack wants one.
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: "database",
          include: Deno.env.has("DATABASE_URL") ? [ownDatabase, nativeOnly] : [ownDatabase],
          exclude: [...configDefaults.exclude, ...soak],
          // Each file has a database of its own; PGlite is compiled once for all of them.
          isolate: false,
          ...timeouts,
        },
      },
      {
        test: {
          name: "stack",
          include: ["tests/**/*.test.ts"],
          exclude: [...configDefaults.exclude, ownDatabase, nativeOnly],
          ...timeouts,
        },
      },
    ],
  },
});
