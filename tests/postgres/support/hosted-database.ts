import { type Database, openDatabase } from "../../../local/database/open-database.ts";
import {
  type DefaultPrivileges,
  preparePlatform,
} from "../../../local/database/prepare-platform.ts";
import { createEmptyDatabase } from "../../database/support/empty-database.ts";

/** A database as a hosted project has it before the first migration. */
export interface HostedDatabase extends AsyncDisposable {
  /** As its role `postgres`, which is not a superuser here. */
  client: Database;
  /** Connects as that role. */
  url: string;
  /** As who owns the platform. */
  admin: Pick<Database, "query" | "exec">;
}

const folder = new URL("./", import.meta.url);
const platform = new URL("../../../local/database/sql/", import.meta.url);

/**
 * Makes one under either regime of default privileges. Migrations get `searchPath`: a linked
 * `db push` has another one than a connection by URL.
 */
export async function createHostedDatabase(
  regime: DefaultPrivileges,
  searchPath: string,
): Promise<HostedDatabase> {
  const admin = await createEmptyDatabase();
  await preparePlatform(admin, regime);
  const database = new URL(admin.url!).pathname.slice(1);
  const role = database.replace("test_", "hosted_");
  const template = await Deno.readTextFile(new URL("hosted-role.sql", folder));
  await admin.exec(template.replaceAll(":role", role).replaceAll(":database", database));
  const defaults = await Deno.readTextFile(new URL(`default-privileges-${regime}.sql`, platform));
  await admin.exec(
    defaults.replaceAll("alter default privileges", `alter default privileges for role ${role}`),
  );
  await admin.exec(`alter role ${role} in database ${database} set search_path to ${searchPath}`);

  const url = new URL(admin.url!);
  url.username = role;
  url.password = "hosted";
  const client = await openDatabase({ url: url.href });
  return {
    client,
    url: url.href,
    admin,
    [Symbol.asyncDispose]: async () => {
      await client.close();
      await admin[Symbol.asyncDispose]();
      await dropRole(new URL(admin.url!), role);
    },
  };
}

/** A role outlives its database. */
async function dropRole(url: URL, role: string): Promise<void> {
  url.pathname = "/postgres";
  const server = await openDatabase({ url: url.href });
  await server.exec(`drop role ${role}`);
  await server.close();
}
