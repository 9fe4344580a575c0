import type postgres from "postgres";
import { type BenchRow, benchRow } from "../bench.ts";
import { makeOrganization } from "./fill.ts";
import type { JobServer } from "./job-server.ts";
import { pause } from "./sql-worker.ts";
import { startWorker } from "./start-worker.ts";
import { vectorOf } from "./vector-of.ts";

const leaseSeconds = 2;
const stops = 6;

/**
 * Workers are stopped for longer than their leases and go on, while documents change under them.
 * The rows count what must not be.
 */
export async function benchSuspended(
  { url, sql }: JobServer,
  say: (text: string) => void,
): Promise<BenchRow[]> {
  await sql`create table public.bench_trainings (job_id text)`;
  const ids = await addDocuments(sql, 12);
  const workers = Array.from(
    { length: 3 },
    () => startWorker({ url, lane: "embedding", leaseSeconds, concurrency: 3, workMs: 150 }),
  );
  const editing = setInterval(() => void edit(sql, ids).catch((error) => say(`${error}`)), 30);
  for (let stop = 0; stop < stops; stop++) {
    const victim = workers[stop % workers.length]!;
    await pause(500);
    victim.kill("SIGSTOP");
    await pause(leaseSeconds * 1000 + 500);
    victim.kill("SIGCONT");
  }
  clearInterval(editing);
  await untilDone(sql);
  for (const worker of workers) worker.kill("SIGTERM");
  await Promise.all(workers.map((worker) => worker.status));

  const [found] = await sql<{ jobs: number; doubled: number; wasted: number }[]>`
    select count(*)::integer as jobs,
      count(*) filter (where effect_count <> 1)::integer as doubled,
      sum(wasted_count)::integer as wasted
    from (
      select past.id,
        (select count(*) from public.bench_trainings as done where done.job_id = past.id::text)
          as effect_count,
        count(*) filter (where event.is_wasted) as wasted_count
      from private.job_history as past
      left join public.usage_events as event on event.job_id = past.id
      where past.kind = 'train_document' group by past.id
    ) as job`;
  const { jobs, doubled, wasted } = found!;
  say(`suspended workers: ${jobs} trainings, ${wasted} late or outdated results thrown away`);
  const scenario =
    `SIGSTOP past the lease ${stops} times, then SIGCONT, documents edited: ${jobs} trainings`;
  const common = {
    peer: null,
    peer_name: "none of the peers has fencing tokens",
    bar: { most: 0 },
  };
  return [
    benchRow({
      scenario: `${scenario}, those without exactly one effect`,
      unit: "jobs",
      ours: doubled,
      ...common,
    }),
    benchRow({
      scenario: `${scenario}, vectors whose hash is not the content's`,
      unit: "vectors",
      ours: await countWrongVectors(sql),
      ...common,
    }),
  ];
}

async function addDocuments(sql: postgres.Sql, count: number): Promise<string[]> {
  const orgId = await makeOrganization(sql);
  const rows = await sql<{ id: string }[]>`
    insert into public.vault_documents (id, org_id, title, storage_path, mime_type)
    select new.id, ${orgId}, 'Version 0', ${orgId} || '/' || new.id || '/handbook.md', 'text/markdown'
    from (select gen_random_uuid() as id from generate_series(1, ${count}::integer)) as new
    returning id`;
  return rows.map(({ id }) => id);
}

/** Changes a document, and has it trained again unless a training is open that will see it. */
async function edit(sql: postgres.Sql, ids: string[]): Promise<void> {
  const id = ids[Math.floor(Math.random() * ids.length)]!;
  await sql.begin(async (transaction) => {
    await transaction`
      update public.vault_documents set title = 'Version ' || gen_random_uuid() where id = ${id}`;
    await transaction`
      select private.enqueue_training_job(document, 'auto')
      from public.vault_documents as document
      where document.id = ${id} and not exists (
        select from public.mono_training_jobs as job
        where job.vault_document_id = document.id and job.status in ('queued', 'processing')
      )`;
  });
}

async function untilDone(sql: postgres.Sql): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (performance.now() < deadline) {
    const [open] = await sql<{ count: number }[]>`
      select count(*)::integer from private.jobs where kind = 'train_document'`;
    if (open!.count === 0) return;
    await pause(100);
  }
  throw new Error("the trainings of suspended workers are not done");
}

/** Chunks with another text's vector, and documents whose one live chunk is not their text. */
async function countWrongVectors(sql: postgres.Sql): Promise<number> {
  const rows = await sql<{ title: string; contents: string[]; vectors: string[] }[]>`
    select document.title, array_agg(chunk.content) as contents,
      array_agg(chunk.embedding::text) as vectors
    from public.vault_documents as document
    left join public.mono_training_chunks as chunk on chunk.vault_document_id = document.id
    where document.title <> 'Version 0'
    group by document.id`;
  return rows.filter(({ title, contents, vectors }) =>
    contents.length !== 1 || contents[0] !== title ||
    JSON.parse(vectors[0] ?? "[0]").some((value: number, index: number) =>
      Math.abs(value - vectorOf(title)[index]!) > 0.001
    )
  ).length;
}
