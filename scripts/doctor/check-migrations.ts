import { type Check, notAsked, toCheck } from "./check.ts";

/** Whether the migrations of this folder, and no others, have been applied. */
export function checkMigrations(files: string[], applied: string[] | null): Check {
  if (!applied) return notAsked("migrations", "give --db");
  const versions = files.map((file) => file.slice(0, 14));
  const missing = files.filter((file) => !applied.includes(file.slice(0, 14)));
  const unknown = applied.filter((version) => !versions.includes(version));
  return toCheck(
    "migrations",
    [
      ...missing.map((file) => ({
        detail: `not applied: ${file}`,
        hint: "supabase db push",
      })),
      ...unknown.map((version) => ({
        detail: `applied, but not of this version: ${version}`,
        hint: "Check out the version that is deployed, or deploy this one: docs/deploy.md, Upgrade",
      })),
    ],
    `${files.length} applied`,
  );
}
