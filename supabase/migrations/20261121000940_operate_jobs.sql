-- What operators do with jobs: redrive, cancel.
create function private.assert_job_filter(filter jsonb)
returns void
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  if jsonb_typeof(filter) is distinct from 'object' or filter = '{}'
    or filter - array['job_ids', 'org_id', 'lane', 'kind', 'code'] <> '{}'
    or jsonb_typeof(coalesce(filter -> 'job_ids', '[]')) <> 'array'
    or jsonb_path_exists(filter, '$.job_ids[*] ? (@.type() != "string")')
  then
    perform private.raise_error(
      'INVALID_REQUEST', 400, 'The filter takes job_ids, org_id, lane, kind and code', null,
      'Name at least one of them'
    );
  end if;
end
$$;
comment on function private.assert_job_filter(jsonb) is
  'Raises INVALID_REQUEST for a filter that names nothing, or something unknown: a slip must not meet every job.';
revoke all on function private.assert_job_filter(jsonb)
  from public, anon, authenticated, service_role;

create function private.get_filter_job_ids(filter jsonb)
returns bigint[]
language sql
immutable
security invoker
set search_path = ''
as $$
  select case when filter ? 'job_ids' then array(
    select named.id::bigint from jsonb_array_elements_text(filter -> 'job_ids') as named (id)
    where named.id ~ '^[0-9]{1,18}$'
  ) end
$$;
comment on function private.get_filter_job_ids(jsonb) is
  'The job ids that a filter names, null when it names none; what is no number names no job.';
revoke all on function private.get_filter_job_ids(jsonb)
  from public, anon, authenticated, service_role;

create function private.is_job_match(
  filter jsonb,
  org_id uuid,
  lane text,
  kind text,
  error jsonb
)
returns boolean
language sql
immutable
security invoker
set search_path = ''
as $$
  select coalesce(filter ->> 'org_id' = is_job_match.org_id::text, filter -> 'org_id' is null)
    and coalesce(filter ->> 'lane' = is_job_match.lane, filter -> 'lane' is null)
    and coalesce(filter ->> 'kind' = is_job_match.kind, filter -> 'kind' is null)
    and coalesce(filter ->> 'code' = is_job_match.error ->> 'code', filter -> 'code' is null)
$$;
comment on function private.is_job_match(jsonb, uuid, text, text, jsonb) is
  'True when a job has everything that the filter names beside its id.';
revoke all on function private.is_job_match(jsonb, uuid, text, text, jsonb)
  from public, anon, authenticated, service_role;

create function private.retry_dead_jobs(filter jsonb)
returns bigint
language plpgsql
volatile
security definer
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
declare
  retried_count bigint;
  -- In a variable, which the plan made for it turns into a condition of the index, or none.
  ids bigint[];
begin
  perform private.assert_job_filter(filter);
  ids := private.get_filter_job_ids(filter);
  with dead as (
    select past.* from private.job_history as past
    where past.outcome = 'dead'
      and (ids is null or past.id = any (ids))
      and private.is_job_match(
        retry_dead_jobs.filter, past.org_id, past.lane, past.kind, past.error
      )
      and not exists (
        select from private.jobs as job
        where job.kind = past.kind and job.dedupe_key = past.dedupe_key
      )
      and not exists (
        select from private.job_history as newer
        where newer.kind = past.kind and newer.dedupe_key = past.dedupe_key
          and newer.outcome in ('dead', 'completed') and newer.id > past.id
      )
    for update
  ),
  placed as (
    select dead.*,
      row_number() over (partition by dead.lane, dead.priority, dead.org_id order by dead.id) as place
    from dead
  ),
  queued as (
    insert into private.jobs (
      id, org_id, lane, kind, dedupe_key, input_hash, payload, priority, max_attempts, est_tokens,
      turn, last_error, created_at
    )
    overriding system value
    select
      placed.id, placed.org_id, placed.lane, placed.kind, placed.dedupe_key, placed.input_hash,
      placed.payload, placed.priority, placed.max_attempts, placed.est_tokens,
      placed.place - 1 + max(
        case when placed.place = 1
          then private.get_next_turn(placed.lane, placed.priority, placed.org_id)
        end
      ) over (partition by placed.lane, placed.priority, placed.org_id),
      placed.error, placed.created_at
    from placed
    order by placed.kind, placed.dedupe_key
    -- A newer job does the same work already; it may have come since the question above.
    on conflict (kind, dedupe_key) where lease_token is null do nothing
    returning id
  ),
  gone as (
    delete from private.job_history as past using queued where past.id = queued.id returning 1
  )
  select count(*) into retried_count from gone;
  return retried_count;
end
$$;
comment on function private.retry_dead_jobs(jsonb) is
  'Queues dead jobs again with all their attempts, by {job_ids?, org_id?, lane?, kind?, code?}: the newest for each key, unless a newer one is open or has completed. Returns how many. Raises INVALID_REQUEST. Definer: the tables are private.';
revoke all on function private.retry_dead_jobs(jsonb) from public, anon, authenticated, service_role;
grant execute on function private.retry_dead_jobs(jsonb) to service_role;

create function private.claim_job_subjects(job_ids bigint[])
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  return;
end
$$;
comment on function private.claim_job_subjects(bigint[]) is
  'Locks the rows that jobs are about, where their owners lock them before they enqueue, and the jobs'' ends write them. Replaced by whoever brings such a kind of job.';
revoke all on function private.claim_job_subjects(bigint[])
  from public, anon, authenticated, service_role;

create function private.cancel_jobs(filter jsonb)
returns bigint
language plpgsql
volatile
security definer
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
declare
  job private.jobs;
  cancelled_count bigint := 0;
  ids bigint[];
begin
  perform private.assert_job_filter(filter);
  ids := private.get_filter_job_ids(filter);
  ids := array(
    select open_job.id from private.jobs as open_job
    where (ids is null or open_job.id = any (ids))
      and private.is_job_match(
        cancel_jobs.filter, open_job.org_id, open_job.lane, open_job.kind, open_job.last_error
      )
  );
  -- First, as whoever changes what a job is about has it before his enqueue meets the job.
  perform private.claim_job_organizations(ids);
  perform private.claim_job_subjects(ids);
  for job in
    select open_job.* from private.jobs as open_job
    where open_job.id = any (ids)
      and private.is_job_match(
        cancel_jobs.filter, open_job.org_id, open_job.lane, open_job.kind, open_job.last_error
      )
    -- Held ones by their ids, as heartbeats do; waiting ones by their keys, as enqueues do.
    order by open_job.lease_token is null,
      case when open_job.lease_token is not null then open_job.id end,
      open_job.kind, open_job.dedupe_key
    for update
  loop
    perform private.complete_job(job, 'cancelled');
    cancelled_count := cancelled_count + 1;
  end loop;
  return cancelled_count;
end
$$;
comment on function private.cancel_jobs(jsonb) is
  'Cancels open jobs by {job_ids?, org_id?, lane?, kind?, code?}; a worker that holds one learns it with its next heartbeat, and its result is thrown away. Returns how many. Raises INVALID_REQUEST. Locks their organisations, what the jobs are about, then the jobs. Definer: the tables are private.';
revoke all on function private.cancel_jobs(jsonb) from public, anon, authenticated, service_role;
grant execute on function private.cancel_jobs(jsonb) to service_role;
