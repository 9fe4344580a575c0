import { PGlite } from "@electric-sql/pglite";
import { vector } from "@electric-sql/pglite/vector";
import { inject } from "vitest";
import { openDatabase } from "../../local/database/open-database.ts";
import type { Row, SqlClient } from "../../local/database/sql-client.ts";
import { clientOfPglite } from "../../local/database/open-pglite.ts";

/** A migrated database of a test file's own. */
export interface TestDatabase extends SqlClient, AsyncDisposable {
  /** Runs `work` as PostgREST would for this user: role and claims set for one transaction. */
  as<T>(persona: Persona, work: (client: Pick<SqlClient, "query">) => Promise<T>): Promise<T>;
}

/** Who asks: a user by id, nobody, or the service role. */
export type Persona = { userId: string } | "anon" | "service_role";

/**
 * Makes a database from what `tests/support/global-setup.ts` has prepared: a copy of its PGlite
 * dump, or of its template on the native tier.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { templateUrl, dump } = inject("database");
  const { client, close } = templateUrl ? await copyTemplate(templateUrl) : await loadDump(dump);
  return {
    ...client,
    as: (persona, work) =>
      client.transaction(async (transaction) => {
        await become(transaction, persona);
        return await work(transaction);
      }),
    [Symbol.asyncDispose]: close,
  };
}

async function become(client: Pick<SqlClient, "query">, persona: Persona): Promise<void> {
  const role = typeof persona === "string" ? persona : "authenticated";
  const sub = typeof persona === "string" ? "" : persona.userId;
  await client.query(
    `select set_config('request.jwt.claims', $1, true),
       set_config('request.jwt.claim.sub', $2, true), set_config('role', $3, true)`,
    [JSON.stringify({ role, ...(sub && { sub }) }), sub, role],
  );
}

async function loadDump(path: string) {
  const db = await PGlite.create({
    extensions: { vector },
    loadDataDir: new Blob([await Deno.readFile(path)]),
  });
  return { client: clientOfPglite(db), close: () => db.close() };
}

async function copyTemplate(templateUrl: string) {
  const name = `test_${crypto.randomUUID().replaceAll("-", "")}`;
  const server = new URL(templateUrl);
  const template = server.pathname.slice(1);
  server.pathname = "/postgres";
  const admin = await openDatabase({ url: server.href });
  await admin.exec(`create database ${name} template ${template}`);
  server.pathname = `/${name}`;
  const client = await openDatabase({ url: server.href });
  const close = async () => {
    await client.close();
    await admin.exec(`drop database ${name} with (force)`);
    await admin.close();
  };
  return { client: client satisfies SqlClient, close };
}

/** The only row of a result. Throws when there is another number of them. */
export function only<T extends Row>(rows: T[]): T {
  if (rows.length !== 1) throw new Error(`expected one row, got ${rows.length}`);
  return rows[0]!;
}
