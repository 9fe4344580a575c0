-- How a worker gets work: leases on ready jobs.
create function private.update_worker(worker_id text, seconds integer, has_claimed boolean)
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  if coalesce(length(update_worker.worker_id), 0) not between 1 and 200 then
    perform private.raise_error(
      'INVALID_REQUEST', 400, 'The name of a worker has 1 to 200 characters'
    );
  end if;
  insert into private.workers as worker (id, lease_seconds, has_claimed)
  values (update_worker.worker_id, seconds, update_worker.has_claimed)
  on conflict (id) do update
    set seen_at = clock_timestamp(),
        lease_seconds = excluded.lease_seconds,
        has_claimed = worker.has_claimed or excluded.has_claimed;
end
$$;
comment on function private.update_worker(text, integer, boolean) is
  'Notes that a worker is alive, how long its leases are, and whether it has found a job. Raises INVALID_REQUEST for a name that no worker can have.';
revoke all on function private.update_worker(text, integer, boolean)
  from public, anon, authenticated, service_role;

create function private.claim_jobs(
  worker_id text,
  kinds text[] default null,
  max_jobs integer default 10,
  lease_seconds integer default 45,
  lanes text[] default null,
  max_tokens bigint default null,
  moves jsonb default null
)
returns table (
  job_id text, lease_token uuid, org_id uuid, lane text, kind text, attempt integer, payload jsonb
)
language plpgsql
volatile
security definer
set search_path = ''
-- The hot path: no plan is made anew, and none is right that reads a whole table, however few rows
-- it had when the plan was made. The lanes are, which counts as so dear that each claim would be
-- compiled, for a hundred times as long as it takes.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $$
#variable_conflict use_column
declare
  own private.workers;
  work record;
  max_count constant integer := least(greatest(claim_jobs.max_jobs, 0), 100);
  wanted integer := max_count;
  seconds constant integer := least(greatest(claim_jobs.lease_seconds, 1), 3600);
  -- In a variable: a volatile function is never an index condition.
  now_at constant timestamptz := clock_timestamp();
  place_count integer;
  lease_end timestamptz;
  has_lane boolean := false;
  moved_lane text;
  -- A held job may have moved on to another lane than the next one with its key waits in.
  every_lane constant text[] := array(select own_lane.lane from private.lanes as own_lane);
begin
  -- A claim that a crash of the server forgets only makes the job be done again. Not waiting for
  -- the disk is what keeps the lane's lock short.
  perform set_config('synchronous_commit', 'off', true);
  select worker.* into own from private.workers as worker where worker.id = claim_jobs.worker_id;
  if own.is_draining then
    perform private.raise_error('WORKER_DRAINING', 409, 'The worker is asked to end');
  end if;
  if claim_jobs.moves is not null then
    moved_lane := private.update_job_lanes(claim_jobs.moves);
  end if;
  -- Waiting for no lane but the first, nor for one before those that moved jobs have locked, so that
  -- two workers never wait for each other in a ring.
  for work in
    select due.* from private.list_due_lanes(claim_jobs.lanes, now_at) as due
  loop
    exit when wanted = 0;
    if work.has_lost then
      perform private.complete_lost_jobs(work.lane);
    end if;
    if work.has_delayed then
      perform private.release_due_jobs(work.lane);
    end if;
    place_count := private.claim_lane_places(
      work.lane, claim_jobs.kinds, wanted, claim_jobs.max_tokens,
      not has_lane and work.lane >= coalesce(moved_lane, work.lane)
    );
    has_lane := true;
    continue when place_count < 1;
    lease_end := clock_timestamp() + make_interval(secs => seconds);
    return query
    with held as (
      update private.jobs as job
      set lease_token = gen_random_uuid(),
          worker_id = claim_jobs.worker_id,
          is_ready = false,
          attempt = job.attempt + 1,
          progress = 0,
          visible_at = lease_end,
          first_claimed_at = coalesce(job.first_claimed_at, clock_timestamp())
      -- By where the rows lie, since the select has just locked them there.
      where job.ctid = any (array(
        select due.ctid from private.jobs as due
        where due.lane = work.lane and due.is_ready
          -- Not through what earlier claims have left at the head of the index, which has been
          -- walked once to find this.
          and (due.priority, due.turn) >= (work.first_priority, work.first_turn)
          and (claim_jobs.kinds is null or due.kind = any (claim_jobs.kinds))
          -- A job follows the held one with its key, and never runs beside it.
          and due.kind || ':' || due.dedupe_key <> all (array(
            select other.kind || ':' || other.dedupe_key from private.jobs as other
            where other.lane = any (every_lane) and other.lease_token is not null
          ))
        order by due.priority, due.turn, due.id
        limit place_count
        for update skip locked
      ))
      returning job.*
    )
    select held.id::text, held.lease_token, held.org_id, held.lane, held.kind,
      held.attempt::integer, held.payload
    from held
    order by held.priority, held.turn, held.id;
    get diagnostics place_count = row_count;
    wanted := wanted - place_count;
    if work.is_limited then
      perform private.update_lane_budget(work.lane, place_count, (
        select coalesce(sum(job.est_tokens), 0) from private.jobs as job
        where job.lane = work.lane and job.lease_token is not null
          and job.worker_id = claim_jobs.worker_id and job.visible_at = lease_end
      ));
    end if;
  end loop;

  -- Seldom: a row that is written with every claim, or while waiting for work, would fill its table
  -- with dead versions.
  if own.id is null or (wanted < max_count and not own.has_claimed)
    or own.seen_at < clock_timestamp() - make_interval(secs => seconds / 3.0)
  then
    perform private.update_worker(claim_jobs.worker_id, seconds, wanted < max_count);
  end if;
end
$$;
comment on function private.claim_jobs(text, text[], integer, integer, text[], bigint, jsonb) is
  'Leases up to max_jobs (at most 100) due jobs to a worker, of the given kinds and lanes or of all, within the limits of their lanes and max_tokens a lane (a first job may be larger); lowest priority number first, then by turns of their organisations, each in the order in which its jobs came. Held jobs whose call in their lane is over are moved on first (private.update_job_lanes): their places are to be had at once. Each lease has a new fencing token and ends by itself after lease_seconds. Raises WORKER_DRAINING for one that is asked to end, and INVALID_REQUEST. Locks lane rows in any order, waiting for those of moves and the first of its own only. Definer: the tables are private.';
revoke all on function private.claim_jobs(text, text[], integer, integer, text[], bigint, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function private.claim_jobs(text, text[], integer, integer, text[], bigint, jsonb)
  to service_role;
