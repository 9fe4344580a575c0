import postgres from "postgres";

type Rows = postgres.RowList<postgres.Row[]>;

/** A connection that its caller has to itself until it is released. */
export interface ReservedConnection {
  /** Runs a statement with `$1`-style parameters, or a script without any. */
  unsafe(
    statement: string,
    parameters?: postgres.ParameterOrJSON<never>[],
  ): Promise<Rows>;
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
  isLost: boolean;
  /** Of those who wait for an answer. */
  rejects: Set<(error: Error) => void>;
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
    isLost: false,
    rejects: new Set(),
    // Its own list of options is what postgres makes its connection for `listen` of, too.
    sql: postgres({
      ...driver.options,
      max: 1,
      max_lifetime: null,
      onclose: () => {
        connection.isLost = true;
        onLost();
        for (const reject of connection.rejects) reject(lossOf());
      },
    } as unknown as postgres.Options<Record<string, never>>),
  };
  return connection;
}

function lossOf(): Error {
  return Object.assign(new Error("the server has closed the connection"), { code: "08006" });
}

const none = [] as unknown as Rows;

/** What opens a request's transaction. */
const opening = /^(begin$|select set_config\()/;

function toReserved(connection: Connection, release: () => void): ReservedConnection {
  const sent: Promise<Rows>[] = [];
  return {
    unsafe: async (statement, parameters = []) => {
      if (connection.isLost) throw lossOf();
      if (parameters.some(isTooDeep)) throw tooDeep();
      // As PostgREST does: parsed once a connection, and sent without asking for the types again.
      const prepare = parameters.length > 0;
      const answer = connection.sql.unsafe(statement, parameters, { prepare });
      // Sends it; and if nobody asks for its answer any more, its failure is nobody's.
      answer.catch(() => undefined);
      sent.push(answer);
      // Nobody reads its answer: it goes out together with the statement that follows.
      if (opening.test(statement)) return none;
      // Of those that fail the first says why.
      const answers = await untilLost(connection, Promise.all(sent.splice(0)));
      return answers.at(-1)!;
    },
    release,
  };
}

const mostDepth = 1000;

/** postgres 3.4.9 overflows the stack when it writes such a list, and waits for its answer for ever. */
function isTooDeep(parameter: unknown): boolean {
  let level = [parameter];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > mostDepth) return true;
    level = level.flatMap((value) => Array.isArray(value) ? value : []);
  }
  return false;
}

function tooDeep(): Error {
  return Object.assign(new Error("a value is nested too deeply"), { code: "22P02" });
}

function untilLost<T>({ rejects }: Connection, work: Promise<T>): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  rejects.add(reject);
  work.then(resolve, reject).finally(() => rejects.delete(reject));
  return promise;
}
