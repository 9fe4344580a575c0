-- A version begins and ends: what is locked, what is given up, what is queued.
create function private.create_training_file_version(
  file public.training_files,
  change text,
  conversation_ids uuid[],
  options jsonb
)
returns public.training_file_versions
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  begun public.training_file_versions;
begin
  if exists (
    select from public.training_file_versions as version
    where version.training_file_id = file.id and version.state = 'building'
  ) then
    perform private.raise_error(
      'TRAINING_FILE_BUSY', 409, 'Another change of this training file is under way', null,
      'Try again when it has ended'
    );
  end if;

  insert into public.training_file_versions
    (org_id, training_file_id, version, parent_version, file_name, change, options, created_by)
  select file.org_id, file.id, coalesce(max(known.version), 0) + 1, file.version, file.name,
    create_training_file_version.change, create_training_file_version.options, (select auth.uid())
  from public.training_file_versions as known
  where known.training_file_id = file.id
  returning * into begun;
  update public.training_files set status = 'processing' where id = file.id and version = 0;
  insert into public.training_file_sources (org_id, version_id, position, conversation_id)
  select begun.org_id, begun.id, wanted.ordinality - 1, wanted.id
  from unnest(conversation_ids) with ordinality as wanted (id, ordinality);
  -- If the build dies, its objects are swept; if it ends, its names are taken off this list.
  insert into private.storage_outbox (bucket, path, due_at)
  select 'training-files', file.id || '/v' || begun.version || '/' || object, now() + interval '1 day'
  from unnest(array['training.json', 'training.jsonl', 'manifest.json']) as object;
  return begun;
end
$$;
comment on function private.create_training_file_version(public.training_files, text, uuid[], jsonb) is
  'Begins a version of a file with the given conversations, in order. Raises TRAINING_FILE_BUSY while another is being built. The caller has locked the file and ended a lost build.';
revoke all on function private.create_training_file_version(public.training_files, text, uuid[], jsonb)
  from public, anon, authenticated, service_role;

create function private.fail_training_file_version(
  version public.training_file_versions,
  state text,
  error jsonb,
  keeps_file boolean
)
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  update private.storage_outbox set due_at = now()
  where bucket = 'training-files'
    and path like version.training_file_id || '/v' || version.version || '/%';
  if version.change = 'created' and not version.is_queued and not keeps_file then
    -- Whoever made the file is told now: the request has failed as a whole.
    delete from public.training_files where id = version.training_file_id and training_files.version = 0;
    return;
  end if;
  update public.training_file_versions
  set state = fail_training_file_version.state, error = fail_training_file_version.error
  where id = version.id;
  update public.training_files as file
  set status = case
    when file.version = 0 then 'failed'
    when file.is_archived then 'archived'
    else 'active'
  end
  where file.id = version.training_file_id and file.status = 'processing';
end
$$;
comment on function private.fail_training_file_version(public.training_file_versions, text, jsonb, boolean) is
  'Ends a build without a result and hands its objects to the sweeper. A file goes with the request that made it, unless the caller keeps it; one whose first build was queued stays, failed. The caller has locked the file and the version.';
revoke all on function private.fail_training_file_version(public.training_file_versions, text, jsonb, boolean)
  from public, anon, authenticated, service_role;

create function private.is_build_lost(version public.training_file_versions)
returns boolean
language sql
volatile
security invoker
set search_path = ''
as $$
  select (is_build_lost.version).state = 'building' and (
    (is_build_lost.version).build_until < clock_timestamp()
    -- Its job has failed for good, or was never told of the end.
    or (
      exists (
        select from private.job_history as past
        where past.kind = 'build_training_file'
          and past.dedupe_key = (is_build_lost.version).id::text
      ) and not exists (
        select from private.jobs as job
        where job.kind = 'build_training_file'
          and job.dedupe_key = (is_build_lost.version).id::text
      )
    )
  )
$$;
comment on function private.is_build_lost(public.training_file_versions) is
  'Whether a build has stopped without a word: its builder no longer beats, or its job is over.';
revoke all on function private.is_build_lost(public.training_file_versions)
  from public, anon, authenticated, service_role;

create function private.fail_lost_build(training_file_id uuid, keeps_file boolean)
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
#variable_conflict use_column
declare
  lost public.training_file_versions;
