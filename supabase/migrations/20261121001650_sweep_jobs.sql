-- What keeps the engine small and true: old history, workers that died, trainings that lost their job.
create function private.enqueue_lost_trainings()
returns bigint
language sql
volatile
security invoker
set search_path = ''
as $$
  select count(*) from private.enqueue_jobs((
    select coalesce(jsonb_agg(jsonb_build_object(
      'org_id', lost.org_id, 'lane', 'embedding', 'kind', 'train_document',
      'dedupe_key', lost.vault_document_id,
      'payload', jsonb_build_object(
        'training_job_id', lost.id, 'vault_document_id', lost.vault_document_id
      )
    )), '[]')
    from public.mono_training_jobs as lost
    where lost.status in ('queued', 'processing') and not exists (
      select from private.jobs as job
      where job.kind = 'train_document' and job.dedupe_key = lost.vault_document_id::text
    )
  ))
$$;
comment on function private.enqueue_lost_trainings() is
  'Queues trainings that users see as open and that no job carries out, as after a partial restore. Returns how many.';
revoke all on function private.enqueue_lost_trainings()
  from public, anon, authenticated, service_role;

create function private.complete_unknown_jobs()
returns void
language sql
volatile
security invoker
set search_path = ''
as $$
  select private.complete_job(job, 'dead', jsonb_build_object(
    'code', 'JOB_UNKNOWN', 'message', 'No worker has known such a job for a day'
  ))
  from private.jobs as job
  join private.lanes as lane on lane.lane = job.lane
  where job.is_ready and job.first_claimed_at is null
    and job.visible_at < now() - interval '1 day'
    and (lane.paused_until is null or lane.paused_until < now() - interval '1 day')
    and not exists (
      select from private.jobs as held where held.kind = job.kind and held.lease_token is not null
    )
    and not exists (
      select from private.job_history as past
      where past.kind = job.kind and past.finished_at > now() - interval '1 day'
    )
$$;
comment on function private.complete_unknown_jobs() is
  'Buries jobs that have been ready for a day without a worker for their kind: until then a newer worker may come.';
revoke all on function private.complete_unknown_jobs()
  from public, anon, authenticated, service_role;

create function private.sweep_jobs()
returns void
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  delete from private.workers as worker
  where worker.seen_at < now() - make_interval(secs => 2 * worker.lease_seconds);
  delete from private.job_history as past
  where past.id in (
    select old.id from private.job_history as old
    where old.finished_at < now() - interval '30 days'
      and (old.outcome <> 'dead' or old.finished_at < now() - interval '90 days')
    limit 10000
  );
  perform private.complete_unknown_jobs();
  perform private.enqueue_lost_trainings();
  perform private.complete_embedding_switches();
end
$$;
comment on function private.sweep_jobs() is
  'From cron every minute: forgets workers that have died, history after 30 days and dead letters after 90, buries jobs that no worker knows, queues trainings that lost their job, and goes on with switches of embedding models. Definer: the tables are private.';
revoke all on function private.sweep_jobs() from public, anon, authenticated, service_role;

create view public.document_progress with (security_invoker = true) as
  select
    doc.org_id, doc.training_set_id,
    count(*) as total,
    count(*) filter (where job.status = 'completed') as done,
    count(*) filter (where job.status in ('queued', 'processing')) as open,
    count(*) filter (where job.status = 'failed') as failed,
    sum(usage.cost_usd) as cost_usd
  from public.mono_training_docs as doc
  left join lateral (
    select latest.status from public.mono_training_jobs as latest
    where latest.org_id = doc.org_id and latest.vault_document_id = doc.vault_document_id
    order by latest.queued_at desc limit 1
  ) as job on true
  left join lateral (
    select sum(event.cost_usd) as cost_usd from public.usage_events as event
    where event.org_id = doc.org_id and event.subject_id = doc.vault_document_id::text
      and event.kind = 'train_document'
  ) as usage on true
  group by doc.org_id, doc.training_set_id;
comment on view public.document_progress is
  'Documents of each training set by the state of their latest training, and what they have cost. Members see their own organisations.';
revoke all on table public.document_progress from public, anon, authenticated, service_role;
grant select on table public.document_progress to authenticated, service_role;
