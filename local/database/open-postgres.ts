import "../lite-environment.ts";
import { createPostgresConnection } from "@supabase/lite/postgres";
import type postgres from "postgres";
import type { Database } from "./open-database.ts";
import { bigintOid, numericOid, timestamptzOid, toIsoTimestamp } from "./rest-values.ts";
import type { Row, SqlClient } from "./sql-client.ts";
import { surviveLostSockets } from "./survive-lost-sockets.ts";

/** Opens a PostgreSQL server by its URL. Throws when it cannot be reached. */
export async function openPostgres(url: string): Promise<Database> {
  surviveLostSockets();
  const connection = createPostgresConnection({
    url,
    postgresOptions: {
      max: 20,
      onnotice: () => undefined,
      types: {
        // lite hands over JSON that it has written already.
        json: { to: 114, from: [114], serialize: toJson, parse: JSON.parse },
        jsonb: { to: 3802, from: [3802], serialize: toJson, parse: JSON.parse },
        // PostgREST writes both as JSON numbers.
        numeric: { to: numericOid, from: [numericOid], serialize: String, parse: Number },
        bigint: { to: bigintOid, from: [bigintOid], serialize: String, parse: Number },
        timestamptz: {
          to: timestamptzOid,
          from: [timestamptzOid],
          serialize: String,
          parse: toIsoTimestamp,
        },
      },
    },
  });
  const { driver } = connection;
  await driver`select 1`;
  const listening: postgres.ListenMeta[] = [];
  return {
    kind: "postgres",
    connection,
    exclusive: (work) => work(),
    ...clientOf(driver),
    transaction: async <T>(work: (client: Pick<SqlClient, "query" | "exec">) => Promise<T>) =>
      await driver.begin((inner) => work(clientOf(inner))) as T,
    listen: async (channel, onNotify) =>
      void listening.push(await driver.listen(channel, onNotify)),
    close: async () => {
      // A connection that the server has broken may never say goodbye.
      await driver.end({ timeout: 2 });
      await connection.close();
    },
  };
}

function toJson(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function clientOf(
  sql: Pick<postgres.Sql, "unsafe">,
): Pick<SqlClient, "query" | "exec"> {
  return {
    query: async <T extends Row>(statement: string, parameters: unknown[] = []) =>
      [...await sql.unsafe<T[]>(statement, parameters as postgres.ParameterOrJSON<never>[])] as T[],
    exec: async (script) => void await sql.unsafe(script),
  };
}
