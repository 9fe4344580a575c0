-- The sweeper of objects that no row names: enqueued by cron when something is due.
insert into private.lanes (lane, max_in_flight) values ('training-files', 2), ('storage', 1);

create function private.fail_lost_builds()
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  lost uuid;
  file public.training_files;
  version public.training_file_versions;
begin
  for lost in
    select building.id from public.training_file_versions as building
    where building.state = 'building' and (
      building.build_until < now()
      -- Its job has failed for good, or was never told of the end.
      or (
        exists (
          select from private.job_history as past
          where past.kind = 'build_training_file' and past.dedupe_key = building.id::text
        ) and not exists (
          select from private.jobs as job
          where job.kind = 'build_training_file' and job.dedupe_key = building.id::text
        )
      )
    )
  loop
    select own.* into file from public.training_files as own
    where own.id = (
      select building.training_file_id from public.training_file_versions as building
      where building.id = lost
    )
    for update skip locked;
    continue when file.id is null;
    select building.* into version from public.training_file_versions as building
    where building.id = lost and building.state = 'building'
    for update;
    continue when version.id is null;
    perform private.complete_job(job, 'cancelled')
    from private.jobs as job
    where job.kind = 'build_training_file' and job.dedupe_key = lost::text;
    perform private.fail_training_file_version(version, 'failed', coalesce(
      (
        select past.error from private.job_history as past
        where past.kind = 'build_training_file' and past.dedupe_key = lost::text
        order by past.id desc limit 1
      ),
      '{"code": "BUILD_LOST", "message": "The build stopped before its end"}'
    ));
  end loop;
end
$$;
comment on function private.fail_lost_builds() is
  'Ends builds that stopped without a word, with the reason of their job where it gave one. Locks each file, then its version; skips a file that is in use.';
revoke all on function private.fail_lost_builds() from public, anon, authenticated, service_role;

create function private.enqueue_storage_sweep()
returns bigint
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  perform private.fail_lost_builds();
  -- Listed again by a request that came second, and published by the first.
  delete from private.storage_outbox as outbox
  where outbox.due_at <= now() and exists (
    select from public.training_artifacts as artifact where artifact.path = outbox.path
  );
  if not exists (select from private.storage_outbox where due_at <= now()) then
    return 0;
  end if;
  return (
    select count(*) from private.enqueue_jobs(
      '[{"lane": "storage", "kind": "sweep_storage", "dedupe_key": "storage"}]'
    )
  );
end
$$;
comment on function private.enqueue_storage_sweep() is
  'From cron every minute: ends builds that stopped without a word, and queues a sweep when objects are due. Returns how many jobs were queued. Definer: the tables are private.';
revoke all on function private.enqueue_storage_sweep() from public, anon, authenticated, service_role;

create function private.enqueue_orphaned_objects()
returns bigint
language sql
volatile
security definer
set search_path = ''
as $$
  with listed as (
    insert into private.storage_outbox (bucket, path)
    select object.bucket_id, object.name
    from storage.objects as object
    where object.bucket_id = 'training-files' and object.updated_at < now() - interval '1 day'
      and not exists (
        select from public.training_artifacts as artifact where artifact.path = object.name
      )
    order by object.updated_at
    limit 10000
    on conflict (bucket, path) do nothing
    returning 1
  )
  select count(*) from listed
$$;
comment on function private.enqueue_orphaned_objects() is
  'From cron every night: lists for the sweeper the objects that no row names, such as one that a cancelled builder wrote after its sweep, or those of a deleted organisation. Returns how many. Definer: the outbox is private.';
revoke all on function private.enqueue_orphaned_objects()
  from public, anon, authenticated, service_role;

create function private.list_due_objects(max_objects integer)
returns table (id text, bucket text, path text)
language sql
volatile
security definer
set search_path = ''
as $$
  update private.storage_outbox as outbox
  -- Whoever deletes them has ten minutes; then they are due again, later each time.
  set attempts = outbox.attempts + 1,
      due_at = now() + interval '10 minutes' * least(outbox.attempts + 1, 144)
  where outbox.id in (
    select due.id from private.storage_outbox as due
    where due.due_at <= now()
      -- A published artefact is never swept, whatever the list says.
      and not exists (
        select from public.training_artifacts as artifact where artifact.path = due.path
      )
    order by due.due_at, due.id
    limit least(greatest(list_due_objects.max_objects, 0), 1000)
    for update skip locked
  )
  returning outbox.id::text, outbox.bucket, outbox.path
$$;
comment on function private.list_due_objects(integer) is
  'Objects to delete now, at most 1000, each given to one sweeper. Definer: the outbox is private.';
revoke all on function private.list_due_objects(integer)
  from public, anon, authenticated, service_role;
grant execute on function private.list_due_objects(integer) to service_role;

create function private.complete_sweep_job(job_id text, lease_token uuid, deleted_ids text[])
returns text
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  job private.jobs;
begin
  delete from private.storage_outbox where id::text = any (deleted_ids);
  select held.* into job from private.jobs as held
  where held.id = complete_sweep_job.job_id::bigint
    and held.lease_token = complete_sweep_job.lease_token
  for update;
  if job.id is null then
    return 'stale_lease';
  end if;
  perform private.complete_job(job, 'completed');
  return 'done';
end
$$;
comment on function private.complete_sweep_job(text, uuid, text[]) is
  'Takes deleted objects off the list and ends the sweep. Returns done or stale_lease. Definer: the outbox is private.';
revoke all on function private.complete_sweep_job(text, uuid, text[])
  from public, anon, authenticated, service_role;
grant execute on function private.complete_sweep_job(text, uuid, text[]) to service_role;

select cron.schedule('maestro-sweep-storage', '* * * * *', 'select private.enqueue_storage_sweep()');
select cron.schedule(
  'maestro-find-orphaned-objects', '17 3 * * *', 'select private.enqueue_orphaned_objects()'
);
