import { runPgbench } from "../jobs/pgbench.ts";
import type postgres from "postgres";
import { model, toUuid } from "./load.ts";
import { urlAs } from "./open-client.ts";
import type { Task } from "./measure-arm.ts";

/** Searches a second by one client and by eight. */
export interface Rates {
  one: number;
  eight: number;
}

/** Puts the tasks where pgbench can reach them: it makes no vectors. */
export async function storeTasks(sql: postgres.Sql, tasks: Task[]): Promise<void> {
  await sql`drop table if exists public.bench_task`;
  await sql`
    create table public.bench_task (
      number integer primary key, org_id uuid, query text, embedding extensions.vector(1024)
    )`;
  await sql`grant select on public.bench_task to authenticated`;
  for (const [number, { org, question }] of tasks.entries()) {
    await sql`insert into public.bench_task values (
      ${number}, ${toUuid(org)}, ${question.text}, ${
      JSON.stringify([...question.vector])
    }::text::extensions.vector
    )`;
  }
}

/** How many of the stored tasks Maestro's and the guide's vector search do in a second. */
export async function measureRates(
  url: string,
  taskCount: number,
): Promise<{ ours: Rates; guide: Rates }> {
  const ours = `public.search_knowledge(
    task.org_id, task.query, task.embedding, p_match_count => 10, p_mode => 'vector',
    p_embedding_model => '${model}'
  )`;
  const guide = "public.match_documents(task.embedding, -1, 10)";
  const rate = (call: string, clients: number, rounds: number) =>
    runPgbench({
      url: urlAs(url, "authenticated"),
      script: `\\set n random(0, ${taskCount - 1})
select count(found.id) from public.bench_task as task cross join lateral ${
        call.replaceAll(/\s+/g, " ")
      } as found where task.number = :n;`,
      clients,
      rounds,
    });
  return {
    ours: { one: await rate(ours, 1, 300), eight: await rate(ours, 8, 100) },
    guide: { one: await rate(guide, 1, 300), eight: await rate(guide, 8, 100) },
  };
}
