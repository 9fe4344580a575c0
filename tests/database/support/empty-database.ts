import { inject } from "vitest";
import { openDatabase } from "../../../local/database/open-database.ts";
import type { SqlClient } from "../../../local/database/sql-client.ts";

/** A database of the tier under test with nothing in it, not even what the platform brings. */
export interface EmptyDatabase extends SqlClient, AsyncDisposable {
  /** On the native tier, where other programs reach it; null on PGlite. */
  url: string | null;
}

/** Makes one; the caller disposes of it. */
export async function createEmptyDatabase(): Promise<EmptyDatabase> {
  const { templateUrl } = inject("database");
  if (!templateUrl) {
    const db = await openDatabase({ memory: true });
    return { ...db, url: null, [Symbol.asyncDispose]: () => db.close() };
  }
  const name = `test_${crypto.randomUUID().replaceAll("-", "")}`;
  const url = new URL(templateUrl);
  url.pathname = "/postgres";
  const admin = await openDatabase({ url: url.href });
  await admin.exec(`create database ${name}`);
  url.pathname = `/${name}`;
  const db = await openDatabase({ url: url.href });
  return {
    ...db,
    url: url.href,
    [Symbol.asyncDispose]: async () => {
      await db.close();
      await admin.exec(`drop database ${name} with (force)`);
      await admin.close();
    },
  };
}
