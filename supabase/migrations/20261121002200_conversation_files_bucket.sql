-- Bucket conversation-files: every user reads and writes their own folder, and nobody else's.
insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
values ('conversation-files', 'conversation-files', false, 52428800, array['application/json'])
on conflict (id) do nothing;

create function private.is_conversation_path_of(name text, user_id uuid)
returns boolean
language sql
immutable
security invoker
set search_path = ''
return coalesce(
  is_conversation_path_of.name ~ (
    '^' || is_conversation_path_of.user_id
    || '/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/[A-Za-z0-9_]([A-Za-z0-9_.-]{0,98}[A-Za-z0-9_])?$'
  ), false
);
comment on function private.is_conversation_path_of(text, uuid) is
  'Whether an object name is <user_id>/<conversation_id>/<filename> of this user.';
revoke all on function private.is_conversation_path_of(text, uuid)
  from public, anon, authenticated, service_role;
grant execute on function private.is_conversation_path_of(text, uuid) to authenticated;

create policy conversation_files_objects_select_owner on storage.objects
  for select to authenticated
  using (
    bucket_id = 'conversation-files'
    and private.is_conversation_path_of(name, (select private.get_account_id()))
  );
create policy conversation_files_objects_insert_owner on storage.objects
  for insert to authenticated
  with check (
    bucket_id = 'conversation-files'
    and private.is_conversation_path_of(name, (select private.get_account_id()))
    and private.has_object_room((select private.get_account_id()))
  );
create policy conversation_files_objects_update_owner on storage.objects
  for update to authenticated
  using (
    bucket_id = 'conversation-files'
    and private.is_conversation_path_of(name, (select private.get_account_id()))
  )
  with check (
    bucket_id = 'conversation-files'
    and private.is_conversation_path_of(name, (select private.get_account_id()))
  );
create policy conversation_files_objects_delete_owner on storage.objects
  for delete to authenticated
  using (
    bucket_id = 'conversation-files'
    and private.is_conversation_path_of(name, (select private.get_account_id()))
  );
