-- Objects and bytes in the buckets that browsers write: asked for by the policies of each upload.
create function private.get_object_usage(owner_id uuid, max_objects bigint)
returns table (object_count bigint, byte_count numeric)
language sql
stable
security invoker
set search_path = ''
as $$
  select count(*), coalesce(sum(object.size), 0)
  from (
    select (own.metadata ->> 'size')::bigint as size
    from storage.objects as own
    -- By bytes, as the platform's index on names has them, whatever the database's collation.
    where own.name operator(pg_catalog.~>=~) (get_object_usage.owner_id || '/')
      and own.name operator(pg_catalog.~<~) (get_object_usage.owner_id || '0')
    limit get_object_usage.max_objects
  ) as object
$$;
comment on function private.get_object_usage(uuid, bigint) is
  'Objects and bytes under the first folder of their names, an organisation or in conversation-files a user; no more of them than are asked for.';
revoke all on function private.get_object_usage(uuid, bigint)
  from public, anon, authenticated, service_role;

create function private.has_object_room(owner_id uuid)
returns boolean
language plpgsql
stable
security definer
set search_path = ''
cost 10000
as $$
declare
  max_objects bigint := private.get_quota(has_object_room.owner_id, 'objects');
  max_bytes bigint := private.get_quota(has_object_room.owner_id, 'bytes');
begin
  return (
    select coalesce(used.object_count < max_objects, true)
      and coalesce(used.byte_count < max_bytes, true)
    from private.get_object_usage(has_object_room.owner_id, max_objects) as used
  );
end
$$;
comment on function private.has_object_room(uuid) is
  'Whether an organisation, or a user in conversation-files, may upload one more object. Counts what is stored, since triggers on the platform''s table are not ours to make: uploads that begin at once may each see room for one. Definer: a member sees one bucket''s objects, and the quota is of all.';
revoke all on function private.has_object_room(uuid) from public, anon, authenticated, service_role;
grant execute on function private.has_object_room(uuid) to authenticated;
