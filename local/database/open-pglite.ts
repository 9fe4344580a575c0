import "../lite-environment.ts";
import { createPgliteConnection } from "@supabase/lite/pglite";
import { vector } from "@electric-sql/pglite/vector";
import type { PGlite, Transaction } from "@electric-sql/pglite";
import type { Database } from "./open-database.ts";
import { bigintOid, numericOid, timestamptzOid, toIsoTimestamp } from "./rest-values.ts";
import type { Row, SqlClient } from "./sql-client.ts";

/** Opens PGlite with pgvector on a folder, or on `memory://`. */
export async function openPglite(url: string): Promise<Database> {
  const connection = await createPgliteConnection({
    url,
    pgliteOptions: {
      extensions: { vector },
      // PostgREST writes both as JSON numbers.
      parsers: { [timestamptzOid]: toIsoTimestamp, [numericOid]: Number, [bigintOid]: Number },
    },
  });
  const { driver } = connection;
  await driver.waitReady;
  let last: Promise<unknown> = Promise.resolve();

  const exclusive = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
  const client = clientOfPglite(driver);
  return {
    kind: "pglite",
    connection,
    exclusive,
    query: (statement, parameters) => exclusive(() => client.query(statement, parameters)),
    exec: (script) => exclusive(() => client.exec(script)),
    transaction: (work) => exclusive(() => client.transaction(work)),
    listen: async (channel, onNotify) => void await driver.listen(channel, onNotify),
    close: () => exclusive(() => connection.close()),
  };
}

/** The common interface over a PGlite that nobody else uses. */
export function clientOfPglite(driver: PGlite): SqlClient {
  return {
    ...statementsOf(driver),
    transaction: (work) => driver.transaction((inner) => work(statementsOf(inner))),
  };
}

function statementsOf(on: PGlite | Transaction): Pick<SqlClient, "query" | "exec"> {
  return {
    query: async <T extends Row>(statement: string, parameters: unknown[] = []) =>
      (await on.query<T>(statement, parameters)).rows,
    exec: async (script) => void await on.exec(script),
  };
}
