import "../lite-environment.ts";
import { createPostgresConnection } from "@supabase/lite/postgres";
import type postgres from "postgres";
import type { Database } from "./open-database.ts";
import {
  type ConnectionPool,
  createConnectionPool,
  type ReservedConnection,
} from "./connection-pool.ts";
import { bigintOid, numericOid, timestamptzOid, toIsoTimestamp } from "./rest-values.ts";
import type { Row, SqlClient } from "./sql-client.ts";

const maxConnections = 20;

/** Opens a PostgreSQL server by its URL. Throws when it cannot be reached. */
export async function openPostgres(url: string): Promise<Database> {
  const connection = createPostgresConnection({
    url,
    postgresOptions: {
      max: maxConnections,
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
  const pool = createConnectionPool(driver, maxConnections);
  Object.assign(driver, { reserve: pool.reserve });
  const client = clientOf((...query) => withConnection(pool, ({ unsafe }) => unsafe(...query)));
  await client.query("select 1");
  const listening: postgres.ListenMeta[] = [];
  return {
    kind: "postgres",
    connection,
    exclusive: (work) => work(),
    ...client,
    transaction: (work) => inTransaction(pool, work),
    listen: async (channel, onNotify) =>
      void listening.push(await driver.listen(channel, onNotify)),
    close: async () => {
      await pool.end();
      await driver.end({ timeout: 2 });
      await connection.close();
    },
  };
}

async function withConnection<T>(
  pool: ConnectionPool,
  work: (connection: ReservedConnection) => Promise<T>,
): Promise<T> {
  const connection = await pool.reserve();
  try {
    return await work(connection);
  } finally {
    connection.release();
  }
}

async function inTransaction<T>(
  pool: ConnectionPool,
  work: (client: Pick<SqlClient, "query" | "exec">) => Promise<T>,
): Promise<T> {
  return await withConnection(pool, async ({ unsafe }) => {
    await unsafe("begin");
    try {
      const result = await work(clientOf(unsafe));
      await unsafe("commit");
      return result;
    } catch (error) {
      await unsafe("rollback").catch(() => undefined);
      throw error;
    }
  });
}

function toJson(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function clientOf(
  run: ReservedConnection["unsafe"],
): Pick<SqlClient, "query" | "exec"> {
  return {
    query: async <T extends Row>(statement: string, parameters: unknown[] = []) =>
      [
        ...await run(statement, parameters as postgres.ParameterOrJSON<never>[]),
      ] as unknown[] as T[],
    exec: async (script) => void await run(script),
  };
}
