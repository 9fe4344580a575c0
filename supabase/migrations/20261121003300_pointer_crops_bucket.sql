-- Bucket pointer-crops, its path rule, and who may do what in it.
insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
values ('pointer-crops', 'pointer-crops', false, 20971520, array['image/png'])
on conflict (id) do nothing;

create function private.get_crop_path_org_id(name text)
returns uuid
language sql
immutable
security invoker
set search_path = ''
return case
  when get_crop_path_org_id.name
    ~ '^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/){2}[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.png$'
  then split_part(get_crop_path_org_id.name, '/', 1)::uuid
end;
comment on function private.get_crop_path_org_id(text) is
  'The organisation of an object name <org_id>/<project_id>/<pointer_id>.png; null for any other form.';
revoke all on function private.get_crop_path_org_id(text)
  from public, anon, authenticated, service_role;
grant execute on function private.get_crop_path_org_id(text) to authenticated;

create policy pointer_crops_objects_select_viewer on storage.objects
  for select to authenticated
  using (
    bucket_id = 'pointer-crops'
    and private.get_crop_path_org_id(name) in (select private.get_member_org_ids('viewer'))
  );
create policy pointer_crops_objects_insert_editor on storage.objects
  for insert to authenticated
  with check (
    bucket_id = 'pointer-crops'
    and private.get_crop_path_org_id(name) in (select private.get_member_org_ids('editor'))
    and private.has_object_room(private.get_crop_path_org_id(name))
  );
create policy pointer_crops_objects_update_editor on storage.objects
  for update to authenticated
  using (
    bucket_id = 'pointer-crops'
    and private.get_crop_path_org_id(name) in (select private.get_member_org_ids('editor'))
  )
  with check (
    bucket_id = 'pointer-crops'
    and private.get_crop_path_org_id(name) in (select private.get_member_org_ids('editor'))
  );
create policy pointer_crops_objects_delete_admin on storage.objects
  for delete to authenticated
  using (
    bucket_id = 'pointer-crops'
    and private.get_crop_path_org_id(name) in (select private.get_member_org_ids('admin'))
  );
