import type { TestProject } from "vitest/node";
import { PGlite } from "@electric-sql/pglite";
import { vector } from "@electric-sql/pglite/vector";
import { migrate, readMigrations } from "../../local/database/migrate.ts";
import { openDatabase } from "../../local/database/open-database.ts";
import { clientOfPglite } from "../../local/database/open-pglite.ts";
import { preparePlatform } from "../../local/database/prepare-platform.ts";
import type { SqlClient } from "../../local/database/sql-client.ts";
import { startStack } from "../../local/stack.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Where `createTestDatabase` copies from: a template on the native tier, else a PGlite dump. */
    database: { templateUrl: string | null; dump: string };
    /** The stack that the HTTP tests share. */
    stack: {
      url: string;
      publishableKey: string;
      secretKey: string;
      cronKey: string;
      /** Folder of its objects and keys. */
      data: string;
      /** On the native tier, the server's URL; null on PGlite. */
      databaseUrl: string | null;
    };
  }
}

/** Runs once before all tests: prepares the database to copy, and starts the stack to call. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const databaseUrl = Deno.env.get("DATABASE_URL") ?? null;
  const folder = await Deno.makeTempDir({ prefix: "maestro-test-" });
  const dump = `${folder}/database.tar`;
  const templateUrl = databaseUrl && await createTemplate(databaseUrl);
  if (!templateUrl) await writeDump(dump);
  project.provide("database", { templateUrl, dump });

  const stack = await startStack({
    port: 0,
    data: null,
    cron: true,
    ...(databaseUrl && { databaseUrl }),
  });
  const { publishableKey, secretKey, cronKey } = stack.keys;
  const { url, data } = stack;
  project.provide("stack", { url, publishableKey, secretKey, cronKey, data, databaseUrl });
  return async () => {
    await stack.stop();
    await Deno.remove(folder, { recursive: true });
  };
}

async function build(client: SqlClient): Promise<void> {
  await preparePlatform(client);
  await migrate(client, await readMigrations());
}

async function writeDump(path: string): Promise<void> {
  const db = await PGlite.create({ extensions: { vector } });
  await build(clientOfPglite(db));
  const dump = await db.dumpDataDir("none");
  await Deno.writeFile(path, dump.stream());
  await db.close();
}

async function createTemplate(databaseUrl: string): Promise<string> {
  const admin = await openDatabase({ url: databaseUrl });
  await admin.exec("drop database if exists maestro_template with (force)");
  await admin.exec("create database maestro_template");
  await admin.close();
  const url = new URL(databaseUrl);
  url.pathname = "/maestro_template";
  const template = await openDatabase({ url: url.href });
  await build(template);
  await template.close();
  return url.href;
}