begin
  -- Whoever holds the file is ending its build, or has just begun one.
  perform from public.training_files as file
  where file.id = fail_lost_build.training_file_id
  for update skip locked;
  if not found then
    return;
  end if;
  select building.* into lost from public.training_file_versions as building
  where building.training_file_id = fail_lost_build.training_file_id
    and building.state = 'building' and private.is_build_lost(building)
  for update;
  if lost.id is null then
    return;
  end if;
  perform private.complete_job(job, 'cancelled')
  from private.jobs as job
  where job.kind = 'build_training_file' and job.dedupe_key = lost.id::text;
  perform private.fail_training_file_version(
    lost, 'failed',
    coalesce(
      (
        select past.error from private.job_history as past
        where past.kind = 'build_training_file' and past.dedupe_key = lost.id::text
        order by past.id desc limit 1
      ),
      '{"code": "BUILD_LOST", "message": "The build stopped before its end"}'
    ),
    keeps_file
  );
end
$$;
comment on function private.fail_lost_build(uuid, boolean) is
  'Ends the build of a file if it stopped without a word, with the reason of its job where that gave one. A file goes with the request that made it, unless the caller keeps it. Locks the file, then the version; does nothing to a file that another holds.';
revoke all on function private.fail_lost_build(uuid, boolean)
  from public, anon, authenticated, service_role;

create function private.get_training_file_for_update(training_file_id uuid, min_role text)
returns public.training_files
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  file public.training_files;
begin
  -- As its deletion has it before its files: versions and jobs refer to it.
  perform from public.organizations as organization
  where organization.id = (
    select own.org_id from public.training_files as own
    where own.id = training_file_id
      and own.org_id in (select private.get_member_org_ids('viewer'))
  )
  for key share;
  select own.* into file from public.training_files as own
  where own.id = training_file_id
    and own.org_id in (select private.get_member_org_ids('viewer'))
  for update;
  if file.id is null then
    perform private.raise_error('TRAINING_FILE_NOT_FOUND', 404, 'There is no such training file');
  end if;
  perform private.assert_org_role(file.org_id, min_role);
  return file;
end
$$;
comment on function private.get_training_file_for_update(uuid, text) is
  'A training file that the caller may act on, locked after its organisation. Raises TRAINING_FILE_NOT_FOUND, ROLE_TOO_LOW.';
revoke all on function private.get_training_file_for_update(uuid, text)
  from public, anon, authenticated, service_role;

create function private.get_training_file_members(file public.training_files)
returns uuid[]
language sql
stable
security invoker
set search_path = ''
as $$
  select case
    when (get_training_file_members.file).version > 0 then array(
      select member.conversation_id from public.training_file_conversations as member
      where member.training_file_id = (get_training_file_members.file).id
      order by member.position
    )
    else array(
      select source.conversation_id from public.training_file_sources as source
      where source.version_id = (
        select attempt.id from public.training_file_versions as attempt
        where attempt.training_file_id = (get_training_file_members.file).id
        order by attempt.version desc limit 1
      )
      order by source.position
    )
  end
$$;
comment on function private.get_training_file_members(public.training_files) is
  'The conversations of a file in order; before there is a version, those of the last attempt at one.';
revoke all on function private.get_training_file_members(public.training_files)
  from public, anon, authenticated, service_role;

create function private.enqueue_training_file_build(
  version public.training_file_versions,
  is_forced boolean
)
returns boolean
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  source_count bigint;
  source_bytes bigint;
begin
  select count(*), sum((object.metadata ->> 'size')::bigint) into source_count, source_bytes
  from public.training_file_sources as source
  join public.conversations as conversation
    on conversation.org_id = version.org_id and conversation.conversation_id = source.conversation_id
  left join storage.objects as object
    on object.bucket_id = 'conversation-files' and object.name = conversation.enriched_file_path
  where source.version_id = version.id;
  if not is_forced and source_count <= 80 and coalesce(source_bytes, 0) <= 5 * 1024 * 1024 then
    return false;
  end if;

  perform private.enqueue_jobs(jsonb_build_array(jsonb_build_object(
    'org_id', version.org_id, 'lane', 'training-files', 'kind', 'build_training_file',
    'dedupe_key', version.id, 'payload', jsonb_build_object('version_id', version.id)
  )));
  update public.training_file_versions
  set is_queued = true, build_until = now() + interval '1 day'
  where id = version.id;
  update public.training_files set status = 'processing' where id = version.training_file_id;
  return true;
end
$$;
comment on function private.enqueue_training_file_build(public.training_file_versions, boolean) is
  'Queues the build of a version that nobody waits for, or that is too large for a request (more than 80 conversations or 5 MB of sources); false when it is not.';
revoke all on function private.enqueue_training_file_build(public.training_file_versions, boolean)
  from public, anon, authenticated, service_role;
