import postgres from "postgres";

/** A connection that its caller has to itself until it is released. */
export interface ReservedConnection {
  /** Runs a statement with `$1`-style parameters, or a script without any. */
  unsafe(
    statement: string,
    parameters?: postgres.ParameterOrJSON<never>[],
  ): Promise<postgres.RowList<postgres.Row[]>>;
  release(): void;
}

/** Connections to one server. */
export interface ConnectionPool {
  /** Waits for a free connection when all are in use. */
  reserve(): Promise<ReservedConnection>;
  /** Ends all of them, at the latest after two seconds: one that broke may never say goodbye. */
  end(): Promise<void>;
}

interface Connection {
  sql: postgres.Sql;
  /** Rejects the statements that wait for an answer, once the server has closed the connection. */
  unanswered: Set<(reason: Error) => void>;
  isLost: boolean;
}

/**
 * Connections as `driver` makes them, of which none outlives its server. postgres 3.4.9 writes what
 * comes after the loss of a reserved connection, such as a rollback, to a socket that is gone, waits
 * for the answer for ever, and hands the connection to others when it is released.
 */
export function createConnectionPool(driver: postgres.Sql, size: number): ConnectionPool {
  const all = new Set<Connection>();
  const idle: Connection[] = [];
  const waiting: ((connection: Connection) => void)[] = [];

  const open = () => {
    const connection = connect(driver, () => all.delete(connection));
    all.add(connection);
    return connection;
  };
  const acquire = (): Connection | Promise<Connection> => {
    const connection = idle.pop();
    // One may have been lost while nobody used it.
    if (connection) return connection.isLost ? acquire() : connection;
    if (all.size < size) return open();
    return new Promise((resolve) => waiting.push(resolve));
  };
  const release = (connection: Connection) => {
    const next = waiting.shift();
    if (next) next(connection.isLost ? open() : connection);
    else if (!connection.isLost) idle.push(connection);
  };
  return {
    reserve: async () => {
      const connection = await acquire();
      return toReserved(connection, () => release(connection));
    },
    end: async () => {
      await Promise.all([...all].map(({ sql }) => sql.end({ timeout: 2 })));
    },
  };
}

function connect(driver: postgres.Sql, onLost: () => void): Connection {
  const connection: Connection = {
    unanswered: new Set(),
    isLost: false,
    // Its own list of options is what postgres makes its connection for `listen` of, too.
    sql: postgres({
      ...driver.options,
      max: 1,
      max_lifetime: null,
      onclose: () => {
        connection.isLost = true;
        onLost();
        for (const reject of connection.unanswered) reject(lossOf());
      },
    } as unknown as postgres.Options<Record<string, never>>),
  };
  return connection;
}

function toReserved(connection: Connection, release: () => void): ReservedConnection {
  return {
    unsafe: async (statement, parameters = []) => {
      if (connection.isLost) throw lossOf();
      // Its own promise: one for the whole connection would keep every answer as long as that lives.
      const { promise: lost, reject } = Promise.withResolvers<never>();
      connection.unanswered.add(reject);
      try {
        return await Promise.race([connection.sql.unsafe(statement, parameters), lost]);
      } finally {
        connection.unanswered.delete(reject);
      }
    },
    release,
  };
}

function lossOf(): Error {
  return Object.assign(new Error("the server has closed the connection"), { code: "08006" });
}
