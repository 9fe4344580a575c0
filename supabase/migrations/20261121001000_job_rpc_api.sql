-- The job RPCs as supabase-js reaches them: thin, and for the service role only.
create function public.enqueue_jobs(p_jobs jsonb)
returns table (job_id text, dedupe_key text, outcome text)
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  perform private.assert_batch(p_jobs);
  perform private.assert_job_payloads(p_jobs);
  return query select * from private.enqueue_jobs(p_jobs);
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded then
    perform private.fail_arguments(sqlstate, sqlerrm);
end
$$;
comment on function public.enqueue_jobs(jsonb) is 'See private.enqueue_jobs; raises INVALID_REQUEST for arguments that it cannot take.';
revoke all on function public.enqueue_jobs(jsonb) from public, anon, authenticated, service_role;
grant execute on function public.enqueue_jobs(jsonb) to service_role;

create function public.claim_jobs(
  p_worker_id text,
  p_kinds text[] default null,
  p_max_jobs integer default 10,
  p_lease_seconds integer default 45,
  p_lanes text[] default null,
  p_max_tokens bigint default null,
  p_moves jsonb default null
)
returns table (
  job_id text, lease_token uuid, org_id uuid, lane text, kind text, attempt integer, payload jsonb
)
language sql
volatile
security invoker
set search_path = ''
as $$
  select * from private.claim_jobs(
    p_worker_id, p_kinds, p_max_jobs, p_lease_seconds, p_lanes, p_max_tokens, p_moves
  )
$$;
comment on function public.claim_jobs(text, text[], integer, integer, text[], bigint, jsonb) is
  'See private.claim_jobs.';
