-- What a builder asks of the database besides the build itself: snapshots, objects on their way, artefacts.
create function private.get_conversation_snapshots(org_id uuid, sha256s text[])
returns jsonb
language sql
stable
security definer
set search_path = ''
as $$
  select coalesce(jsonb_object_agg(
    known.sha256, jsonb_build_object('snapshot', known.snapshot, 'fingerprint', known.fingerprint)
  ), '{}')
  from public.conversation_snapshots as known
  where known.org_id = get_conversation_snapshots.org_id
    and known.sha256 = any (get_conversation_snapshots.sha256s)
$$;
comment on function private.get_conversation_snapshots(uuid, text[]) is
  'The snapshots of an organisation with these hashes, by hash. Definer: see claim_training_file_build.';
revoke all on function private.get_conversation_snapshots(uuid, text[])
  from public, anon, authenticated, service_role;
grant execute on function private.get_conversation_snapshots(uuid, text[]) to service_role;

create function private.enqueue_object_deletion(bucket text, path text, delay interval)
returns void
language sql
volatile
security definer
set search_path = ''
as $$
  insert into private.storage_outbox (bucket, path, due_at)
  values (enqueue_object_deletion.bucket, enqueue_object_deletion.path, now() + enqueue_object_deletion.delay)
  on conflict (bucket, path) do update set due_at = excluded.due_at
$$;
comment on function private.enqueue_object_deletion(text, text, interval) is
  'Lists an object that is about to be written: unless a row names it in time, it is swept. Definer: the outbox is private.';
revoke all on function private.enqueue_object_deletion(text, text, interval)
  from public, anon, authenticated, service_role;
grant execute on function private.enqueue_object_deletion(text, text, interval) to service_role;

create function private.add_training_artifact(version_id uuid, artifact jsonb)
returns public.training_artifacts
language plpgsql
volatile
security definer
set search_path = ''
as $$
#variable_conflict use_column
declare
  added public.training_artifacts;
begin
  insert into public.training_artifacts
    (org_id, version_id, format, options_hash, options, path, size_bytes, line_count, sha256)
  select version.org_id, version.id, item.format, item.options_hash, item.options, item.path,
    item.size_bytes, item.line_count, item.sha256
  from public.training_file_versions as version,
    jsonb_to_record(add_training_artifact.artifact) as item (
      format text, options_hash text, options jsonb, path text, size_bytes bigint,
      line_count integer, sha256 text
    )
  where version.id = add_training_artifact.version_id and version.state = 'published'
  on conflict (version_id, format, options_hash) do nothing
  returning * into added;
  if added.id is null then
    select known.* into added from public.training_artifacts as known
    where known.version_id = add_training_artifact.version_id
      and known.format = add_training_artifact.artifact ->> 'format'
      and known.options_hash = add_training_artifact.artifact ->> 'options_hash';
  end if;
  if added.id is null then
    perform private.raise_error('TRAINING_FILE_NOT_FOUND', 404, 'There is no such training file');
  end if;
  delete from private.storage_outbox where bucket = 'training-files' and path = added.path;
  return added;
end
$$;
comment on function private.add_training_artifact(uuid, jsonb) is
  'Names an object as an artefact of a published version, or answers with the one that was there first. Raises TRAINING_FILE_NOT_FOUND when the version is gone. Definer: the outbox is private.';
revoke all on function private.add_training_artifact(uuid, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function private.add_training_artifact(uuid, jsonb) to service_role;

create function private.get_training_file_entries(version_id uuid, has_fingerprints boolean)
returns jsonb
language sql
stable
security definer
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'position', source.position,
    'conversation_id', source.conversation_id,
    'path', conversation.enriched_file_path,
    'batch_id', (
      select item.batch_job_id from public.batch_items as item
      where item.org_id = source.org_id and item.conversation_id = source.conversation_id
      order by item.created_at, item.id limit 1
    ),
    'snapshot', known.snapshot,
    'fingerprint', case when has_fingerprints then known.fingerprint end
  ) order by source.position), '[]')
  from public.training_file_sources as source
  join public.conversation_snapshots as known
    on known.org_id = source.org_id and known.sha256 = source.sha256
  left join public.conversations as conversation
    on conversation.org_id = source.org_id
    and conversation.conversation_id = source.conversation_id
  where source.version_id = get_training_file_entries.version_id
$$;
comment on function private.get_training_file_entries(uuid, boolean) is
  'The conversations of a published version with their snapshots, in order, past the row limit of the API. Definer: see claim_training_file_build.';
revoke all on function private.get_training_file_entries(uuid, boolean)
  from public, anon, authenticated, service_role;
grant execute on function private.get_training_file_entries(uuid, boolean) to service_role;
