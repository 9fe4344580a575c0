import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

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
  const values: Record<string, string | boolean | undefined> = parse(Object.keys(options), help);
  if (values.help) {
    console.log(help);
    Deno.exit(0);
  }
  const env: Record<string, string> = {};
  for (const [name, form] of Object.entries(options)) {
    const value = values[name] ?? defaults[name];
    if (typeof value !== "string") continue;
    if (!form.test(value)) fail(`--${name} cannot be ${value}`, help);
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

function parse(options: string[], help: string) {
  try {
    return parseArgs({
      options: {
        ...Object.fromEntries(options.map((name) => [name, { type: "string" as const }])),
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    return fail((error as Error).message, help);
  }
}

function fail(message: string, help: string): never {
  console.error(`${message}\n\n${help}`);
  Deno.exit(2);
}
