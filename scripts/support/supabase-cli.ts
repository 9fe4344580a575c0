import { fileURLToPath } from "node:url";
import { runProgram } from "./run-program.ts";

const program = fileURLToPath(new URL("../../node_modules/.bin/supabase", import.meta.url));

/** Runs the Supabase CLI of this repository, without questions; resolves with what it printed. */
export function supabaseCli(
  args: string[],
  env: Record<string, string> = {},
): Promise<{ stdout: string; stderr: string }> {
  return runProgram(program, [...args, "--yes", "--agent=no"], {
    PGSSLMODE: "disable",
    DO_NOT_TRACK: "1",
    ...env,
  });
}
