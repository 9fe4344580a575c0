import type { SqlClient } from "../../local/database/sql-client.ts";
import { postgresProgram } from "./postgres-program.ts";
import { runProgram } from "./run-program.ts";

const header =
  `-- The schema that the migrations make, for reading and for repairs. Written by npm run types.
`;

/** The schemas public and private as SQL, and what the migrations put elsewhere; the same for every run. */
export async function dumpSchema(
  client: Pick<SqlClient, "query">,
  url: string,
): Promise<string> {
  const { stdout } = await runProgram(await postgresProgram("pg_dump"), [
    "--schema-only",
    "--no-owner",
    "--schema=public",
    "--schema=private",
    // They have their parent's columns, indexes and rules.
    "--exclude-table=private.mono_training_chunks_*",
    `--dbname=${url}`,
  ]);
  const schema = stdout
    .replaceAll(/^(\\(un)?restrict|-- Dumped (from|by)|ALTER DEFAULT PRIVILEGES) .*\n/gm, "")
    .replaceAll(/^--\n(-- .*\n)+--\n/gm, "")
    .replaceAll(/\n{3,}/g, "\n\n");
  return header + schema.trim() + "\n\n-- Outside of both schemas\n\n" + await dumpOutside(client);
}

/** Buckets, the policies of Storage, and cron jobs as the statements that make them again. */
async function dumpOutside(client: Pick<SqlClient, "query">): Promise<string> {
  const rows = await client.query<{ statement: string }>(`
    select format(
      'insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types) values (%L, %L, %L, %L, %L);',
      id, name, public, file_size_limit, allowed_mime_types
    ) as statement
    from storage.buckets
    union all
    select format('create policy %I on storage.%I for %s to %s', policyname, tablename, lower(cmd), array_to_string(roles, ', '))
      || coalesce(E'\\n  using ' || qual, '') || coalesce(E'\\n  with check ' || with_check, '') || ';'
    from pg_policies
    where schemaname = 'storage'
    union all
    select format('select cron.schedule(%L, %L, %L);', jobname, schedule, command)
    from cron.job
    where jobname like 'maestro-%'
    order by 1`);
  return rows.map(({ statement }) => `${statement}\n`).join("");
}
