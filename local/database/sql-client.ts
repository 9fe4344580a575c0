/** One row of a result, by column name. */
export type Row = Record<string, unknown>;

/** What the local stack and the tests need of a database, whichever of the two kinds it is. */
export interface SqlClient {
  /** Runs one statement with `$1`-style parameters. */
  query<T extends Row = Row>(statement: string, parameters?: unknown[]): Promise<T[]>;
  /** Runs a script of several statements. */
  exec(script: string): Promise<void>;
  /** Runs `work` in one transaction on one connection; rolls back when it throws. */
  transaction<T>(work: (client: Pick<SqlClient, "query" | "exec">) => Promise<T>): Promise<T>;
}
