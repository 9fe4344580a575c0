import type postgres from "postgres";

/** What `fill` enqueues. */
export interface Filling {
  count: number;
  lane?: string;
  orgId?: string | null;
  kind?: string;
  /** Seconds until the jobs are due. */
  delay?: number;
  payload?: postgres.JSONValue;
}

/** Empties the queues, and makes their statistics and pages as fresh for one as for the other. */
export async function clearQueues(sql: postgres.Sql): Promise<void> {
  await sql`truncate private.jobs, private.job_history, private.workers, pgmq.q_bench, pgmq.a_bench`;
}

/** Enqueues jobs with keys of their own, as a producer does, a thousand a call. */
export async function fillJobs(
  sql: postgres.Sql,
  { count, lane = "bench", orgId = null, kind = "bench", delay = 0, payload = {} }: Filling,
): Promise<void> {
  for (let done = 0; done < count; done += 1000) {
    await sql`
      select count(*) from private.enqueue_jobs((
        select jsonb_agg(jsonb_build_object(
          'org_id', ${orgId}::uuid, 'lane', ${lane}::text, 'kind', ${kind}::text,
          'dedupe_key', gen_random_uuid(), 'payload', ${sql.json(payload)}::jsonb,
          'visible_at', clock_timestamp() + make_interval(secs => ${delay})
        ))
        from generate_series(1, ${Math.min(1000, count - done)}::integer)
      ))`;
  }
}

/** Sends as many messages to pgmq's queue. */
export async function fillPgmq(sql: postgres.Sql, count: number): Promise<void> {
  await sql`
    select count(*) from pgmq.send_batch(
      'bench', array(select '{}'::jsonb from generate_series(1, ${count}::integer))
    )`;
}

/** Makes the lane that the bench's jobs go to, without any limit that matters. */
export async function makeLane(
  sql: postgres.Sql,
  lane: string,
  { requestsPerMinute = null }: { requestsPerMinute?: number | null } = {},
): Promise<void> {
  await sql`
    insert into private.lanes (lane, max_in_flight, requests_per_minute)
    values (${lane}, 1000, ${requestsPerMinute})`;
}

/** A new organisation. */
export async function makeOrganization(sql: postgres.Sql): Promise<string> {
  const [made] = await sql<{ id: string }[]>`
    insert into public.organizations (name) values ('Bench') returning id`;
  return made!.id;
}
