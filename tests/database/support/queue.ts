import type { TestDatabase } from "../../support/test-database.ts";
import { only } from "../../support/test-database.ts";

/** A job as `claim_jobs` hands it out. */
export interface Lease {
  job_id: string;
  lease_token: string;
  org_id: string;
  lane: string;
  kind: string;
  attempt: number;
  payload: Record<string, unknown>;
}

export interface NewJob {
  org_id: string;
  lane: string;
  kind: string;
  dedupe_key: string;
  payload?: unknown;
  priority?: number;
  visible_at?: string;
  max_attempts?: number;
  input_hash?: string;
  est_tokens?: number;
}

type Enqueued = { job_id: string; dedupe_key: string; outcome: string };

/** `enqueue_jobs` as a worker calls it. */
export function enqueue(db: TestDatabase, jobs: unknown): Promise<Enqueued[]> {
  return db.as(
    "service_role",
    (client) =>
      client.query<Enqueued>("select * from public.enqueue_jobs($1)", [JSON.stringify(jobs)]),
  );
}

/** A held job that a claim takes along to another lane. */
export type Move = Ref & { lane: string; token_count?: number };

/** `claim_jobs` as a worker calls it. */
export function claim(
  db: TestDatabase,
  {
    worker = "worker",
    kinds = null,
    max = 10,
    seconds = 45,
    lanes = null,
    maxTokens = null,
    moves = null,
  }: {
    worker?: string;
    kinds?: string[] | null;
    max?: number | null;
    seconds?: number | null;
    lanes?: string[] | null;
    maxTokens?: number | null;
    moves?: Move[] | null;
  } = {},
): Promise<Lease[]> {
  return db.as("service_role", (client) =>
    client.query<Lease & Record<string, unknown>>(
      `select * from public.claim_jobs(
         $1, string_to_array($2, ','), $3, $4, string_to_array($5, ','), $6, $7
       )`,
      [
        worker,
        kinds?.join(",") ?? null,
        max,
        seconds,
        lanes?.join(",") ?? null,
        maxTokens,
        moves && JSON.stringify(moves),
      ],
    ));
}

type Ref = Pick<Lease, "job_id" | "lease_token">;
/** What a worker has consumed, as it reports it. */
export type Usage = {
  provider?: string;
  model?: string;
  input_tokens?: number;
  output_tokens?: number;
};

/** `complete_jobs` as a worker calls it; returns one outcome for each job, in no order. */
export async function completeAll(
  db: TestDatabase,
  refs: (Ref & { usage?: Usage })[],
): Promise<string[]> {
  const rows = await db.as(
    "service_role",
    (client) =>
      client.query<{ outcome: string }>("select * from public.complete_jobs($1)", [
        JSON.stringify(refs),
      ]),
  );
  return rows.map(({ outcome }) => outcome);
}

/** `defer_jobs` as a worker calls it, for one job. */
export async function defer(
  db: TestDatabase,
  { job_id, lease_token }: Ref,
  { seconds = null, scope = "lane", usage }: {
    seconds?: number | null;
    scope?: string | null;
    usage?: Usage;
  } = {},
): Promise<string> {
  const refs = [{ job_id, lease_token, code: "PROVIDER_RATE_LIMITED", message: "busy", usage }];
  const rows = await db.as(
    "service_role",
    (client) =>
      client.query<{ outcome: string }>("select * from public.defer_jobs($1, $2, $3)", [
        JSON.stringify(refs),
        seconds,
        scope,
      ]),
  );
  return only(rows).outcome;
}

/** `fail_jobs` as a worker calls it, for one job. */
export async function fail(
  db: TestDatabase,
  { job_id, lease_token }: Ref,
  failure: {
    code?: string;
    message?: string;
    is_permanent?: boolean | null;
    retry_after?: number;
    usage?: Usage;
  } = {},
): Promise<string> {
  const refs = [{ job_id, lease_token, code: "TEST", message: "no luck", ...failure }];
  const rows = await db.as(
    "service_role",
    (client) =>
      client.query<{ outcome: string }>("select * from public.fail_jobs($1)", [
        JSON.stringify(refs),
      ]),
  );
  return only(rows).outcome;
}

