-- Bucket documents, its path rule, and who may do what in it.
insert into storage.buckets (id, name, public, file_size_limit)
values ('documents', 'documents', false, 52428800)
on conflict (id) do nothing;

create function private.get_document_path_org_id(name text)
returns uuid
language sql
immutable
security invoker
set search_path = ''
return case
  when get_document_path_org_id.name
    ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/[A-Za-z0-9_]([A-Za-z0-9_ .()+-]{0,198}[A-Za-z0-9_)])?$'
  then split_part(get_document_path_org_id.name, '/', 1)::uuid
end;
comment on function private.get_document_path_org_id(text) is
  'The organisation of an object name <org_id>/<document_id>/<filename>; null for any other form, so that a policy built on it refuses .., //, back-slashes and names outside ASCII.';
revoke all on function private.get_document_path_org_id(text)
  from public, anon, authenticated, service_role;
grant execute on function private.get_document_path_org_id(text) to authenticated;

create policy documents_objects_select_viewer on storage.objects
  for select to authenticated
  using (
    bucket_id = 'documents'
    and private.get_document_path_org_id(name) in (select private.get_member_org_ids('viewer'))
  );
create policy documents_objects_insert_editor on storage.objects
  for insert to authenticated
  with check (
    bucket_id = 'documents'
    and private.get_document_path_org_id(name) in (select private.get_member_org_ids('editor'))
    and private.has_object_room(private.get_document_path_org_id(name))
  );
create policy documents_objects_update_editor on storage.objects
  for update to authenticated
  using (
    bucket_id = 'documents'
    and private.get_document_path_org_id(name) in (select private.get_member_org_ids('editor'))
  )
  with check (
    bucket_id = 'documents'
    and private.get_document_path_org_id(name) in (select private.get_member_org_ids('editor'))
  );
create policy documents_objects_delete_admin on storage.objects
  for delete to authenticated
  using (
    bucket_id = 'documents'
    and private.get_document_path_org_id(name) in (select private.get_member_org_ids('admin'))
  );
