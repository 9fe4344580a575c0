-- Training files as supabase-js reaches them: thin functions over the private ones.

create function public.create_training_file(
  p_name text,
  p_conversation_ids uuid[],
  p_org_id uuid default null,
  p_description text default null,
  p_options jsonb default '{}',
  p_idempotency_key text default null,
  p_request_hash text default null
)
returns table (file_id uuid, version_id uuid, build_token uuid, is_new boolean, is_queued boolean)
language sql
volatile
security invoker
set search_path = ''
as $$ select * from private.create_training_file(p_org_id, p_name, p_description, p_conversation_ids, p_options, p_idempotency_key, p_request_hash) $$;
comment on function public.create_training_file(text, uuid[], uuid, text, jsonb, text, text) is
  'See private.create_training_file.';
revoke all on function public.create_training_file(text, uuid[], uuid, text, jsonb, text, text)
  from public, anon, authenticated, service_role;
grant execute on function public.create_training_file(text, uuid[], uuid, text, jsonb, text, text)
  to authenticated;

create function public.add_training_file_conversations(
  p_training_file_id uuid,
  p_conversation_ids uuid[],
  p_options jsonb default '{}',
  p_idempotency_key text default null,
  p_request_hash text default null
)
returns table (file_id uuid, version_id uuid, build_token uuid, is_new boolean, is_queued boolean)
language sql
volatile
security invoker
set search_path = ''
as $$ select * from private.add_training_file_conversations(p_training_file_id, p_conversation_ids, p_options, p_idempotency_key, p_request_hash) $$;
comment on function public.add_training_file_conversations(uuid, uuid[], jsonb, text, text) is
  'See private.add_training_file_conversations.';
revoke all on function public.add_training_file_conversations(uuid, uuid[], jsonb, text, text)
  from public, anon, authenticated, service_role;
grant execute on function public.add_training_file_conversations(uuid, uuid[], jsonb, text, text)
  to authenticated;

create function public.remove_training_file_conversations(
  p_training_file_id uuid,
  p_conversation_ids uuid[],
  p_idempotency_key text default null,
  p_request_hash text default null
)
returns table (file_id uuid, version_id uuid, build_token uuid, is_new boolean, is_queued boolean)
language sql
volatile
security invoker
set search_path = ''
as $$ select * from private.remove_training_file_conversations(p_training_file_id, p_conversation_ids, p_idempotency_key, p_request_hash) $$;
comment on function public.remove_training_file_conversations(uuid, uuid[], text, text) is
  'See private.remove_training_file_conversations.';
revoke all on function public.remove_training_file_conversations(uuid, uuid[], text, text)
  from public, anon, authenticated, service_role;
grant execute on function public.remove_training_file_conversations(uuid, uuid[], text, text)
  to authenticated;

create function public.list_conversation_paths(
  p_conversation_ids uuid[],
  p_org_id uuid default null
)
returns table (conversation_id uuid, path text)
language sql
stable
security invoker
set search_path = ''
as $$ select * from private.list_conversation_paths(p_org_id, p_conversation_ids) $$;
comment on function public.list_conversation_paths(uuid[], uuid) is
  'See private.list_conversation_paths.';
