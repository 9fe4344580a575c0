-- Jobs against what they are for: every open one has its subject, every ended one its effect, once.
create function private.audit_leases()
returns table (name text, subject text, detail text)
language sql
stable
security invoker
set search_path = ''
as $$
  select 'expired leases', job.id::text,
    format('%s, held by %s, expired', job.kind, job.worker_id)
  from private.jobs as job
  join private.lanes as lane on lane.lane = job.lane
  left join private.workers as worker on worker.id = job.worker_id
  where job.lease_token is not null
    -- A lease, a tick, and what the call takes that a tick makes.
    and job.visible_at < now() - make_interval(secs => coalesce(worker.lease_seconds, 45) + 10)
    and coalesce(lane.paused_until <= now(), true)
  union all
  select 'places in lanes', lane.lane,
    format('%s leases, and %s places', count(*), lane.max_in_flight)
  from private.lanes as lane
  join private.jobs as job on job.lane = lane.lane and job.lease_token is not null
  where job.visible_at > now()
  group by lane.lane
  having count(*) > lane.max_in_flight
$$;
comment on function private.audit_leases() is
  'Jobs that nobody has taken over since their worker was lost, though their lane is open, and lanes with more leases than places.';
revoke all on function private.audit_leases() from public, anon, authenticated, service_role;

create function private.audit_trainings()
returns table (name text, subject text, detail text)
language sql
stable
security invoker
set search_path = ''
as $$
  with open as materialized (
    select job.id, (job.payload ->> 'training_job_id')::uuid as training_id,
      job.lease_token is not null as is_held
    from private.jobs as job where job.kind = 'train_document'
  ),
  past as materialized (
    select past.id, past.outcome, past.finished_at, past.dedupe_key,
      (past.payload ->> 'training_job_id')::uuid as training_id
    from private.job_history as past where past.kind = 'train_document'
  ),
  ended as (
    select distinct on (past.training_id) past.* from past
    order by past.training_id, past.finished_at desc, past.id desc
  )
  select 'open trainings', training.id::text,
    format(
      '%s, and its job %s', training.status,
      coalesce(case when open.is_held then 'is held' else 'waits' end, 'is gone')
    )
  from public.mono_training_jobs as training
  left join open on open.training_id = training.id
  where training.status in ('queued', 'processing')
    and open.is_held is distinct from (training.status = 'processing')
  union all
  select 'ended trainings', training.id::text,
    format('%s, and its job %s', training.status, coalesce(ended.outcome, 'is open'))
  from public.mono_training_jobs as training
  left join ended on ended.training_id = training.id
  left join open on open.training_id = training.id
  where training.status in ('completed', 'failed', 'cancelled') and (
    open.id is not null
    or (ended.outcome = 'completed') <> (training.status = 'completed')
    or (ended.outcome = 'dead') <> (training.status = 'failed')
    -- History is kept for 30 days.
    or (ended.outcome is null and training.completed_at > now() - interval '29 days')
  )
  union all
  select 'trained once', past.training_id::text, format('%s jobs completed it', count(*))
  from past where past.outcome = 'completed'
  group by past.training_id having count(*) > 1
  union all
  select 'trained documents', document.id::text,
    format('generation %s, and job %s completed last', document.chunk_generation, latest.id)
  from public.vault_documents as document
  join (
    select distinct on (past.dedupe_key) past.dedupe_key, past.id from past
    where past.outcome = 'completed'
      -- A document that left its last set has lost its trainings with its chunks.
      and exists (
        select from public.mono_training_jobs as training where training.id = past.training_id
      )
    order by past.dedupe_key, past.finished_at desc, past.id desc
  ) as latest on latest.dedupe_key = document.id::text
  where document.chunk_generation / 1000 is distinct from latest.id and not exists (
    select from private.job_history as copy
    where copy.id = document.chunk_generation / 1000 and copy.kind = 'reembed_document'
      and copy.outcome = 'completed' and copy.id > latest.id
      and copy.payload ->> 'vault_document_id' = document.id::text
  )
$$;
comment on function private.audit_trainings() is
  'Trainings that do not say what their job does, or did, and documents whose live chunks are not of the last job that completed.';
revoke all on function private.audit_trainings() from public, anon, authenticated, service_role;

