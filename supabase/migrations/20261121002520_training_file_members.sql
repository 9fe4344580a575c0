-- What users ask for: create a file, add or remove conversations.
create function private.create_training_file_build(
  file public.training_files,
  change text,
  conversation_ids uuid[],
  options jsonb,
  idempotency_key text,
  request_hash text
)
returns table (file_id uuid, version_id uuid, build_token uuid, is_new boolean, is_queued boolean)
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  begun public.training_file_versions := private.create_training_file_version(
    file, change, conversation_ids, options
  );
begin
  perform private.add_idempotency_key(idempotency_key, request_hash, begun.id);
  return query
  select file.id, begun.id, begun.build_token, true, private.enqueue_training_file_build(begun, false);
end
$$;
comment on function private.create_training_file_build(public.training_files, text, uuid[], jsonb, text, text) is
  'Begins a version for a request, notes its key, and queues the build if it is too large for the request. Answers as the functions below do. Raises TRAINING_FILE_BUSY. The caller has locked the file and ended a lost build.';
revoke all on function private.create_training_file_build(public.training_files, text, uuid[], jsonb, text, text)
  from public, anon, authenticated, service_role;

create function private.assert_not_in_training_file(
  file public.training_files,
  members uuid[],
  conversation_ids uuid[]
)
returns void
language plpgsql
immutable
security invoker
set search_path = ''
as $$
declare
  known uuid[] := array(
    select wanted.id from unnest(conversation_ids) with ordinality as wanted (id, place)
    where wanted.id = any (members) order by wanted.place
  );
begin
  -- Before there is a version nothing is in the file: the same conversations are one more attempt.
  if file.version > 0 and cardinality(known) > 0 then
    perform private.raise_error(
      'CONVERSATIONS_ALREADY_IN_FILE', 400,
      'Conversations already in training file: ' || array_to_string(known, ', '),
      jsonb_build_object('conversation_ids', known)
    );
  end if;
end
$$;
comment on function private.assert_not_in_training_file(public.training_files, uuid[], uuid[]) is
  'Passes when none of the conversations is in the file. Raises CONVERSATIONS_ALREADY_IN_FILE.';
revoke all on function private.assert_not_in_training_file(public.training_files, uuid[], uuid[])
  from public, anon, authenticated, service_role;

create function private.assert_in_training_file(members uuid[], conversation_ids uuid[])
returns void
language plpgsql
immutable
security invoker
set search_path = ''
as $$
declare
  unknown uuid[] := array(
    select wanted.id from unnest(conversation_ids) as wanted (id)
    where wanted.id <> all (members)
  );
begin
  if cardinality(unknown) > 0 then
    perform private.raise_error(
      'CONVERSATIONS_NOT_IN_FILE', 400,
      'Conversations not in training file: ' || array_to_string(unknown, ', '),
      jsonb_build_object('conversation_ids', unknown)
    );
  end if;
end
$$;
comment on function private.assert_in_training_file(uuid[], uuid[]) is
  'Passes when each of the conversations is in the file. Raises CONVERSATIONS_NOT_IN_FILE.';
revoke all on function private.assert_in_training_file(uuid[], uuid[])
  from public, anon, authenticated, service_role;

create function private.create_training_file(
  org_id uuid,
  name text,
  description text,
  conversation_ids uuid[],
  options jsonb,
  idempotency_key text,
  request_hash text
)
returns table (file_id uuid, version_id uuid, build_token uuid, is_new boolean, is_queued boolean)
language plpgsql
volatile
security definer
set search_path = ''
as $$
#variable_conflict use_column
declare
  meant_org_id uuid := private.get_org_id(create_training_file.org_id, 'editor');
  caller_id uuid := (select auth.uid());
  earlier public.training_file_versions;
  file public.training_files;
