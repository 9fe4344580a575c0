-- What users ask for: create a file, add or remove conversations, change or delete it.
create table private.idempotency_keys (
  user_id uuid not null,
  key text not null,
  request_hash text not null,
  version_id uuid not null,
  created_at timestamptz not null default now(),
  constraint idempotency_keys_pkey primary key (user_id, key),
  constraint idempotency_keys_user_id_fkey
    foreign key (user_id) references auth.users (id) on delete cascade,
  constraint idempotency_keys_version_id_fkey
    foreign key (version_id) references public.training_file_versions (id) on delete cascade,
  constraint idempotency_keys_key_check check (char_length(key) between 1 and 255)
);
comment on table private.idempotency_keys is
  'Which version a request with an Idempotency-Key has begun.';
create index idempotency_keys_version_id_idx on private.idempotency_keys (version_id);
alter table private.idempotency_keys enable row level security;
revoke all on table private.idempotency_keys from public, anon, authenticated, service_role;

create function private.assert_conversation_ids(conversation_ids uuid[])
returns void
language plpgsql
immutable
security invoker
set search_path = ''
as $$
begin
  if coalesce(cardinality(conversation_ids), 0) not between 1 and 80
    or cardinality(conversation_ids)
      <> (select count(distinct wanted.id) from unnest(conversation_ids) as wanted (id))
  then
    perform private.raise_error(
      'INVALID_REQUEST', 400, 'The request is not valid', null,
      'conversation_ids names 1 to 80 conversations, none of them twice'
    );
  end if;
end
$$;
comment on function private.assert_conversation_ids(uuid[]) is
  'Passes for 1 to 80 ids, none null, none twice. Raises INVALID_REQUEST: whoever calls the functions below without the edge function meets the same rules.';
revoke all on function private.assert_conversation_ids(uuid[])
  from public, anon, authenticated, service_role;

create function private.assert_training_file_options(options jsonb)
returns void
language plpgsql
immutable
security invoker
set search_path = ''
as $$
begin
  if coalesce(
    options not in ('{}', '{"validation": "repair"}', '{"validation": "strict"}'), true
  ) then
    perform private.raise_error(
      'INVALID_REQUEST', 400, 'The request is not valid', null, 'validation is repair or strict'
    );
  end if;
end
$$;
comment on function private.assert_training_file_options(jsonb) is
  'Passes for what a build understands. Raises INVALID_REQUEST.';
revoke all on function private.assert_training_file_options(jsonb)
  from public, anon, authenticated, service_role;

create function private.assert_training_file_changes(changes jsonb)
returns void
language plpgsql
immutable
security invoker
set search_path = ''
as $$
begin
  if (case when jsonb_typeof(changes) = 'object' then
    changes - array['name', 'description', 'status', 'stale_policy'] = '{}'
    and (not changes ? 'name' or char_length(btrim(changes ->> 'name')) between 1 and 255)
    and coalesce(char_length(changes ->> 'description'), 0) <= 2000
    and (not changes ? 'status' or changes ->> 'status' in ('active', 'archived'))
    and (
      not changes ? 'stale_policy'
      or changes ->> 'stale_policy' in ('ignore', 'mark_stale', 'rebuild')
    )
  end) is not true then
    perform private.raise_error(
      'INVALID_REQUEST', 400, 'The request is not valid', null,
      'name has 1 to 255 characters, description at most 2000; status is active or archived; stale_policy is ignore, mark_stale or rebuild'
    );
  end if;
end
$$;
comment on function private.assert_training_file_changes(jsonb) is
  'Passes for {name?, description?, status?, stale_policy?}; processing and failed are not a user''s to set. Raises INVALID_REQUEST.';
revoke all on function private.assert_training_file_changes(jsonb)
  from public, anon, authenticated, service_role;

create function private.assert_idempotency_key(key text, request_hash text)
returns void
language plpgsql
immutable
security invoker
set search_path = ''
as $$
begin
  if char_length(assert_idempotency_key.key) not between 1 and 255
    or assert_idempotency_key.request_hash is null
  then
    perform private.raise_error(
      'INVALID_REQUEST', 400, 'The request is not valid', null,
      'An idempotency key has 1 to 255 characters and comes with the hash of its request'
    );
  end if;
end
$$;
comment on function private.assert_idempotency_key(text, text) is
  'Passes for a key of 1 to 255 characters that comes with the hash of its request. Raises INVALID_REQUEST.';
revoke all on function private.assert_idempotency_key(text, text)
  from public, anon, authenticated, service_role;

