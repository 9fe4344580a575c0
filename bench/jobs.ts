import type { Bench, BenchRow } from "./bench.ts";
import { benchBesidePgmq } from "./jobs/beside-pgmq.ts";
import { benchDelayed } from "./jobs/delayed.ts";
import { openEngines } from "./jobs/engines.ts";
import { benchFairness } from "./jobs/fairness.ts";
import { makeLane } from "./jobs/fill.ts";
import { benchIdle } from "./jobs/idle.ts";
import { startJobServer } from "./jobs/job-server.ts";
import { benchKilled } from "./jobs/killed.ts";
import { benchLatency } from "./jobs/latency.ts";
import { benchRateLimit } from "./jobs/rate-limit.ts";
import { benchSuspended } from "./jobs/suspended.ts";
import { benchThroughput } from "./jobs/throughput.ts";

/** The bars of the job engine, each beside its peer in this run, on a real PostgreSQL. */
export const benchJobs: Bench = async ({ say, describe }) => {
  const server = await startJobServer();
  const rows: BenchRow[] = [];
  try {
    describe({ database: "postgresql", ...server.settings });
    await makeLane(server.sql, "bench");
    rows.push(...await benchBesidePgmq(server, say));
    const engines = await openEngines(server);
    rows.push(...await benchThroughput(engines, say));
    rows.push(...await benchLatency(server.sql, engines, say));
    rows.push(await benchFairness(server, say));
    rows.push(await benchDelayed(server, say));
    // These wait more than they work: the provider's three minutes leave room for the others.
    const [limited, ...others] = await Promise.all([
      benchRateLimit(server, say),
      (async () => [await benchKilled(server, say), ...await benchSuspended(server, say)])(),
      benchIdle(server, engines, say),
    ]);
    rows.push(...others.flat(), ...limited);
    await engines.close();
  } finally {
    await server.stop();
  }
  return rows;
};