begin
  perform private.assert_conversation_ids(create_training_file.conversation_ids);
  perform private.assert_training_file_options(create_training_file.options);
  perform private.assert_training_file_changes(jsonb_build_object(
    'name', create_training_file.name, 'description', create_training_file.description
  ));
  earlier := private.claim_idempotency_key(
    create_training_file.idempotency_key, create_training_file.request_hash
  );
  if earlier.id is not null then
    -- A later attempt may have made the file after all.
    return query
    select made.id, earlier.id, null::uuid, false, earlier.is_queued and made.version = 0
    from public.training_files as made where made.id = earlier.training_file_id;
    return;
  end if;

  -- Before the conversations are locked: a file comes first wherever both are.
  perform private.fail_lost_build(namesake.id, false)
  from public.training_files as namesake
  where namesake.org_id = meant_org_id and namesake.version = 0
    and namesake.name = btrim(create_training_file.name);
  perform private.assert_conversations_usable(meant_org_id, create_training_file.conversation_ids);
  insert into public.training_files (org_id, name, description, created_by)
  values (meant_org_id, btrim(create_training_file.name), create_training_file.description, caller_id)
  on conflict (org_id, name) do nothing
  returning * into file;
  if file.id is null then
    perform private.raise_error(
      'NAME_TAKEN', 409, 'There is a training file with this name already', null, 'Choose another name'
    );
  end if;
  return query select * from private.create_training_file_build(
    file, 'created', create_training_file.conversation_ids, create_training_file.options,
    create_training_file.idempotency_key, create_training_file.request_hash
  );
end
$$;
comment on function private.create_training_file(uuid, text, text, uuid[], jsonb, text, text) is
  'Begins a training file; the caller builds version 1, or a job does (is_queued). Answers with the earlier file when the idempotency key has made one. Raises INVALID_REQUEST, ORG_REQUIRED, ORG_NOT_FOUND, ROLE_TOO_LOW, CONVERSATION_NOT_FOUND, CONVERSATION_NOT_READY, CONVERSATION_TOO_LARGE, NAME_TAKEN, IDEMPOTENCY_KEY_REUSED. Definer: users have no write right on files; it asks for the editor role first.';
revoke all on function private.create_training_file(uuid, text, text, uuid[], jsonb, text, text)
  from public, anon, authenticated, service_role;
grant execute on function private.create_training_file(uuid, text, text, uuid[], jsonb, text, text)
  to authenticated;

create function private.add_training_file_conversations(
  training_file_id uuid,
  conversation_ids uuid[],
  options jsonb,
  idempotency_key text,
  request_hash text
)
returns table (file_id uuid, version_id uuid, build_token uuid, is_new boolean, is_queued boolean)
language plpgsql
volatile
security definer
set search_path = ''
as $$
#variable_conflict use_column
declare
  file public.training_files := private.get_training_file_for_update(
    add_training_file_conversations.training_file_id, 'editor'
  );
  members uuid[] := private.get_training_file_members(file);
  earlier public.training_file_versions;
begin
  perform private.assert_conversation_ids(add_training_file_conversations.conversation_ids);
  -- Before the key is claimed, which would take a file along that a lost request has made.
  perform private.fail_lost_build(file.id, true);
  perform private.assert_training_file_options(add_training_file_conversations.options);
  earlier := private.claim_idempotency_key(
    add_training_file_conversations.idempotency_key, add_training_file_conversations.request_hash
  );
  if earlier.id is not null then
    return query select earlier.training_file_id, earlier.id, null::uuid, false,
      earlier.is_queued and earlier.state <> 'published';
    return;
  end if;
  perform private.assert_not_in_training_file(
    file, members, add_training_file_conversations.conversation_ids
  );
  perform private.assert_conversations_usable(file.org_id, add_training_file_conversations.conversation_ids);
  return query select * from private.create_training_file_build(
    file, 'added',
    members || array(
      select wanted.id
      from unnest(add_training_file_conversations.conversation_ids)
        with ordinality as wanted (id, place)
      where wanted.id <> all (members) order by wanted.place
    ),
    add_training_file_conversations.options,
    add_training_file_conversations.idempotency_key, add_training_file_conversations.request_hash
  );
end
$$;
comment on function private.add_training_file_conversations(uuid, uuid[], jsonb, text, text) is
  'Begins a version with more conversations, or answers with the one that the idempotency key has begun. Raises INVALID_REQUEST, TRAINING_FILE_NOT_FOUND, ROLE_TOO_LOW, CONVERSATIONS_ALREADY_IN_FILE, CONVERSATION_NOT_FOUND, CONVERSATION_NOT_READY, CONVERSATION_TOO_LARGE, TRAINING_FILE_BUSY, IDEMPOTENCY_KEY_REUSED. Locks the organisation, the file, the conversations. Definer: see create_training_file.';
