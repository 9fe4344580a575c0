-- Which conversations a version may take: there, ready, of a size that is read.
create function private.assert_conversations_exist(org_id uuid, conversation_ids uuid[])
returns void
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  missing uuid[];
begin
  select array_agg(wanted.id) into missing
  from unnest(conversation_ids) as wanted (id)
  where not exists (
    select from public.conversations as conversation
    where conversation.org_id = assert_conversations_exist.org_id
      and conversation.conversation_id = wanted.id
  );
  if missing is not null then
    perform private.raise_error(
      'CONVERSATION_NOT_FOUND', 404, format('%s conversations do not exist', cardinality(missing)),
      jsonb_build_object('conversation_ids', missing)
    );
  end if;
end
$$;
comment on function private.assert_conversations_exist(uuid, uuid[]) is
  'Passes when every conversation exists in the organisation. Raises CONVERSATION_NOT_FOUND.';
revoke all on function private.assert_conversations_exist(uuid, uuid[])
  from public, anon, authenticated, service_role;

create function private.assert_conversations_ready(org_id uuid, conversation_ids uuid[])
returns void
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  unready jsonb;
begin
  select jsonb_agg(jsonb_build_object(
    'conversation_id', conversation.conversation_id,
    'reason', case
      when conversation.enrichment_status <> 'completed'
      then format('enrichment_status is ''%s'', must be ''completed''', conversation.enrichment_status)
      else 'enriched_file_path is missing'
    end
  ) order by conversation.conversation_id) into unready
  from public.conversations as conversation
  where conversation.org_id = assert_conversations_ready.org_id
    and conversation.conversation_id = any (conversation_ids)
    and (conversation.enrichment_status <> 'completed' or conversation.enriched_file_path is null);
  if unready is not null then
    perform private.raise_error(
      'CONVERSATION_NOT_READY', 400,
      format('%s conversations cannot be used', jsonb_array_length(unready)), unready,
      'Enrich them first'
    );
  end if;
end
$$;
comment on function private.assert_conversations_ready(uuid, uuid[]) is
  'Passes when every conversation is enriched. Raises CONVERSATION_NOT_READY.';
revoke all on function private.assert_conversations_ready(uuid, uuid[])
  from public, anon, authenticated, service_role;

create function private.assert_conversations_small(org_id uuid, conversation_ids uuid[])
returns void
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  oversized jsonb;
begin
  -- The limit of shared/training-files/conversation: no build has to begin to meet it.
  select jsonb_agg(jsonb_build_object(
    'conversation_id', conversation.conversation_id,
    'size_bytes', (object.metadata ->> 'size')::bigint,
    'limit_bytes', 8388608
  ) order by conversation.conversation_id) into oversized
  from public.conversations as conversation
  join storage.objects as object
    on object.bucket_id = 'conversation-files' and object.name = conversation.enriched_file_path
  where conversation.org_id = assert_conversations_small.org_id
    and conversation.conversation_id = any (conversation_ids)
    and (object.metadata ->> 'size')::bigint > 8388608;
  if oversized is not null then
    perform private.raise_error(
      'CONVERSATION_TOO_LARGE', 413,
      format('%s conversations are larger than 8 MiB', jsonb_array_length(oversized)), oversized
    );
  end if;
end
$$;
comment on function private.assert_conversations_small(uuid, uuid[]) is
  'Passes when no conversation is larger than a build reads. Raises CONVERSATION_TOO_LARGE.';
revoke all on function private.assert_conversations_small(uuid, uuid[])
  from public, anon, authenticated, service_role;

create function private.assert_conversations_usable(org_id uuid, conversation_ids uuid[])
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  -- Locked in the order of their ids, so that two builds never wait for each other in a ring.
  perform from public.conversations as conversation
  where conversation.org_id = assert_conversations_usable.org_id
    and conversation.conversation_id = any (conversation_ids)
  order by conversation.conversation_id
  for share;
  perform private.assert_conversations_exist(
    assert_conversations_usable.org_id, assert_conversations_usable.conversation_ids
  );
  perform private.assert_conversations_ready(
    assert_conversations_usable.org_id, assert_conversations_usable.conversation_ids
  );
  perform private.assert_conversations_small(
    assert_conversations_usable.org_id, assert_conversations_usable.conversation_ids
  );
end
$$;
comment on function private.assert_conversations_usable(uuid, uuid[]) is
  'Passes when every conversation exists in the organisation, is enriched and not too large. Raises CONVERSATION_NOT_FOUND, CONVERSATION_NOT_READY, CONVERSATION_TOO_LARGE. Locks the conversations in the order of their ids.';
revoke all on function private.assert_conversations_usable(uuid, uuid[])
  from public, anon, authenticated, service_role;
