import { log } from "./log.ts";

/**
 * @supabase/lite prints every error of the database that a caller gets, with stack, statement and
 * parameters, on `console.error`. This leaves one line of each, and none of those that our own SQL
 * raises for callers, since they are answers.
 */
export function quietLite(): void {
  const { error } = console;
  console.error = (...values: unknown[]) => {
    const [first] = values;
    if (!(first instanceof Error) || !("routine" in first) || !("code" in first)) {
      error(...values);
    } else if (first.code !== "PGRST") {
      log("database", `${first.code} ${first.message}`);
    }
  };
}