revoke all on function private.add_training_file_conversations(uuid, uuid[], jsonb, text, text)
  from public, anon, authenticated, service_role;
grant execute on function private.add_training_file_conversations(uuid, uuid[], jsonb, text, text) to authenticated;

create function private.remove_training_file_conversations(
  training_file_id uuid,
  conversation_ids uuid[],
  idempotency_key text,
  request_hash text
)
returns table (file_id uuid, version_id uuid, build_token uuid, is_new boolean, is_queued boolean)
language plpgsql
volatile
security definer
set search_path = ''
as $$
#variable_conflict use_column
declare
  file public.training_files := private.get_training_file_for_update(
    remove_training_file_conversations.training_file_id, 'editor'
  );
  members uuid[] := private.get_training_file_members(file);
  kept uuid[] := array(
    select member.id from unnest(members) with ordinality as member (id, place)
    where member.id <> all (remove_training_file_conversations.conversation_ids)
    order by member.place
  );
  earlier public.training_file_versions;
begin
  perform private.assert_conversation_ids(remove_training_file_conversations.conversation_ids);
  -- Before the key is claimed, which would take a file along that a lost request has made.
  perform private.fail_lost_build(file.id, true);
  earlier := private.claim_idempotency_key(
    remove_training_file_conversations.idempotency_key, remove_training_file_conversations.request_hash
  );
  if earlier.id is not null then
    return query select earlier.training_file_id, earlier.id, null::uuid, false,
      earlier.is_queued and earlier.state <> 'published';
    return;
  end if;
  perform private.assert_in_training_file(
    members, remove_training_file_conversations.conversation_ids
  );
  if cardinality(kept) = 0 then
    perform private.raise_error(
      'TRAINING_FILE_EMPTY', 422, 'A training file keeps at least one conversation', null,
      'Delete the file instead'
    );
  end if;
  return query select * from private.create_training_file_build(
    file, 'removed', kept, '{}',
    remove_training_file_conversations.idempotency_key,
    remove_training_file_conversations.request_hash
  );
end
$$;
comment on function private.remove_training_file_conversations(uuid, uuid[], text, text) is
  'Begins a version with fewer conversations, or answers with the one that the idempotency key has begun. Raises INVALID_REQUEST, TRAINING_FILE_NOT_FOUND, ROLE_TOO_LOW, CONVERSATIONS_NOT_IN_FILE, TRAINING_FILE_EMPTY, TRAINING_FILE_BUSY, IDEMPOTENCY_KEY_REUSED. Locks the organisation, the file. Definer: see create_training_file.';
revoke all on function private.remove_training_file_conversations(uuid, uuid[], text, text)
  from public, anon, authenticated, service_role;
grant execute on function private.remove_training_file_conversations(uuid, uuid[], text, text) to authenticated;

create function private.list_conversation_paths(org_id uuid, conversation_ids uuid[])
returns table (conversation_id uuid, path text)
language plpgsql
stable
security definer
set search_path = ''
as $$
#variable_conflict use_column
declare
  meant_org_id uuid := private.get_org_id(list_conversation_paths.org_id, 'viewer');
  wanted uuid[] := list_conversation_paths.conversation_ids;
begin
  perform private.assert_conversation_ids(wanted);
  perform private.assert_conversations_exist(meant_org_id, wanted);
  perform private.assert_conversations_ready(meant_org_id, wanted);
  perform private.assert_conversations_small(meant_org_id, wanted);
  return query
  select conversation.conversation_id, conversation.enriched_file_path
  from public.conversations as conversation
  where conversation.org_id = meant_org_id and conversation.conversation_id = any (wanted)
  order by array_position(wanted, conversation.conversation_id);
end
$$;
comment on function private.list_conversation_paths(uuid, uuid[]) is
  'Where the conversations are that a preview reads, in the order asked for, by the rules of a file. Raises INVALID_REQUEST, ORG_REQUIRED, ORG_NOT_FOUND, ROLE_TOO_LOW, CONVERSATION_NOT_FOUND, CONVERSATION_NOT_READY, CONVERSATION_TOO_LARGE. Definer: the rules are private; it asks for the viewer role first.';
revoke all on function private.list_conversation_paths(uuid, uuid[])
  from public, anon, authenticated, service_role;
grant execute on function private.list_conversation_paths(uuid, uuid[]) to authenticated;
