-- What the builder of a version calls: what to read, snapshots, progress, the flip.
create function private.claim_training_file_build(version_id uuid, build_token uuid)
returns jsonb
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  version public.training_file_versions;
begin
  -- A job has no token of an earlier builder: it takes the build over, and the old token is worth nothing.
  update public.training_file_versions
  set build_token = case
        when claim_training_file_build.build_token is null then gen_random_uuid()
        else training_file_versions.build_token
      end
  where id = claim_training_file_build.version_id and state = 'building'
    and coalesce(claim_training_file_build.build_token, training_file_versions.build_token)
      = training_file_versions.build_token
  returning * into version;
  if version.id is null then
    return null;
  end if;
  return jsonb_build_object(
    'version_id', version.id,
    'build_token', version.build_token,
    'org_id', version.org_id,
    'training_file_id', version.training_file_id,
    'version', version.version,
    'change', version.change,
    'options', version.options,
    'name', version.file_name,
    'created_at', version.created_at,
    -- When the file was begun, though version 1 may have failed.
    'first_created_at', (
      select first.created_at from public.training_file_versions as first
      where first.training_file_id = version.training_file_id and first.version = 1
    ),
    'sources', (
      select jsonb_agg(jsonb_build_object(
        'position', source.position,
        'conversation_id', source.conversation_id,
        'path', conversation.enriched_file_path,
        'batch_id', (
          select item.batch_job_id from public.batch_items as item
          where item.org_id = version.org_id and item.conversation_id = source.conversation_id
          order by item.created_at, item.id limit 1
        )
      ) order by source.position)
      from public.training_file_sources as source
      -- One that was deleted since the build began has no path: the builder says so.
      left join public.conversations as conversation
        on conversation.org_id = version.org_id
        and conversation.conversation_id = source.conversation_id
      where source.version_id = version.id
    )
  );
end
$$;
comment on function private.claim_training_file_build(uuid, uuid) is
  'What a builder needs to know of a version; null when it is not being built, or by another. Without a token (a job) the build is taken over under a new one. Definer: reads across tables for the service role in one answer, past the row limit of the API.';
revoke all on function private.claim_training_file_build(uuid, uuid)
  from public, anon, authenticated, service_role;
grant execute on function private.claim_training_file_build(uuid, uuid) to service_role;

create function private.heartbeat_training_file_build(
  version_id uuid,
  build_token uuid,
  progress real
)
returns boolean
language sql
volatile
security definer
set search_path = ''
as $$
  update public.training_file_versions
  set progress = least(greatest(heartbeat_training_file_build.progress, 0), 1),
      build_until = greatest(
        build_until,
        -- A queued build has its job's lease besides.
        clock_timestamp() + case when is_queued then interval '5 minutes' else interval '30 seconds' end
      )
  where id = heartbeat_training_file_build.version_id and state = 'building'
    and build_token = heartbeat_training_file_build.build_token
  returning true
$$;
comment on function private.heartbeat_training_file_build(uuid, uuid, real) is
  'Records progress, 0 to 1, and that the builder lives: for 30 s nobody takes its place, for 5 minutes that of a job. Null when the build was cancelled or overtaken. Definer: see claim_training_file_build.';
revoke all on function private.heartbeat_training_file_build(uuid, uuid, real)
  from public, anon, authenticated, service_role;
grant execute on function private.heartbeat_training_file_build(uuid, uuid, real) to service_role;

create function private.complete_training_file_build(
  version_id uuid,
  build_token uuid,
  result jsonb
)
returns public.training_files
language plpgsql
volatile
security definer
set search_path = ''
as $$
#variable_conflict use_column
declare
  file public.training_files;
  version public.training_file_versions;
  job private.jobs;
