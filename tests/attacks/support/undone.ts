import type { SqlClient } from "../../../local/database/sql-client.ts";
import type { Persona, TestDatabase } from "../../support/test-database.ts";

/** Does work as somebody and takes it back; what it came to is all that is left of it. */
export async function undone<T>(
  db: TestDatabase,
  persona: Persona,
  work: (client: Pick<SqlClient, "query">) => Promise<T>,
): Promise<T> {
  const undo = new Error("undone");
  const result = Promise.withResolvers<T>();
  try {
    await db.as(persona, async (client) => {
      result.resolve(await work(client));
      throw undo;
    });
  } catch (error) {
    if (error === undo) return await result.promise;
    throw error;
  }
  throw new Error("nothing was undone");
}
