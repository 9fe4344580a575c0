import { type Check, notAsked, toCheck } from "./check.ts";

/** Names by which a database in a container reaches the stack that it belongs to. */
const inside = ["kong", "host.docker.internal"];

/** Whether the database calls the project that was asked about. */
export function checkProjectUrl(url: string, stored: string | null): Check {
  if (stored === null) return notAsked("project's URL", "give --db");
  const same = URL.canParse(stored) &&
    (new URL(stored).origin === new URL(url).origin || inside.includes(new URL(stored).hostname));
  return toCheck(
    "project's URL",
    same ? [] : [{
      detail: "the Vault secret project_url names another project than --url",
      hint:
        "select vault.update_secret(id, 'https://<ref>.supabase.co') from vault.secrets where name = 'project_url'",
    }],
    "the database calls this project",
  );
}
