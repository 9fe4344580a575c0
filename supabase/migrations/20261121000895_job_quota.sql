-- Jobs in flight: how many an organisation's users may have waiting or held at once.
create function private.assert_job_quota(org_id uuid, added_count bigint)
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  max_count bigint := private.get_quota(assert_job_quota.org_id, 'open_jobs');
  open_count bigint;
begin
  if max_count is null then
    return;
  end if;
  for attempt in 1..2 loop
    select count(*) into open_count
    from (
      select from private.jobs as job where job.org_id = assert_job_quota.org_id
      -- Never more of the index than the answer needs.
      limit max_count + 1
    ) as counted;
    -- Far from the quota, fifty requests at once cannot exceed it unseen. Near it they take turns.
    exit when attempt = 2
      or (open_count < max_count / 2 and assert_job_quota.added_count <= max_count / 100);
    perform pg_advisory_xact_lock(hashtextextended('open_jobs' || assert_job_quota.org_id, 0));
  end loop;
  perform private.assert_quota(assert_job_quota.org_id, 'open_jobs', open_count, 30);
end
$$;
comment on function private.assert_job_quota(uuid, bigint) is
  'Passes while the organisation has no more open jobs than it may, those that this transaction has added included. Locks the organisation''s jobs for its users when there are many. Raises QUOTA_EXCEEDED.';
revoke all on function private.assert_job_quota(uuid, bigint)
  from public, anon, authenticated, service_role;

create function private.assert_enqueue_quotas(jobs jsonb)
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  item record;
begin
  for item in
    select (job ->> 'org_id')::uuid as org_id, count(*) as added_count
    from jsonb_array_elements(assert_enqueue_quotas.jobs) as job
    where job ->> 'org_id' is not null
    group by job ->> 'org_id'
    order by job ->> 'org_id'
  loop
    perform private.assert_token_quota(item.org_id);
    perform private.assert_job_quota(item.org_id, item.added_count);
  end loop;
end
$$;
comment on function private.assert_enqueue_quotas(jsonb) is
  'Passes for jobs that their organisations may still have done, after they were enqueued. Raises QUOTA_EXCEEDED. Locks as assert_job_quota.';
revoke all on function private.assert_enqueue_quotas(jsonb)
  from public, anon, authenticated, service_role;
