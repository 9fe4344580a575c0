import type { Database } from "../../local/database/open-database.ts";
import { until } from "./until.ts";

/** Waits for the job that wakes workers: others, due on the minute, may run before it. */
export async function untilCronTicks(database: Database): Promise<void> {
  await until("cron has ticked", async () => {
    const [health] = await database.query<{ last_tick_at: Date | null }>(
      "select last_tick_at from private.get_job_health()",
    );
    return health!.last_tick_at;
  });
}
