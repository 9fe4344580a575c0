-- The job RPCs as supabase-js reaches them: thin, and for the service role only.
create function public.enqueue_jobs(p_jobs jsonb)
returns table (job_id text, dedupe_key text, outcome text)
language sql
volatile
security invoker
set search_path = ''
as $$ select * from private.enqueue_jobs(p_jobs) $$;
comment on function public.enqueue_jobs(jsonb) is 'See private.enqueue_jobs.';
revoke all on function public.enqueue_jobs(jsonb) from public, anon, authenticated, service_role;
grant execute on function public.enqueue_jobs(jsonb) to service_role;

create function public.claim_jobs(
  p_worker_id text,
  p_kinds text[] default null,
  p_max_jobs integer default 10,
  p_lease_seconds integer default 45
)
returns table (
  job_id text, lease_token uuid, org_id uuid, kind text, attempt integer, payload jsonb
)
language sql
volatile
security invoker
set search_path = ''
as $$ select * from private.claim_jobs(p_worker_id, p_kinds, p_max_jobs, p_lease_seconds) $$;
comment on function public.claim_jobs(text, text[], integer, integer) is 'See private.claim_jobs.';
revoke all on function public.claim_jobs(text, text[], integer, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.claim_jobs(text, text[], integer, integer) to service_role;

create function public.heartbeat_jobs(
  p_worker_id text,
  p_refs jsonb,
  p_lease_seconds integer default 45
)
returns table (job_id text, state text)
language sql
volatile
security invoker
set search_path = ''
as $$ select * from private.heartbeat_jobs(p_worker_id, p_refs, p_lease_seconds) $$;
comment on function public.heartbeat_jobs(text, jsonb, integer) is 'See private.heartbeat_jobs.';
revoke all on function public.heartbeat_jobs(text, jsonb, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.heartbeat_jobs(text, jsonb, integer) to service_role;

create function public.fail_jobs(p_refs jsonb)
returns table (job_id text, outcome text)
language sql
volatile
security invoker
set search_path = ''
as $$ select * from private.fail_jobs(p_refs) $$;
comment on function public.fail_jobs(jsonb) is 'See private.fail_jobs.';
revoke all on function public.fail_jobs(jsonb) from public, anon, authenticated, service_role;
grant execute on function public.fail_jobs(jsonb) to service_role;

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