revoke all on function public.list_conversation_paths(uuid[], uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.list_conversation_paths(uuid[], uuid) to authenticated;

create function public.update_training_file(
  p_training_file_id uuid,
  p_changes jsonb
)
returns public.training_files
language sql
volatile
security invoker
set search_path = ''
return private.update_training_file(p_training_file_id, p_changes);
comment on function public.update_training_file(uuid, jsonb) is
  'See private.update_training_file.';
revoke all on function public.update_training_file(uuid, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.update_training_file(uuid, jsonb)
  to authenticated;

create function public.delete_training_file(
  p_training_file_id uuid
)
returns text[]
language sql
volatile
security invoker
set search_path = ''
return private.delete_training_file(p_training_file_id);
comment on function public.delete_training_file(uuid) is
  'See private.delete_training_file.';
revoke all on function public.delete_training_file(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.delete_training_file(uuid)
  to authenticated;

create function public.cancel_training_file_build(
  p_training_file_id uuid
)
returns jsonb
language sql
volatile
security invoker
set search_path = ''
return to_jsonb(private.cancel_training_file_build(p_training_file_id)) - 'build_token';
comment on function public.cancel_training_file_build(uuid) is
  'See private.cancel_training_file_build.';
revoke all on function public.cancel_training_file_build(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.cancel_training_file_build(uuid)
  to authenticated;

create function public.claim_training_file_build(
  p_version_id uuid,
  p_build_token uuid default null
)
returns jsonb
language sql
volatile
security invoker
set search_path = ''
return private.claim_training_file_build(p_version_id, p_build_token);
comment on function public.claim_training_file_build(uuid, uuid) is
  'See private.claim_training_file_build.';
revoke all on function public.claim_training_file_build(uuid, uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.claim_training_file_build(uuid, uuid)
  to service_role;

create function public.heartbeat_training_file_build(
  p_version_id uuid,
  p_build_token uuid,
  p_progress real
)
returns boolean
language sql
volatile
security invoker
set search_path = ''
return private.heartbeat_training_file_build(p_version_id, p_build_token, p_progress);
comment on function public.heartbeat_training_file_build(uuid, uuid, real) is
  'See private.heartbeat_training_file_build.';
revoke all on function public.heartbeat_training_file_build(uuid, uuid, real)
  from public, anon, authenticated, service_role;
grant execute on function public.heartbeat_training_file_build(uuid, uuid, real)
  to service_role;

create function public.complete_training_file_build(
  p_version_id uuid,
  p_build_token uuid,
  p_result jsonb
)
returns public.training_files
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  return private.complete_training_file_build(p_version_id, p_build_token, p_result);
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded then
    perform private.fail_arguments(sqlstate, sqlerrm);
    return null;
end
$$;
comment on function public.complete_training_file_build(uuid, uuid, jsonb) is
  'See private.complete_training_file_build; raises INVALID_REQUEST for arguments that it cannot take.';
revoke all on function public.complete_training_file_build(uuid, uuid, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.complete_training_file_build(uuid, uuid, jsonb)
  to service_role;

create function public.fail_training_file_build(
  p_version_id uuid,
  p_build_token uuid,
  p_error jsonb
)
returns boolean
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  return private.fail_training_file_build(p_version_id, p_build_token, p_error);
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded then
    perform private.fail_arguments(sqlstate, sqlerrm);
    return null;
end
$$;
comment on function public.fail_training_file_build(uuid, uuid, jsonb) is
  'See private.fail_training_file_build; raises INVALID_REQUEST for arguments that it cannot take.';
revoke all on function public.fail_training_file_build(uuid, uuid, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.fail_training_file_build(uuid, uuid, jsonb)
  to service_role;

create function public.get_conversation_snapshots(
  p_org_id uuid,
  p_sha256s text[]
)
returns jsonb
language sql
stable
security invoker
set search_path = ''
return private.get_conversation_snapshots(p_org_id, p_sha256s);
comment on function public.get_conversation_snapshots(uuid, text[]) is
  'See private.get_conversation_snapshots.';
revoke all on function public.get_conversation_snapshots(uuid, text[])
  from public, anon, authenticated, service_role;
grant execute on function public.get_conversation_snapshots(uuid, text[])
  to service_role;

create function public.enqueue_object_deletion(
  p_bucket text,
  p_path text,
  p_delay interval
)
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  perform private.enqueue_object_deletion(p_bucket, p_path, p_delay);
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded then
    perform private.fail_arguments(sqlstate, sqlerrm);
end
$$;
comment on function public.enqueue_object_deletion(text, text, interval) is
  'See private.enqueue_object_deletion; raises INVALID_REQUEST for arguments that it cannot take.';
revoke all on function public.enqueue_object_deletion(text, text, interval)
  from public, anon, authenticated, service_role;
grant execute on function public.enqueue_object_deletion(text, text, interval)
  to service_role;

create function public.add_training_artifact(
  p_version_id uuid,
  p_artifact jsonb
)
returns public.training_artifacts
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  return private.add_training_artifact(p_version_id, p_artifact);
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded then
    perform private.fail_arguments(sqlstate, sqlerrm);
    return null;
end
$$;
comment on function public.add_training_artifact(uuid, jsonb) is
  'See private.add_training_artifact; raises INVALID_REQUEST for arguments that it cannot take.';
revoke all on function public.add_training_artifact(uuid, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.add_training_artifact(uuid, jsonb)
  to service_role;

create function public.list_due_objects(
  p_max_objects integer
)
returns table (id text, bucket text, path text)
language sql
volatile
security invoker
set search_path = ''
as $$ select * from private.list_due_objects(p_max_objects) $$;
comment on function public.list_due_objects(integer) is
  'See private.list_due_objects.';
revoke all on function public.list_due_objects(integer)
  from public, anon, authenticated, service_role;
grant execute on function public.list_due_objects(integer)
  to service_role;

create function public.complete_sweep_job(
  p_job_id text,
  p_lease_token uuid,
  p_deleted_ids text[]
)
returns text
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  return private.complete_sweep_job(p_job_id, p_lease_token, p_deleted_ids);
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded then
    perform private.fail_arguments(sqlstate, sqlerrm);
    return null;
end
$$;
comment on function public.complete_sweep_job(text, uuid, text[]) is
  'See private.complete_sweep_job; raises INVALID_REQUEST for arguments that it cannot take.';
revoke all on function public.complete_sweep_job(text, uuid, text[])
  from public, anon, authenticated, service_role;
grant execute on function public.complete_sweep_job(text, uuid, text[])
  to service_role;

create function public.get_training_file_entries(
  p_version_id uuid,
  p_has_fingerprints boolean default false
)
returns jsonb
language sql
stable
security invoker
set search_path = ''
return private.get_training_file_entries(p_version_id, p_has_fingerprints);
comment on function public.get_training_file_entries(uuid, boolean) is
  'See private.get_training_file_entries.';
revoke all on function public.get_training_file_entries(uuid, boolean)
  from public, anon, authenticated, service_role;
grant execute on function public.get_training_file_entries(uuid, boolean)
  to service_role;
