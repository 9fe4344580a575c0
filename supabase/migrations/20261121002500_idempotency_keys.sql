-- A request that is sent twice is carried out once.
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