/** `release_jobs` as a worker calls it; returns how many jobs are due. */
export async function release(db: TestDatabase, worker = "worker"): Promise<number> {
  const rows = await db.as(
    "service_role",
    (client) =>
      client.query<{ due: number }>("select public.release_jobs($1)::integer as due", [worker]),
  );
  return only(rows).due;
}

/** Ends the lease of a job, or makes a waiting one due, as time would. */
export async function makeDue(db: TestDatabase, jobId: string): Promise<void> {
  await db.query(
    "update private.jobs set visible_at = now() - interval '1 second' where id = $1::text::bigint",
    [jobId],
  );
}

/** Lets so many seconds go by for a lane: its budgets, its pause and what a refusal left of its cap. */
export async function ageLane(db: TestDatabase, lane: string, seconds: number): Promise<void> {
  await db.query(
    `update private.lanes
     set refilled_at = refilled_at - make_interval(secs => $2::double precision),
         reduced_at = reduced_at - make_interval(secs => $2::double precision),
         paused_until = paused_until - make_interval(secs => $2::double precision)
     where lane = $1`,
    [lane, seconds],
  );
}

/** A job that has not ended. */
export type JobRow = {
  attempt: number;
  progress: number;
  priority: number;
  payload: unknown;
  lease_token: string | null;
  worker_id: string | null;
  last_error: { code: string; message: string } | null;
  /** Seconds until it is due; negative when it has been for a while. */
  due_in: number;
};

/** The job if it has not ended, else undefined. */
export async function readJob(db: TestDatabase, jobId: string): Promise<JobRow | undefined> {
  const rows = await db.query<JobRow>(
    `select attempt::integer, progress, priority::integer, payload, lease_token, worker_id,
       last_error,
       extract(epoch from visible_at - clock_timestamp())::double precision as due_in
     from private.jobs where id = $1::text::bigint`,
    [jobId],
  );
  return rows[0];
}

export type EndedJob = { outcome: string; error: unknown; usage: unknown; attempt: number };

/** How the job ended, or undefined when it has not. */
export async function readHistory(db: TestDatabase, jobId: string): Promise<EndedJob | undefined> {
  const rows = await db.query<EndedJob>(
    `select outcome, error, usage, attempt::integer from private.job_history
     where id = $1::text::bigint`,
    [jobId],
  );
  return rows[0];
}

/** A lane and a kind that no other test uses. */
export interface Queue {
  lane: string;
  kind: string;
  /** One job for each key, or for each partial job, as `enqueue_jobs` takes it. */
  toJobs(...jobs: (string | Partial<NewJob>)[]): NewJob[];
  /** Enqueues them. */
  enqueue(...jobs: (string | Partial<NewJob>)[]): Promise<Enqueued[]>;
  claim(
    options?: {
      worker?: string;
      max?: number;
      seconds?: number;
      maxTokens?: number;
      moves?: Move[];
    },
  ): Promise<Lease[]>;
}

/** Makes a lane and a kind for one test, for jobs of an organisation. */
export async function createQueue(
  db: TestDatabase,
  orgId: string,
  { maxInFlight = 100, requestsPerMinute = null, tokensPerMinute = null }: {
    maxInFlight?: number;
    requestsPerMinute?: number | null;
    tokensPerMinute?: number | null;
  } = {},
): Promise<Queue> {
  const name = `test_${crypto.randomUUID()}`;
  await db.query(
    `insert into private.lanes (lane, max_in_flight, requests_per_minute, tokens_per_minute)
     values ($1, $2, $3, $4)`,
    [name, maxInFlight, requestsPerMinute, tokensPerMinute],
  );
  const toJob = (job: string | Partial<NewJob>): NewJob => ({
    org_id: orgId,
    lane: name,
    kind: name,
    dedupe_key: crypto.randomUUID(),
    ...(typeof job === "string" ? { dedupe_key: job } : job),
  });
  return {
    lane: name,
    kind: name,
    toJobs: (...jobs) => jobs.map(toJob),
    enqueue: (...jobs) => enqueue(db, jobs.map(toJob)),
    claim: (options = {}) => claim(db, { kinds: [name], ...options }),
  };
}