create function private.audit_pointers()
returns table (name text, subject text, detail text)
language sql
stable
security invoker
set search_path = ''
as $$
  with open as materialized (
    select job.dedupe_key, bool_or(job.lease_token is not null) as is_held
    from private.jobs as job where job.kind = 'enrich_pointer'
    group by job.dedupe_key
  ),
  ended as materialized (
    select distinct on (past.dedupe_key) past.dedupe_key, past.outcome
    from private.job_history as past where past.kind = 'enrich_pointer'
    order by past.dedupe_key, past.finished_at desc, past.id desc
  )
  select 'crops at work', pointer.id::text,
    format(
      '%s, and its job %s', pointer.enrichment_status,
      coalesce(case when open.is_held then 'is held' else 'waits' end, 'is gone')
    )
  from public.pointers as pointer
  left join open on open.dedupe_key = pointer.id::text
  where case pointer.enrichment_status
    -- While its owner changes it, a crop may still say pending.
    when 'pending' then open.dedupe_key is null
    when 'processing' then open.is_held is not true
    else open.dedupe_key is not null
  end
  union all
  select 'read crops', pointer.id::text,
    case when pointer.enrichment_status = 'complete' then 'complete, without a description'
      else format('%s, and its last job completed', pointer.enrichment_status)
    end
  from public.pointers as pointer
  left join open on open.dedupe_key = pointer.id::text
  left join ended on ended.dedupe_key = pointer.id::text
  where open.dedupe_key is null and case pointer.enrichment_status
    when 'complete' then pointer.description is null
    else ended.outcome = 'completed'
  end
$$;
comment on function private.audit_pointers() is
  'Crops that do not say what their job does, and crops without what their job has read.';
revoke all on function private.audit_pointers() from public, anon, authenticated, service_role;

create function private.audit_builds()
returns table (name text, subject text, detail text)
language sql
stable
security invoker
set search_path = ''
as $$
  with ended as materialized (
    select past.dedupe_key, count(*) filter (where past.outcome = 'completed') as completed_count,
      max(past.finished_at) as finished_at
    from private.job_history as past where past.kind = 'build_training_file'
    group by past.dedupe_key
  ),
  open as materialized (
    select job.dedupe_key from private.jobs as job where job.kind = 'build_training_file'
  )
  -- Cron ends lost builds every minute.
  select 'builds at work', version.id::text, 'building, and nobody builds it'
  from public.training_file_versions as version
  left join ended on ended.dedupe_key = version.id::text
  where version.state = 'building' and (
    version.build_until < now() - interval '2 minutes'
    or (
      version.is_queued and version.id::text not in (select open.dedupe_key from open)
      and coalesce(ended.finished_at < now() - interval '2 minutes', true)
    )
  )
  union all
  select 'builds at work', file.id::text, 'processing, and no version is being built'
  from public.training_files as file
  where file.status = 'processing' and not exists (
    select from public.training_file_versions as version
    where version.training_file_id = file.id and version.state = 'building'
  )
  union all
  select 'ended builds', version.id::text,
    format('%s, and %s jobs completed it', version.state, coalesce(ended.completed_count, 0))
  from public.training_file_versions as version
  left join ended on ended.dedupe_key = version.id::text
  where version.is_queued and version.state <> 'building'
    and case version.state
      when 'published' then ended.completed_count is distinct from 1
        and version.published_at > now() - interval '29 days'
      else ended.completed_count > 0
    end
$$;
comment on function private.audit_builds() is
  'Builds that nobody carries out, files that wait for none, and queued versions whose jobs ended otherwise than they did.';
revoke all on function private.audit_builds() from public, anon, authenticated, service_role;

create function private.audit_usage()
returns table (name text, subject text, detail text)
language sql
stable
security invoker
set search_path = ''
as $$
  with reported as (
    select past.id, past.kind, part ->> 'model' as model,
      sum(
        coalesce((part ->> 'input_tokens')::bigint, 0)
          + coalesce((part ->> 'output_tokens')::bigint, 0)
      ) as token_count
    from private.job_history as past
    cross join lateral jsonb_path_query(past.usage, 'lax $[*]') as part
    where past.outcome = 'completed' and past.org_id is not null
    group by past.id, past.kind, part ->> 'model'
  ),
  booked as (
    select event.job_id, event.model, sum(event.input_tokens + event.output_tokens) as token_count
    from public.usage_events as event where not event.is_wasted
    group by event.job_id, event.model
  )
  select 'usage of jobs', reported.id::text,
    format('%s tokens of %s, %s booked', reported.token_count, reported.model, coalesce(booked.token_count, 0))
  from reported
  left join booked on booked.job_id = reported.id and booked.model = reported.model
  where reported.model is not null and reported.token_count > 0 and case
    -- A crop's reading may be booked before its job ends, and more than one of them.
    when reported.kind = 'enrich_pointer' then coalesce(booked.token_count, 0) < reported.token_count
    else booked.token_count is distinct from reported.token_count
  end
$$;
comment on function private.audit_usage() is
  'Completed jobs whose consumption is not booked once.';
revoke all on function private.audit_usage() from public, anon, authenticated, service_role;
