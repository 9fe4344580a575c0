-- How work comes in: set-based, in the transaction of the data that it is about.
create function private.is_input_known(lane text, kind text, dedupe_key text, input_hash text)
returns boolean
language sql
stable
security invoker
set search_path = ''
as $$
  select is_input_known.input_hash is not null
    and not exists (
      select from private.jobs as waiting
      where waiting.kind = is_input_known.kind and waiting.dedupe_key = is_input_known.dedupe_key
        and waiting.lease_token is null
    )
    -- Never null, which would be neither known nor unknown.
    and is_input_known.input_hash is not distinct from coalesce(
      (
        select held.input_hash from private.jobs as held
        where held.lane = is_input_known.lane and held.lease_token is not null
          and held.kind = is_input_known.kind and held.dedupe_key = is_input_known.dedupe_key
        order by held.id desc limit 1
      ),
      (
        select past.input_hash from private.job_history as past
        where past.kind = is_input_known.kind and past.dedupe_key = is_input_known.dedupe_key
          and past.outcome = 'completed' and past.input_hash is not null
        order by past.id desc limit 1
      )
    )
$$;
comment on function private.is_input_known(text, text, text, text) is
  'True when nothing waits for the key and this input is the one being worked on, or the last one that was completed.';
revoke all on function private.is_input_known(text, text, text, text)
  from public, anon, authenticated, service_role;

create function private.get_next_turn(lane text, priority smallint, org_id uuid)
returns bigint
language sql
stable
security invoker
set search_path = ''
as $$
  select greatest(
    (
      select served.turn from private.jobs as served
      where served.lane = get_next_turn.lane and served.priority = get_next_turn.priority
        and served.is_ready
      order by served.turn limit 1
    ),
    (
      select own.turn + 1 from private.jobs as own
      where own.org_id = get_next_turn.org_id and own.lane = get_next_turn.lane
        and own.priority = get_next_turn.priority
      order by own.turn desc limit 1
    ),
    0
  )
$$;
comment on function private.get_next_turn(text, smallint, uuid) is
  'The turn of an organisation''s next job: after its own last one, and not before the one being served. Two enqueues at once may get the same, which only lets both go earlier.';
revoke all on function private.get_next_turn(text, smallint, uuid)
  from public, anon, authenticated, service_role;

create function private.enqueue_jobs(jobs jsonb)
returns table (job_id text, dedupe_key text, outcome text)
language plpgsql
volatile
security definer
set search_path = ''
as $$
#variable_conflict use_column
declare
  -- One for all of them: what comes without a time goes in the order of the array.
  now_at constant timestamptz := clock_timestamp();
