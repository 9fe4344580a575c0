import type { Queue } from "../../database/support/queue.ts";
import type { TestDatabase } from "../../support/test-database.ts";
import { pauseMidway } from "./pause-midway.ts";

/** Enqueues a job in a transaction that stays open until what is returned ends it. */
export function enqueueMidway(
  db: TestDatabase,
  queue: Queue,
  key: string,
): Promise<() => Promise<void>> {
  return pauseMidway<void>(db.transaction, async (client, pause) => {
    await client.query("select private.enqueue_jobs($1)", [JSON.stringify(queue.toJobs(key))]);
    await pause();
  });
}