begin
  -- As its deletion has it before what goes with it: the members would refer to it.
  perform from public.organizations as organization
  where organization.id = (
    select building.org_id from public.training_file_versions as building
    where building.id = complete_training_file_build.version_id
  )
  for key share;
  select own.* into file from public.training_files as own
  where own.id = (
    select building.training_file_id from public.training_file_versions as building
    where building.id = complete_training_file_build.version_id
  )
  for update;
  select building.* into version from public.training_file_versions as building
  where building.id = complete_training_file_build.version_id and building.state = 'building'
    and building.build_token = complete_training_file_build.build_token
  for update;
  if version.id is null or version.parent_version <> file.version then
    perform private.raise_error('BUILD_LOST', 409, 'The build was cancelled or overtaken');
  end if;
  perform private.assert_training_file_sources(version);
  perform private.add_training_file_results(version, result);
  perform private.update_training_file_members(version);
  file := private.update_published_training_file(version, result);
  perform private.enqueue_training_file_rebuild(file);

  select held.* into job from private.jobs as held
  where held.kind = 'build_training_file' and held.dedupe_key = version.id::text
  for update;
  if job.id is not null then
    perform private.complete_job(job, 'completed');
  end if;
  return file;
end
$$;
comment on function private.complete_training_file_build(uuid, uuid, jsonb) is
  'Publishes a version: its artefacts, members and figures, and the file''s row, in one transaction, which also ends the build''s job and queues the rebuild of a file that is stale already. Raises BUILD_LOST when the build was cancelled or overtaken, SOURCE_CHANGED when a conversation is gone. Locks the organisation, the file, the version, the job; of the conversations those that nobody else holds. Definer: see claim_training_file_build.';
