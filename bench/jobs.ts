import type { Bench, BenchRow } from "./bench.ts";
import { benchBesidePgmq } from "./jobs/beside-pgmq.ts";
import { openEngines } from "./jobs/engines.ts";
import { makeLane } from "./jobs/fill.ts";
import { startJobServer } from "./jobs/job-server.ts";
import { benchLatency } from "./jobs/latency.ts";
import { benchThroughput } from "./jobs/throughput.ts";

/** The bars of the job engine, each beside its peer in this run, on a real PostgreSQL. */
export const benchJobs: Bench = async ({ say, describe }) => {
  const server = await startJobServer();
  const rows: BenchRow[] = [];
  try {
    describe({ database: "postgresql", ...server.settings });
    await makeLane(server.sql, "bench");
    if (!Deno.env.get("SKIP")) rows.push(...await benchBesidePgmq(server, say));
    const engines = await openEngines(server);
    rows.push(...await benchThroughput(engines, say));
    rows.push(...await benchLatency(server.sql, engines, say));
    await engines.close();
  } finally {
    await server.stop();
  }
  return rows;
};
