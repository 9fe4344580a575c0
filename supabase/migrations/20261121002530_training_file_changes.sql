-- What users ask for: change a file, delete it, stop its build.
create function private.update_training_file(training_file_id uuid, changes jsonb)
returns public.training_files
language plpgsql
volatile
security definer
set search_path = ''
as $$
#variable_conflict use_column
declare
  file public.training_files := private.get_training_file_for_update(
    update_training_file.training_file_id, 'editor'
  );
begin
  perform private.assert_training_file_changes(changes);
  if changes ? 'status' and file.status not in ('active', 'archived') then
    perform private.raise_error(
      'TRAINING_FILE_BUSY', 409,
      case file.status
        when 'failed' then 'The training file has no version'
        else 'The training file is being built'
      end,
      null, 'Try again when a build has ended well'
    );
  end if;
  if exists (
    select from public.training_files as other
    where other.org_id = file.org_id and other.id <> file.id
      and other.name = btrim(changes ->> 'name')
  ) then
    perform private.raise_error(
      'NAME_TAKEN', 409, 'There is a training file with this name already', null, 'Choose another name'
    );
  end if;
  update public.training_files
  set name = coalesce(btrim(changes ->> 'name'), name),
      description = case when changes ? 'description' then changes ->> 'description' else description end,
      status = coalesce(changes ->> 'status', status),
      is_archived = case when changes ? 'status' then changes ->> 'status' = 'archived' else is_archived end,
      stale_policy = coalesce(changes ->> 'stale_policy', stale_policy)
  where id = file.id
  returning * into file;
  if changes ?| array['status', 'stale_policy'] then
    perform private.enqueue_training_file_rebuild(file);
  end if;
  return file;
end
$$;
comment on function private.update_training_file(uuid, jsonb) is
  'Changes name, description, status (active or archived) or stale_policy; a stale file that may be rebuilt now is queued. Raises INVALID_REQUEST, TRAINING_FILE_NOT_FOUND, ROLE_TOO_LOW, NAME_TAKEN, TRAINING_FILE_BUSY, QUOTA_EXCEEDED. Locks the organisation, the file, the job. Definer: users have no update right; a version''s figures are nobody''s to change.';
revoke all on function private.update_training_file(uuid, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function private.update_training_file(uuid, jsonb) to authenticated;

create function private.delete_training_file(training_file_id uuid)
returns text[]
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  file public.training_files := private.get_training_file_for_update(training_file_id, 'admin');
  paths text[];
begin
  perform private.complete_job(job, 'cancelled')
  from private.jobs as job
  where (job.kind = 'rebuild_training_file' and job.dedupe_key = file.id::text)
    or (job.kind = 'build_training_file' and job.dedupe_key in (
      select version.id::text from public.training_file_versions as version
      where version.training_file_id = file.id and version.state = 'building'
    ));
  select array_agg(distinct object.path) into paths
  from (
    select artifact.path
    from public.training_artifacts as artifact
    join public.training_file_versions as version on version.id = artifact.version_id
    where version.training_file_id = file.id
    union all
    select outbox.path from private.storage_outbox as outbox
    where outbox.bucket = 'training-files' and outbox.path like file.id || '/%'
  ) as object;
  insert into private.storage_outbox (bucket, path)
  select 'training-files', path from unnest(paths) as path
  on conflict (bucket, path) do update set due_at = now();
  delete from public.training_files where id = file.id;
  return coalesce(paths, '{}');
end
$$;
comment on function private.delete_training_file(uuid) is
  'Deletes a file with all versions, cancels its jobs and hands its objects to the sweeper; returns their names. Raises TRAINING_FILE_NOT_FOUND, ROLE_TOO_LOW. Locks the organisation, the file. Definer: users have no delete right and may not see the outbox.';
revoke all on function private.delete_training_file(uuid) from public, anon, authenticated, service_role;
grant execute on function private.delete_training_file(uuid) to authenticated;

create function private.cancel_training_file_build(training_file_id uuid)
returns public.training_file_versions
language plpgsql
volatile
security definer
set search_path = ''
as $$
#variable_conflict use_column
declare
  file public.training_files := private.get_training_file_for_update(
    cancel_training_file_build.training_file_id, 'editor'
  );
  building public.training_file_versions;
  job private.jobs;
begin
  select version.* into building from public.training_file_versions as version
  where version.training_file_id = file.id and version.state = 'building'
  for update;
  if building.id is null then
    perform private.raise_error('BUILD_NOT_CANCELLABLE', 409, 'No build is under way');
  end if;
  select open_job.* into job from private.jobs as open_job
  where open_job.kind = 'build_training_file' and open_job.dedupe_key = building.id::text
  for update;
  if job.id is not null then
    perform private.complete_job(job, 'cancelled');
  end if;
  perform private.fail_training_file_version(building, 'cancelled', null, false);
  building.state := 'cancelled';
  return building;
end
$$;
comment on function private.cancel_training_file_build(uuid) is
  'Ends the build that is under way; the live version stays. Raises TRAINING_FILE_NOT_FOUND, ROLE_TOO_LOW, BUILD_NOT_CANCELLABLE. Locks the organisation, the file, the version, the job. Definer: see create_training_file.';
revoke all on function private.cancel_training_file_build(uuid)
  from public, anon, authenticated, service_role;
grant execute on function private.cancel_training_file_build(uuid) to authenticated;
