import { openDatabase } from "../local/database/open-database.ts";
import { migrate, readMigrations } from "../local/database/migrate.ts";
import { preparePlatform } from "../local/database/prepare-platform.ts";
import { createCluster } from "./support/postgres-cluster.ts";

const help = `Usage: npm run types

Writes shared/database.types.ts from the migrations, with the Supabase CLI on a throw-away
PostgreSQL 17. Needs the packages of scripts/install-postgres.sh.`;

if (Deno.args.includes("--help")) {
  console.log(help);
  Deno.exit(0);
}

const cluster = await createCluster();
try {
  const database = await openDatabase({ url: cluster.url });
  await preparePlatform(database);
  await migrate(database, await readMigrations());
  await database.close();

  const { success, stdout, stderr } = await new Deno.Command("node_modules/.bin/supabase", {
    args: [
      "gen",
      "types",
      "typescript",
      `--remote=${cluster.url}`,
      "--schema=public",
      "--agent=no",
    ],
    env: { PGSSLMODE: "disable" },
  }).output();
  const text = new TextDecoder().decode(stdout);
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  // The CLI prints its notices to stdout, before the types.
  const types = text.slice(text.indexOf("export type Json"));
  await Deno.writeTextFile("shared/database.types.ts", types);
} finally {
  await cluster.destroy();
}