revoke all on function private.complete_training_file_build(uuid, uuid, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function private.complete_training_file_build(uuid, uuid, jsonb) to service_role;

create function private.assert_training_file_sources(version public.training_file_versions)
returns void
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  if exists (
    select from public.training_file_sources as source
    where source.version_id = version.id and not exists (
      select from public.conversations as conversation
      where conversation.org_id = version.org_id
        and conversation.conversation_id = source.conversation_id
    )
  ) then
    perform private.raise_error(
      'SOURCE_CHANGED', 409, 'A conversation was deleted while the file was built'
    );
  end if;
end
$$;
comment on function private.assert_training_file_sources(public.training_file_versions) is
  'Passes when every conversation of the version is still there. Raises SOURCE_CHANGED.';
revoke all on function private.assert_training_file_sources(public.training_file_versions)
  from public, anon, authenticated, service_role;

create function private.add_training_file_results(version public.training_file_versions, result jsonb)
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
#variable_conflict use_column
declare
  figures jsonb := result -> 'totals';
begin
  update public.training_file_sources as source set sha256 = pinned.sha256
  from jsonb_to_recordset(result -> 'sources') as pinned (conversation_id uuid, sha256 text)
  where source.version_id = version.id and source.conversation_id = pinned.conversation_id;
  insert into public.training_artifacts
    (org_id, version_id, format, options_hash, options, path, size_bytes, line_count, sha256)
  select version.org_id, version.id, artifact.format, artifact.options_hash, artifact.options,
    artifact.path, artifact.size_bytes, artifact.line_count, artifact.sha256
  from jsonb_to_recordset(result -> 'artifacts') as artifact (
    format text, options_hash text, options jsonb, path text, size_bytes bigint,
    line_count integer, sha256 text
  );
  delete from private.storage_outbox
  where bucket = 'training-files'
    and path in (select artifact.path from public.training_artifacts as artifact
      where artifact.version_id = version.id);

  update public.training_file_versions
  set state = 'published', progress = 1, published_at = now(),
      conversation_count = (figures ->> 'conversation_count')::integer,
      total_training_pairs = (figures ->> 'total_training_pairs')::integer,
      json_sha256 = result ->> 'json_sha256', jsonl_sha256 = result ->> 'jsonl_sha256',
      content_digest = result ->> 'content_digest', totals = figures
  where id = version.id;
end
$$;
comment on function private.add_training_file_results(public.training_file_versions, jsonb) is
  'Publishes a version: hashes of its sources, artefacts, figures; the sweeper forgets its objects. The caller has locked the file and the version.';
revoke all on function private.add_training_file_results(public.training_file_versions, jsonb)
  from public, anon, authenticated, service_role;

create function private.is_training_file_version_stale(version public.training_file_versions)
returns boolean
language sql
volatile
security invoker
set search_path = ''
as $$
  with unchanged as materialized (
    select source.position
    from public.training_file_sources as source
    join public.conversations as conversation
      on conversation.org_id = source.org_id
      and conversation.conversation_id = source.conversation_id
    where source.version_id = (is_training_file_version_stale.version).id
      and conversation.enriched_at <= (is_training_file_version_stale.version).created_at
    -- Whoever enriches from now on finds the file. Who does at this moment looked for it too early:
    -- to wait for them would be a ring, since they wait for files.
    for share of conversation skip locked
  )
  select (select count(*) from unchanged) < (
    select count(*) from public.training_file_sources as source
    where source.version_id = (is_training_file_version_stale.version).id
  )
$$;
comment on function private.is_training_file_version_stale(public.training_file_versions) is
  'Whether a conversation of the version was enriched again since it was begun, or is being changed at this moment: the version may hold the older content. Locks the conversations that nobody else holds. The caller has locked the file.';
revoke all on function private.is_training_file_version_stale(public.training_file_versions)
  from public, anon, authenticated, service_role;

create function private.update_published_training_file(version public.training_file_versions, result jsonb)
returns public.training_files
language plpgsql
volatile
security invoker
set search_path = ''
as $$
#variable_conflict use_column
declare
  figures jsonb := result -> 'totals';
  file public.training_files;
begin
  update public.training_files
  set version = version.version,
      stale = stale_policy <> 'ignore' and private.is_training_file_version_stale(
        update_published_training_file.version
      ),
      status = case when is_archived then 'archived' else 'active' end,
      json_file_path = id || '/v' || version.version || '/training.json',
      jsonl_file_path = id || '/v' || version.version || '/training.jsonl',
      json_file_size = (result ->> 'json_size')::bigint,
      jsonl_file_size = (result ->> 'jsonl_size')::bigint,
      conversation_count = (figures ->> 'conversation_count')::integer,
      total_training_pairs = (figures ->> 'total_training_pairs')::integer,
      avg_quality_score = (figures ->> 'avg_quality_score')::numeric,
      min_quality_score = (figures ->> 'min_quality_score')::numeric,
      max_quality_score = (figures ->> 'max_quality_score')::numeric,
      human_reviewed_count = (figures ->> 'human_reviewed_count')::integer,
      scaffolding_distribution = figures -> 'scaffolding_distribution'
  where id = version.training_file_id
  returning * into file;
  return file;
end
$$;
comment on function private.update_published_training_file(public.training_file_versions, jsonb) is
  'Makes the version the live one in the row of its file, with its figures. The caller has locked the file.';
revoke all on function private.update_published_training_file(public.training_file_versions, jsonb)
  from public, anon, authenticated, service_role;

create function private.update_training_file_members(version public.training_file_versions)
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  delete from public.training_file_conversations as member
  where member.training_file_id = version.training_file_id
    and not exists (
      select from public.training_file_sources as source
      where source.version_id = version.id and source.conversation_id = member.conversation_id
    );
  insert into public.training_file_conversations
    (org_id, training_file_id, conversation_id, position, added_by)
  select version.org_id, version.training_file_id, source.conversation_id, source.position,
    version.created_by
  from public.training_file_sources as source
  where source.version_id = version.id
  on conflict (training_file_id, conversation_id) do update set position = excluded.position;
end
$$;
comment on function private.update_training_file_members(public.training_file_versions) is
  'Makes the conversations of a file those of the version. The caller has locked the file.';
revoke all on function private.update_training_file_members(public.training_file_versions)
  from public, anon, authenticated, service_role;

create function private.fail_training_file_build(version_id uuid, build_token uuid, error jsonb)
returns boolean
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  version public.training_file_versions;
begin
  perform from public.training_files as file
  where file.id = (
    select building.training_file_id from public.training_file_versions as building
    where building.id = fail_training_file_build.version_id
  )
  for update;
  select building.* into version from public.training_file_versions as building
  where building.id = fail_training_file_build.version_id and building.state = 'building'
    and building.build_token = fail_training_file_build.build_token
  for update;
  if version.id is null then
    return false;
  end if;
  perform private.fail_training_file_version(version, 'failed', error, false);
  return true;
end
$$;
comment on function private.fail_training_file_build(uuid, uuid, jsonb) is
  'Ends a build that cannot succeed; false when it was overtaken. Locks the file, then the version. Definer: see claim_training_file_build.';
revoke all on function private.fail_training_file_build(uuid, uuid, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function private.fail_training_file_build(uuid, uuid, jsonb) to service_role;
