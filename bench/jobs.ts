import type { Bench, BenchRow } from "./bench.ts";
import { benchBesidePgmq } from "./jobs/beside-pgmq.ts";
import { makeLane } from "./jobs/fill.ts";
import { startJobServer } from "./jobs/job-server.ts";

/** The bars of the job engine, each beside its peer in this run, on a real PostgreSQL. */
export const benchJobs: Bench = async ({ say, describe }) => {
  const server = await startJobServer();
  const rows: BenchRow[] = [];
  try {
    describe({ database: "postgresql", ...server.settings });
    await makeLane(server.sql, "bench");
    rows.push(...await benchBesidePgmq(server, say));
  } finally {
    await server.stop();
  }
  return rows;
};
