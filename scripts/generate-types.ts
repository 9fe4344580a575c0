import { openDatabase } from "../local/database/open-database.ts";
import { migrate, readMigrations } from "../local/database/migrate.ts";
import { preparePlatform } from "../local/database/prepare-platform.ts";
import { generateFiles } from "./support/generated-files.ts";
import { createCluster } from "./support/postgres-cluster.ts";

const help = `Usage: npm run types

Writes what is made from the migrations, on a throw-away PostgreSQL 17: shared/database.types.ts
with the Supabase CLI, supabase/schema.sql with pg_dump, and docs/definer-functions.md. Needs the
packages of scripts/install-postgres.sh.`;

if (Deno.args.includes("--help")) {
  console.log(help);
  Deno.exit(0);
}

const cluster = await createCluster();
try {
  const database = await openDatabase({ url: cluster.url });
  await preparePlatform(database);
  await migrate(database, await readMigrations());
  const files = await generateFiles(database, cluster.url);
  await database.close();
  for (const [path, text] of Object.entries(files)) await Deno.writeTextFile(path, text);
} finally {
  await cluster.destroy();
}
