-- Rows against objects: what names a file that is not there, and what no row names.
create function private.list_named_objects()
returns table (bucket text, name text, owner text, size_bytes bigint)
language sql
stable
security invoker
set search_path = ''
as $$
  select 'documents', document.storage_path, document.id::text, null::bigint
  from public.vault_documents as document
  union all
  select 'pointer-crops', pointer.png_path, pointer.id::text, null
  from public.pointers as pointer
  union all
  select 'conversation-files', conversation.enriched_file_path, conversation.conversation_id::text, null
  from public.conversations as conversation
  where conversation.enriched_file_path is not null
  union all
  select 'training-files', artifact.path, artifact.version_id::text, artifact.size_bytes
  from public.training_artifacts as artifact
$$;
comment on function private.list_named_objects() is
  'The objects that rows say there are, with their sizes where those are written down.';
revoke all on function private.list_named_objects() from public, anon, authenticated, service_role;

create function private.audit_objects(grace interval)
returns table (name text, subject text, detail text)
language sql
stable
security invoker
set search_path = ''
as $$
  with named as materialized (select listed.* from private.list_named_objects() as listed),
  stored as materialized (
    select object.bucket_id as bucket, object.name, object.created_at,
      (object.metadata ->> 'size')::bigint as size_bytes
    from storage.objects as object
    where object.bucket_id in ('documents', 'pointer-crops', 'conversation-files', 'training-files')
  )
  select 'files of ' || named.bucket, named.owner,
    case when stored.name is null then format('no object at %s', named.name)
      else format(
        '%s has %s bytes, and was written with %s',
        named.name, stored.size_bytes, named.size_bytes
      )
    end
  from named
  left join stored on stored.bucket = named.bucket and stored.name = named.name
  where stored.name is null or stored.size_bytes <> named.size_bytes
  union all
  select 'rows of ' || stored.bucket, stored.name, 'no row names this object'
  from stored
  left join named on named.bucket = stored.bucket and named.name = stored.name
  left join private.storage_outbox as outbox
    on outbox.bucket = stored.bucket and outbox.path = stored.name
  where named.name is null and outbox.id is null
    -- A browser uploads first, and inserts its row then.
    and stored.created_at <= now() - audit_objects.grace
    and stored.name not like '%/.emptyFolderPlaceholder'
    and not (
      stored.bucket = 'conversation-files' and exists (
        select from public.conversations as conversation
        where stored.name in (conversation.file_path, conversation.raw_response_path)
      )
    )
$$;
comment on function private.audit_objects(interval) is
  'Rows whose object is missing or has another size, and objects older than the grace that neither a row nor the sweeper''s list names.';
revoke all on function private.audit_objects(interval) from public, anon, authenticated, service_role;
