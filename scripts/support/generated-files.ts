import type { SqlClient } from "../../local/database/sql-client.ts";
import { dumpSchema } from "./dump-schema.ts";
import { listDefiners } from "./list-definers.ts";
import { supabaseCli } from "./supabase-cli.ts";

/** What is written from the migrations, by path: kept in git, and equal to this in every version. */
export async function generateFiles(
  client: SqlClient,
  url: string,
): Promise<Record<string, string>> {
  return {
    "shared/database.types.ts": await generateTypes(url),
    "supabase/schema.sql": await dumpSchema(client, url),
    "docs/definer-functions.md": await listDefiners(client),
  };
}

async function generateTypes(url: string): Promise<string> {
  const { stdout } = await supabaseCli([
    "gen",
    "types",
    "typescript",
    `--remote=${url}`,
    "--schema=public",
  ]);
  // The CLI prints its notices to stdout, before the types.
  return stdout.slice(stdout.indexOf("export type Json"));
}