create function private.claim_idempotency_key(key text, request_hash text)
returns public.training_file_versions
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  caller_id uuid := (select auth.uid());
  known private.idempotency_keys;
  version public.training_file_versions;
begin
  if claim_idempotency_key.key is null then
    return null;
  end if;
  perform private.assert_idempotency_key(claim_idempotency_key.key, claim_idempotency_key.request_hash);
  -- Two requests with one key take turns.
  perform pg_advisory_xact_lock(hashtextextended(caller_id || claim_idempotency_key.key, 0));
  perform private.fail_lost_build(begun.training_file_id, false)
  from private.idempotency_keys as own
  join public.training_file_versions as begun on begun.id = own.version_id
  where own.user_id = caller_id and own.key = claim_idempotency_key.key;
  -- A request that failed has left its key behind, and did nothing else: the key is free.
  delete from private.idempotency_keys as own
  using public.training_file_versions as begun
  where own.user_id = caller_id and own.key = claim_idempotency_key.key
    and begun.id = own.version_id
    and begun.state in ('failed', 'cancelled') and not begun.is_queued;
  select own.* into known from private.idempotency_keys as own
  where own.user_id = caller_id and own.key = claim_idempotency_key.key;
  if known.request_hash <> claim_idempotency_key.request_hash then
    perform private.raise_error(
      'IDEMPOTENCY_KEY_REUSED', 422, 'This Idempotency-Key belongs to another request'
    );
  end if;
  select begun.* into version from public.training_file_versions as begun
  where begun.id = known.version_id;
  return version;
end
$$;
comment on function private.claim_idempotency_key(text, text) is
  'The version that an earlier request of the caller has begun with this key; null when the key is free, or null. Ends that version first if its build is lost. Raises INVALID_REQUEST, IDEMPOTENCY_KEY_REUSED. Locks the key until the transaction ends, and what fail_lost_build locks.';
revoke all on function private.claim_idempotency_key(text, text)
  from public, anon, authenticated, service_role;

create function private.add_idempotency_key(key text, request_hash text, version_id uuid)
returns void
language sql
volatile
security invoker
set search_path = ''
as $$
  insert into private.idempotency_keys (user_id, key, request_hash, version_id)
  select (select auth.uid()), add_idempotency_key.key, add_idempotency_key.request_hash,
    add_idempotency_key.version_id
  where add_idempotency_key.key is not null
$$;
comment on function private.add_idempotency_key(text, text, uuid) is
  'Notes what a request with an Idempotency-Key has begun; without a key nothing.';
revoke all on function private.add_idempotency_key(text, text, uuid)
  from public, anon, authenticated, service_role;

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
  'Begins a version with more conversations, or answers with the one that the idempotency key has begun. Raises INVALID_REQUEST, TRAINING_FILE_NOT_FOUND, ROLE_TOO_LOW, CONVERSATIONS_ALREADY_IN_FILE, CONVERSATION_NOT_FOUND, CONVERSATION_NOT_READY, CONVERSATION_TOO_LARGE, TRAINING_FILE_BUSY, IDEMPOTENCY_KEY_REUSED. Locks the file, then the conversations. Definer: see create_training_file.';
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
  'Begins a version with fewer conversations, or answers with the one that the idempotency key has begun. Raises INVALID_REQUEST, TRAINING_FILE_NOT_FOUND, ROLE_TOO_LOW, CONVERSATIONS_NOT_IN_FILE, TRAINING_FILE_EMPTY, TRAINING_FILE_BUSY, IDEMPOTENCY_KEY_REUSED. Locks the file. Definer: see create_training_file.';
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
  return file;
end
$$;
comment on function private.update_training_file(uuid, jsonb) is
  'Changes name, description, status (active or archived) or stale_policy. Raises INVALID_REQUEST, TRAINING_FILE_NOT_FOUND, ROLE_TOO_LOW, NAME_TAKEN, TRAINING_FILE_BUSY. Locks the file. Definer: users have no update right; a version''s figures are nobody''s to change.';
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
  'Deletes a file with all versions, cancels its jobs and hands its objects to the sweeper; returns their names. Raises TRAINING_FILE_NOT_FOUND, ROLE_TOO_LOW. Locks the file. Definer: users have no delete right and may not see the outbox.';
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
  'Ends the build that is under way; the live version stays. Raises TRAINING_FILE_NOT_FOUND, ROLE_TOO_LOW, BUILD_NOT_CANCELLABLE. Locks the file, the version, the job. Definer: see create_training_file.';
revoke all on function private.cancel_training_file_build(uuid)
  from public, anon, authenticated, service_role;
grant execute on function private.cancel_training_file_build(uuid) to authenticated;
