import { type BenchRow, benchRow, median } from "../bench.ts";
import { clearQueues, fillJobs, fillPgmq } from "./fill.ts";
import type { JobServer } from "./job-server.ts";
import { runPgbench } from "./pgbench.ts";
import { spreadOf } from "./spread.ts";

const runs = 7;

/** Claim and complete beside pgmq's read and archive: the same client, server and settings. */
export async function benchBesidePgmq(
  server: JobServer,
  say: (text: string) => void,
): Promise<BenchRow[]> {
  return [
    await compare(server, { batch: 10, clients: 4, rounds: 250, least: 1.2 }, say),
    await compare(server, { batch: 1, clients: 16, rounds: 250, least: 1 }, say),
  ];
}

async function compare(
  { url, sql }: JobServer,
  { batch, clients, rounds, least }: {
    batch: number;
    clients: number;
    rounds: number;
    least: number;
  },
  say: (text: string) => void,
): Promise<BenchRow> {
  const count = batch * clients * rounds;
  const ours: number[] = [];
  const pgmq: number[] = [];
  for (let run = 0; run < runs; run++) {
    await clearQueues(sql);
    await fillJobs(sql, { count });
    await fillPgmq(sql, count);
    await sql`vacuum (analyze) private.jobs`;
    await sql`vacuum (analyze) pgmq.q_bench`;
    // By turns first, so that neither always has the cooler machine.
    for (const side of run % 2 === 0 ? ["ours", "pgmq"] : ["pgmq", "ours"]) {
      await sql`checkpoint`;
      const script = side === "ours" ? scriptOfOurs(batch) : scriptOfPgmq(batch);
      const rate = await runPgbench({ url, script, clients, rounds });
      (side === "ours" ? ours : pgmq).push(rate * batch);
    }
  }
  const ratios = ours.map((rate, run) => rate / pgmq[run]!);
  const middle = ratios.indexOf(median(ratios));
  say(`batch ${batch}, ${clients} clients, ratios: ${spreadOf(ratios)}`);
  return benchRow({
    scenario: `claim + complete, batch ${batch}, ${clients} clients`,
    unit: "jobs/s",
    // Both of the run that has the median ratio.
    ours: ours[middle]!,
    peer: pgmq[middle]!,
    peer_name: "pgmq 1.11.1, read + archive",
    spread: spreadOf(ratios),
    bar: { least },
  });
}

/** Puts the references together as text, which a driver would do outside of the server. */
function scriptOfOurs(batch: number): string {
  const ref = `'{"job_id":"' || job_id || '","lease_token":"' || lease_token || '"}'`;
  return `select '[' || coalesce(string_agg(${ref}, ','), '') || ']' as refs from private.claim_jobs('w' || :client_id, null, ${batch}, 45) \\gset
select count(*) from private.complete_jobs(:refs::jsonb);`;
}

function scriptOfPgmq(batch: number): string {
  return `select coalesce(array_agg(msg_id), '{}') as ids from pgmq.read('bench', 45, ${batch}) \\gset
select count(*) from pgmq.archive('bench', :ids::bigint[]);`;
}
