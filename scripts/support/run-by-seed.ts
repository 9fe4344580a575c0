import { fileURLToPath } from "node:url";
import { failUsage } from "./fail-usage.ts";
import { readCommandLine } from "./read-command-line.ts";

interface SeededRun {
  help: string;
  /** Of the environment's names that the test reads its options from. */
  prefix: string;
  /** Names, each with the form of what it takes. */
  options: Record<string, RegExp>;
  /** The program that runs the test, from the repository's root. */
  runner: readonly string[];
  file: string;
  /** What an option is when it is not given. */
  defaults?: Record<string, string>;
}

/** What an option takes that is a whole number above 0. */
export const wholeNumber = /^[1-9]\d{0,9}$/;

/** On the embedded stack, or on PostgreSQL servers of its own. */
export const runners = {
  embedded: ["npm:vitest", "run"],
  postgres: ["scripts/test-postgres.ts"],
} as const;

/** Runs one test with options from the command line; ends the process with its status. */
export async function runBySeed(
  { help, prefix, options, runner, file, defaults = {} }: SeededRun,
): Promise<never> {
  const { values } = readCommandLine(
    help,
    Object.fromEntries(Object.keys(options).map((name) => [name, { type: "string" as const }])),
  );
  const env: Record<string, string> = {};
  for (const [name, form] of Object.entries(options)) {
    const value = values[name] ?? defaults[name];
    if (typeof value !== "string") continue;
    if (!form.test(value)) failUsage(help, `--${name} cannot be ${value}`);
    env[`${prefix}_${name.toUpperCase()}`] = value;
  }
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--node-modules-dir=manual",
      ...runner,
      file,
      "--disable-console-intercept",
    ],
    cwd: fileURLToPath(new URL("../../", import.meta.url)),
    env,
  }).spawn().status;
  Deno.exit(code);
}
