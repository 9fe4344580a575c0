-- What users do with readings: ask for one again, see how far a project is.
create function private.retry_pointer(pointer_id uuid)
returns public.pointers
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  pointer public.pointers;
begin
  select found.* into pointer from public.pointers as found
  where found.id = retry_pointer.pointer_id
    and found.org_id in (select private.get_member_org_ids('viewer'))
  for no key update;
  if pointer.id is null then
    perform private.raise_error('POINTER_NOT_FOUND', 404, 'There is no such pointer');
  end if;
  perform private.assert_org_role(pointer.org_id, 'editor');
  -- Else a crop that has not changed would not be read again. A reading that nobody has seen yet
  -- stays: the vector is all that is missing.
  update public.pointers set input_hash = null where id = pointer.id;
  perform private.enqueue_pointers(array[pointer.id]);
  select found.* into pointer from public.pointers as found where found.id = pointer.id;
  return pointer;
end
$$;
comment on function private.retry_pointer(uuid) is
  'Queues a crop to be read again, whatever its status. Raises POINTER_NOT_FOUND, ROLE_TOO_LOW. Locks the crop. Definer: see enqueue_pointers.';
revoke all on function private.retry_pointer(uuid) from public, anon, authenticated, service_role;
grant execute on function private.retry_pointer(uuid) to authenticated;

create function private.assert_project_role(project_id uuid, min_role text)
returns void
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  own_org_id uuid;
begin
  select project.org_id into own_org_id from public.projects as project
  where project.id = assert_project_role.project_id
    and project.org_id in (select private.get_member_org_ids('viewer'));
  if own_org_id is null then
    perform private.raise_error('PROJECT_NOT_FOUND', 404, 'There is no such project');
  end if;
  perform private.assert_org_role(own_org_id, min_role);
end
$$;
comment on function private.assert_project_role(uuid, text) is
  'Raises PROJECT_NOT_FOUND for a project that is not the caller''s, ROLE_TOO_LOW.';
revoke all on function private.assert_project_role(uuid, text)
  from public, anon, authenticated, service_role;

create function private.retry_project_pointers(project_id uuid, status text)
returns bigint
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  ids uuid[];
begin
  perform private.assert_project_role(retry_project_pointers.project_id, 'editor');
  if coalesce(status not in ('pending', 'processing', 'complete', 'failed'), true) then
    perform private.raise_error(
      'INVALID_REQUEST', 400, 'status must be pending, processing, complete or failed'
    );
  end if;
  with chosen as (
    select pointer.id from public.pointers as pointer
    where pointer.project_id = retry_project_pointers.project_id
      and pointer.enrichment_status = retry_project_pointers.status
    order by pointer.id
    for no key update
  ),
  reset as (
    update public.pointers as pointer set input_hash = null
    from chosen where pointer.id = chosen.id returning pointer.id
  )
  select array_agg(reset.id) into ids from reset;
  return private.enqueue_pointers(coalesce(ids, '{}'));
end
$$;
comment on function private.retry_project_pointers(uuid, text) is
  'Queues all crops of a project that have the status to be read again; returns how many. Raises PROJECT_NOT_FOUND, ROLE_TOO_LOW, INVALID_REQUEST. Locks the crops. Definer: see enqueue_pointers.';
revoke all on function private.retry_project_pointers(uuid, text)
  from public, anon, authenticated, service_role;
grant execute on function private.retry_project_pointers(uuid, text) to authenticated;

create function public.retry_pointer(p_pointer_id uuid)
returns public.pointers
language sql
volatile
security invoker
set search_path = ''
return private.retry_pointer(p_pointer_id);
comment on function public.retry_pointer(uuid) is 'See private.retry_pointer.';
revoke all on function public.retry_pointer(uuid) from public, anon, authenticated, service_role;
grant execute on function public.retry_pointer(uuid) to authenticated;

create function public.retry_project_pointers(p_project_id uuid, p_status text default 'failed')
returns bigint
language sql
volatile
security invoker
set search_path = ''
return private.retry_project_pointers(p_project_id, p_status);
comment on function public.retry_project_pointers(uuid, text) is
  'See private.retry_project_pointers.';
revoke all on function public.retry_project_pointers(uuid, text)
  from public, anon, authenticated, service_role;
grant execute on function public.retry_project_pointers(uuid, text) to authenticated;
