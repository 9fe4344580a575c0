-- Training files against their versions, and versions against what they were made of.
create function private.audit_file_versions()
returns table (name text, subject text, detail text)
language sql
stable
security invoker
set search_path = ''
as $$
  with published as materialized (
    select version.* from public.training_file_versions as version
    where version.state = 'published'
  ),
  native as materialized (
    select artifact.version_id, artifact.format, artifact.sha256, artifact.size_bytes
    from public.training_artifacts as artifact where artifact.options_hash = ''
  )
  select 'live versions', file.id::text,
    format(
      'version %s of %s published: %s conversations of %s, %s pairs of %s', file.version,
      newest.version, file.conversation_count, live.conversation_count,
      file.total_training_pairs, live.total_training_pairs
    )
  from public.training_files as file
  left join published as live
    on live.training_file_id = file.id and live.version = file.version
  left join native as json on json.version_id = live.id and json.format = 'json'
  left join native as jsonl on jsonl.version_id = live.id and jsonl.format = 'jsonl'
  left join (
    select published.training_file_id, max(published.version) as version
    from published group by published.training_file_id
  ) as newest on newest.training_file_id = file.id
  where file.version <> coalesce(newest.version, 0) or (
    file.version > 0 and (
      file.status = 'failed'
      or (file.conversation_count, file.total_training_pairs)
        is distinct from (live.conversation_count, live.total_training_pairs)
      or (file.json_file_size, file.jsonl_file_size)
        is distinct from (json.size_bytes, jsonl.size_bytes)
    )
  )
  union all
  select 'artefacts of versions', published.id::text,
    case when lacking.formats is not null then format('no %s', lacking.formats)
      else 'the version''s hashes are not those of its artefacts'
    end
  from published
  left join native as json on json.version_id = published.id and json.format = 'json'
  left join native as jsonl on jsonl.version_id = published.id and jsonl.format = 'jsonl'
  left join native as manifest on manifest.version_id = published.id and manifest.format = 'manifest'
  cross join lateral (
    select string_agg(wanted.format, ', ' order by wanted.format) as formats
    from (
      values ('json', json.version_id), ('jsonl', jsonl.version_id), ('manifest', manifest.version_id)
    ) as wanted (format, version_id)
    where wanted.version_id is null
  ) as lacking
  where lacking.formats is not null
    or (published.json_sha256, published.jsonl_sha256)
      is distinct from (json.sha256, jsonl.sha256)
$$;
comment on function private.audit_file_versions() is
  'Files that do not show the figures of their newest version, and versions without their artefacts.';
revoke all on function private.audit_file_versions() from public, anon, authenticated, service_role;

create function private.audit_file_sources()
returns table (name text, subject text, detail text)
language sql
stable
security invoker
set search_path = ''
as $$
  with source as materialized (
    select version.id as version_id, count(own.version_id) as source_count,
      coalesce(max(own.position) + 1, 0) as place_count,
      count(*) filter (where own.version_id is not null and known.sha256 is null) as unknown_count,
      coalesce(sum((known.snapshot #>> '{counts,target_pairs}')::bigint), 0) as pair_count,
      array_agg(own.conversation_id order by own.position) as conversation_ids
    from public.training_file_versions as version
    left join public.training_file_sources as own on own.version_id = version.id
    left join public.conversation_snapshots as known
      on known.org_id = own.org_id and known.sha256 = own.sha256
    where version.state = 'published'
    group by version.id
  )
  select 'sources of versions', version.id::text,
    format(
      '%s sources for %s conversations, %s of them without a snapshot; %s pairs for %s',
      source.source_count, version.conversation_count, source.unknown_count, source.pair_count,
      version.total_training_pairs
    )
  from public.training_file_versions as version
  join source on source.version_id = version.id
  where source.source_count <> version.conversation_count
    or source.source_count <> source.place_count
    or source.unknown_count > 0 or source.pair_count <> version.total_training_pairs
  union all
  select 'members of files', file.id::text, 'not the conversations of the live version, in order'
  from public.training_files as file
  join public.training_file_versions as version
    on version.training_file_id = file.id and version.version = file.version
  join source on source.version_id = version.id
  left join lateral (
    select array_agg(member.conversation_id order by member.position) as conversation_ids
    from public.training_file_conversations as member where member.training_file_id = file.id
  ) as member on true
  where member.conversation_ids is distinct from source.conversation_ids
$$;
comment on function private.audit_file_sources() is
  'Versions whose counts are not those of their conversations'' snapshots, and files whose members are not those of their live version.';
revoke all on function private.audit_file_sources() from public, anon, authenticated, service_role;
