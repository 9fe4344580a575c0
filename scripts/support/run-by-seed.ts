import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

interface SeededRun {
  help: string;
  /** Of the environment's names that the test reads its options from. */
  prefix: string;
  /** Each takes a whole number. */
  options: string[];
  file: string;
  /** What an option is when it is not given. */
  defaults?: Record<string, string>;
}

/**
 * Runs one test of tests/postgres with options from the command line, on servers of its own; ends
 * the process with its status.
 */
export async function runBySeed({ help, prefix, options, file, defaults = {} }: SeededRun) {
  const values: Record<string, string | boolean | undefined> = parse(options, help);
  if (values.help) {
    console.log(help);
    Deno.exit(0);
  }
  const env: Record<string, string> = {};
  for (const name of options) {
    const value = values[name] ?? defaults[name];
    if (typeof value !== "string") continue;
    if (!/^[1-9]\d{0,9}$/.test(value)) {
      console.error(`--${name} takes a whole number, not ${value}\n\n${help}`);
      Deno.exit(2);
    }
    env[`${prefix}_${name.toUpperCase()}`] = value;
  }
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--node-modules-dir=manual",
      fileURLToPath(new URL("../test-postgres.ts", import.meta.url)),
      file,
      "--disable-console-intercept",
    ],
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
    console.error(`${(error as Error).message}\n\n${help}`);
    Deno.exit(2);
  }
}
