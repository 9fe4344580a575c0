import type { SqlClient } from "../../../local/database/sql-client.ts";
import { createGate } from "./concurrency.ts";

type Client = Pick<SqlClient, "query">;
type Work<T> = (client: Client, pause: () => Promise<void>) => Promise<T>;

/**
 * Begins a transaction, as `transact` does it, and leaves it open where its work pauses. Returns
 * what lets it go on and resolves when it has ended. Throws when it fails before.
 */
export async function pauseMidway<T>(
  transact: (work: (client: Client) => Promise<T>) => Promise<T>,
  work: Work<T>,
): Promise<() => Promise<T>> {
  const reached = createGate();
  const resumed = createGate();
  const running = transact((client) =>
    work(client, () => {
      reached.open();
      return resumed.passed;
    })
  );
  await Promise.race([reached.passed, running]);
  return () => {
    resumed.open();
    return running;
  };
}