revoke all on function public.claim_jobs(text, text[], integer, integer, text[], bigint, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.claim_jobs(text, text[], integer, integer, text[], bigint, jsonb)
  to service_role;

create function public.heartbeat_jobs(
  p_worker_id text,
  p_refs jsonb,
  p_lease_seconds integer default 45
)
returns table (job_id text, state text, is_draining boolean)
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  perform private.assert_batch(p_refs);
  return query select * from private.heartbeat_jobs(p_worker_id, p_refs, p_lease_seconds);
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded then
    perform private.fail_arguments(sqlstate, sqlerrm);
end
$$;
comment on function public.heartbeat_jobs(text, jsonb, integer) is 'See private.heartbeat_jobs; raises INVALID_REQUEST for arguments that it cannot take.';
revoke all on function public.heartbeat_jobs(text, jsonb, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.heartbeat_jobs(text, jsonb, integer) to service_role;

create function public.fail_jobs(p_refs jsonb)
returns table (job_id text, outcome text)
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  perform private.assert_batch(p_refs);
  return query select * from private.fail_jobs(p_refs);
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded then
    perform private.fail_arguments(sqlstate, sqlerrm);
end
$$;
comment on function public.fail_jobs(jsonb) is 'See private.fail_jobs; raises INVALID_REQUEST for arguments that it cannot take.';
revoke all on function public.fail_jobs(jsonb) from public, anon, authenticated, service_role;
grant execute on function public.fail_jobs(jsonb) to service_role;

create function public.add_wasted_usage(p_refs jsonb)
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  perform private.assert_batch(p_refs);
  perform private.add_wasted_usage(p_refs);
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded then
    perform private.fail_arguments(sqlstate, sqlerrm);
end
$$;
comment on function public.add_wasted_usage(jsonb) is 'See private.add_wasted_usage; raises INVALID_REQUEST for arguments that it cannot take.';
revoke all on function public.add_wasted_usage(jsonb) from public, anon, authenticated, service_role;
grant execute on function public.add_wasted_usage(jsonb) to service_role;

create function public.release_jobs(p_worker_id text)
returns bigint
language sql
volatile
security invoker
set search_path = ''
return private.release_jobs(p_worker_id);
comment on function public.release_jobs(text) is 'See private.release_jobs.';
revoke all on function public.release_jobs(text) from public, anon, authenticated, service_role;
grant execute on function public.release_jobs(text) to service_role;

create function public.complete_jobs(p_refs jsonb)
returns table (job_id text, outcome text)
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  perform private.assert_batch(p_refs);
  return query select * from private.complete_jobs(p_refs);
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded then
    perform private.fail_arguments(sqlstate, sqlerrm);
end
$$;
comment on function public.complete_jobs(jsonb) is 'See private.complete_jobs; raises INVALID_REQUEST for arguments that it cannot take.';
revoke all on function public.complete_jobs(jsonb) from public, anon, authenticated, service_role;
grant execute on function public.complete_jobs(jsonb) to service_role;

create function public.defer_jobs(p_refs jsonb, p_retry_after double precision default null, p_scope text default 'lane')
returns table (job_id text, outcome text)
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  perform private.assert_batch(p_refs);
  return query select * from private.defer_jobs(p_refs, p_retry_after, p_scope);
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded then
    perform private.fail_arguments(sqlstate, sqlerrm);
end
$$;
comment on function public.defer_jobs(jsonb, double precision, text) is 'See private.defer_jobs; raises INVALID_REQUEST for arguments that it cannot take.';
revoke all on function public.defer_jobs(jsonb, double precision, text) from public, anon, authenticated, service_role;
grant execute on function public.defer_jobs(jsonb, double precision, text) to service_role;

create function public.claim_lane_requests(p_lane text, p_request_count integer, p_token_count integer)
returns double precision
language sql
volatile
security invoker
set search_path = ''
return private.claim_lane_requests(p_lane, p_request_count, p_token_count);
comment on function public.claim_lane_requests(text, integer, integer) is 'See private.claim_lane_requests.';
revoke all on function public.claim_lane_requests(text, integer, integer) from public, anon, authenticated, service_role;
grant execute on function public.claim_lane_requests(text, integer, integer) to service_role;

create function public.retry_dead_jobs(p_filter jsonb)
returns bigint
language sql
volatile
security invoker
set search_path = ''
return private.retry_dead_jobs(p_filter);
comment on function public.retry_dead_jobs(jsonb) is 'See private.retry_dead_jobs.';
revoke all on function public.retry_dead_jobs(jsonb) from public, anon, authenticated, service_role;
grant execute on function public.retry_dead_jobs(jsonb) to service_role;

create function public.cancel_jobs(p_filter jsonb)
returns bigint
language sql
volatile
security invoker
set search_path = ''
return private.cancel_jobs(p_filter);
comment on function public.cancel_jobs(jsonb) is 'See private.cancel_jobs.';
revoke all on function public.cancel_jobs(jsonb) from public, anon, authenticated, service_role;
grant execute on function public.cancel_jobs(jsonb) to service_role;

create function public.pause_lane(p_lane text, p_until timestamptz default null)
returns void
language sql
volatile
security invoker
set search_path = ''
return private.pause_lane(p_lane, p_until);
comment on function public.pause_lane(text, timestamptz) is 'See private.pause_lane.';
revoke all on function public.pause_lane(text, timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.pause_lane(text, timestamptz) to service_role;

create function public.update_lane(p_lane text, p_changes jsonb)
returns void
language sql
volatile
security invoker
set search_path = ''
return private.update_lane(p_lane, p_changes);
comment on function public.update_lane(text, jsonb) is 'See private.update_lane.';
revoke all on function public.update_lane(text, jsonb) from public, anon, authenticated, service_role;
grant execute on function public.update_lane(text, jsonb) to service_role;

create function public.drain_workers(p_worker_id text default null)
returns bigint
language sql
volatile
security invoker
set search_path = ''
return private.drain_workers(p_worker_id);
comment on function public.drain_workers(text) is 'See private.drain_workers.';
revoke all on function public.drain_workers(text) from public, anon, authenticated, service_role;
grant execute on function public.drain_workers(text) to service_role;
