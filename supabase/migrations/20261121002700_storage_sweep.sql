-- The sweeper of objects that no row names: enqueued by cron when something is due.
insert into private.lanes (lane, max_in_flight) values ('training-files', 2), ('storage', 1);

create function private.fail_lost_builds()
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  perform private.fail_lost_build(building.training_file_id, false)
  from public.training_file_versions as building
  where building.state = 'building' and private.is_build_lost(building);
end
$$;
comment on function private.fail_lost_builds() is
  'Ends the builds that stopped without a word. Locks as fail_lost_build does.';
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

create function private.is_object_kept(listed private.storage_outbox)
returns boolean
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  org_id uuid := case listed.bucket
    when 'documents' then private.get_document_path_org_id(listed.path)
    when 'pointer-crops' then private.get_crop_path_org_id(listed.path)
  end;
begin
  if listed.bucket = 'training-files' then
    return exists (
      select from public.training_artifacts as artifact where artifact.path = listed.path
    );
  end if;
  -- Of a deleted one nobody can name an object any more.
  if not exists (select from public.organizations as owner where owner.id = org_id) then
    return false;
  end if;
  -- A browser uploads first, and inserts its row then.
  return exists (
      select from storage.objects as object
      where object.bucket_id = listed.bucket and object.name = listed.path
        and greatest(object.created_at, object.updated_at) > listed.created_at
    )
    or case listed.bucket
      when 'documents' then exists (
        select from public.vault_documents as document
        where document.id = split_part(listed.path, '/', 2)::uuid
          and document.storage_path = listed.path
      )
      else exists (
        select from public.pointers as pointer
        where pointer.id = left(split_part(listed.path, '/', 3), 36)::uuid
          and pointer.png_path = listed.path
      )
    end;
end
$$;
comment on function private.is_object_kept(private.storage_outbox) is
  'Whether a listed object must stay: a row names it, or it was written after it was listed and may be named any moment. An artefact is listed before it is written.';
revoke all on function private.is_object_kept(private.storage_outbox)
  from public, anon, authenticated, service_role;

create function private.list_due_objects(max_objects integer)
returns table (id text, bucket text, path text)
language sql
volatile
security definer
set search_path = ''
as $$
  with due as materialized (
    select listed.id, private.is_object_kept(listed) as is_kept
    from private.storage_outbox as listed
    where listed.due_at <= now()
    order by listed.due_at, listed.id
    limit least(greatest(list_due_objects.max_objects, 0), 1000)
    -- Whoever holds one names it or has swept it.
    for update skip locked
  ),
  kept as (
    delete from private.storage_outbox as outbox using due where outbox.id = due.id and due.is_kept
  )
  update private.storage_outbox as outbox
  -- Whoever deletes them has ten minutes; then they are due again, later each time.
  set attempts = outbox.attempts + 1,
      due_at = now() + interval '10 minutes' * least(outbox.attempts + 1, 144)
  from due
  where outbox.id = due.id and not due.is_kept
  returning outbox.id::text, outbox.bucket, outbox.path
$$;
comment on function private.list_due_objects(integer) is
  'Objects to delete now, at most 1000, each given to one sweeper; what is_object_kept keeps of them leaves the list instead. Definer: the outbox is private.';
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
  delete from private.storage_outbox where id in (
    select listed.id from private.storage_outbox as listed
    where listed.id::text = any (deleted_ids)
    -- What a row is being inserted for leaves the list with it.
    for update skip locked
  );
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