begin
  return query
  with item as (
    select distinct on (given.kind, given.dedupe_key)
      given.org_id, given.lane, given.kind, given.dedupe_key, given.input_hash,
      coalesce(given.payload, '{}') as payload,
      min(coalesce(given.priority, 100::smallint)) over same_key as priority,
      min(coalesce(given.visible_at, now_at)) over same_key as visible_at,
      coalesce(given.max_attempts, 5) as max_attempts,
      coalesce(given.est_tokens, 0) as est_tokens,
      given.position
    from rows from (
      jsonb_to_recordset(enqueue_jobs.jobs) as (
        org_id uuid, lane text, kind text, dedupe_key text, input_hash text, payload jsonb,
        priority smallint, visible_at timestamptz, max_attempts smallint, est_tokens integer
      )
    ) with ordinality as given (
      org_id, lane, kind, dedupe_key, input_hash, payload, priority, visible_at, max_attempts,
      est_tokens, position
    )
    window same_key as (partition by given.kind, given.dedupe_key)
    order by given.kind, given.dedupe_key, given.position desc
  ),
  judged as (
    select item.*,
      case when item.input_hash is null then false
        else private.is_input_known(item.lane, item.kind, item.dedupe_key, item.input_hash)
      end as is_known
    from item
  ),
  placed as (
    select judged.*,
      judged.visible_at <= now_at as is_ready,
      row_number() over (
        partition by judged.lane, judged.priority, judged.org_id
        order by judged.visible_at, judged.position
      ) as place
    from judged
    where not judged.is_known
  ),
  queued as (
    insert into private.jobs as job (
      org_id, lane, kind, dedupe_key, input_hash, payload, priority, visible_at, is_ready,
      max_attempts, est_tokens, turn
    )
    select
      placed.org_id, placed.lane, placed.kind, placed.dedupe_key, placed.input_hash,
      placed.payload, placed.priority, placed.visible_at, placed.is_ready,
      placed.max_attempts, placed.est_tokens,
      case when placed.is_ready then placed.place - 1 + max(
        case when placed.place = 1
          then private.get_next_turn(placed.lane, placed.priority, placed.org_id)
        end
      ) over (partition by placed.lane, placed.priority, placed.org_id) else -1 end
    from placed
    -- Two enqueues of the same keys must not wait for each other in a ring.
    order by placed.kind, placed.dedupe_key
    on conflict (kind, dedupe_key) where lease_token is null do update
      set payload = excluded.payload,
          input_hash = excluded.input_hash,
          est_tokens = excluded.est_tokens,
          lane = excluded.lane,
          priority = least(job.priority, excluded.priority),
          -- Turns count within lane and priority: the old one may be far behind among the new.
          turn = case
            when not job.is_ready and not excluded.is_ready then -1
            when job.is_ready and excluded.lane = job.lane and excluded.priority >= job.priority
              then job.turn
            when excluded.is_ready then excluded.turn
            else private.get_next_turn(
              excluded.lane, least(job.priority, excluded.priority), job.org_id
            )
          end,
          visible_at = least(job.visible_at, excluded.visible_at),
          is_ready = job.is_ready or excluded.is_ready
    returning job.id::text, job.dedupe_key,
      case when job.xmax = 0 then 'inserted' else 'merged' end as outcome
  )
  select queued.id, queued.dedupe_key, queued.outcome from queued
  union all
  select null, judged.dedupe_key, 'unchanged' from judged where judged.is_known;
  -- What the system itself has to do is not a user's to use up.
  if (select auth.uid()) is not null then
    perform private.assert_enqueue_quotas(enqueue_jobs.jobs);
  end if;
end
$$;
comment on function private.enqueue_jobs(jsonb) is
  'Enqueues an array of {org_id, lane, kind, dedupe_key, input_hash?, payload?, priority?, visible_at?, max_attempts?, est_tokens?}. A waiting job with the same kind and key, in the table or earlier in the array, is merged: newest payload and lane, lower priority number, earlier time. Outcome inserted, merged, or unchanged (then without an id): the same input is being worked on, or was the last that was. Raises QUOTA_EXCEEDED in a user''s request. Definer: the tables are private.';
revoke all on function private.enqueue_jobs(jsonb) from public, anon, authenticated, service_role;
grant execute on function private.enqueue_jobs(jsonb) to service_role;

create function private.assert_job_payloads(jobs jsonb)
returns void
language plpgsql
immutable
security invoker
set search_path = ''
as $$
begin
  if jsonb_path_exists(
    jobs,
    'lax $[*].payload.keyvalue() ? (
      (@.key like_regex "_id$" && (@.value.type() != "string" ||
        !(@.value like_regex "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" flag "i")))
      || (@.key == "generation" && @.value.type() != "number")
    )',
    silent => true
  ) then
    perform private.raise_error(
      'INVALID_REQUEST', 400, 'A payload names what it is about by uuid, and a generation by number'
    );
  end if;
end
$$;
comment on function private.assert_job_payloads(jsonb) is
  'Raises INVALID_REQUEST for a payload whose ids are none: the triggers of jobs read them, and would fail every claim that meets the job.';
revoke all on function private.assert_job_payloads(jsonb)
  from public, anon, authenticated, service_role;
grant execute on function private.assert_job_payloads(jsonb) to service_role;
