-- Objects whose row is deleted or names another one are listed for the sweeper, and taken off its list
-- when a row names them again.
create function private.add_objects_to_outbox(bucket text, paths text[])
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  -- A cascade asks once for each page, and most have none.
  if cardinality(add_objects_to_outbox.paths) = 0 then
    return;
  end if;
  insert into private.storage_outbox (bucket, path)
  select object.bucket_id, object.name
  from unnest(add_objects_to_outbox.paths) as unnamed (path)
  join storage.objects as object
    on object.bucket_id = add_objects_to_outbox.bucket and object.name = unnamed.path
  order by object.name
  -- What was written since it was first listed is as unnamed as the rest.
  on conflict on constraint storage_outbox_bucket_path_key
    do update set due_at = now(), created_at = now();
end
$$;
comment on function private.add_objects_to_outbox(text, text[]) is
  'Lists objects that no row names any more for the sweeper, due now. A row that never had its object lists nothing.';
revoke all on function private.add_objects_to_outbox(text, text[])
  from public, anon, authenticated, service_role;

create function private.remove_objects_from_outbox(bucket text, paths text[])
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  delete from private.storage_outbox as listed
  where listed.bucket = remove_objects_from_outbox.bucket
    and listed.path = any (remove_objects_from_outbox.paths);
end
$$;
comment on function private.remove_objects_from_outbox(text, text[]) is
  'Takes objects off the sweeper''s list, since a row names them. Waits for a sweeper that is just being given one.';
revoke all on function private.remove_objects_from_outbox(text, text[])
  from public, anon, authenticated, service_role;

create function private.tg_vault_documents__list_objects()
returns trigger
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  if tg_op = 'INSERT' then
    perform private.remove_objects_from_outbox(
      'documents', array(select changed.storage_path from changed)
    );
  elsif tg_op = 'UPDATE' then
    perform private.add_objects_to_outbox('documents', array[old.storage_path]);
    perform private.remove_objects_from_outbox('documents', array[new.storage_path]);
  else
    perform private.add_objects_to_outbox('documents', array(
      select changed.storage_path from changed
      -- An organisation lists what is left of it, all at once.
      join public.organizations as organization on organization.id = changed.org_id
    ));
  end if;
  return null;
end
$$;
comment on function private.tg_vault_documents__list_objects() is
  'Keeps the sweeper''s list to the objects that documents do not name. Definer: the outbox is private.';
revoke all on function private.tg_vault_documents__list_objects()
  from public, anon, authenticated, service_role;
create trigger _300_list_new_objects
  after insert on public.vault_documents
  referencing new table as changed
  for each statement execute function private.tg_vault_documents__list_objects();
-- Transition tables and columns exclude each other.
create trigger _300_list_changed_objects
  after update of storage_path on public.vault_documents
  for each row when (old.storage_path <> new.storage_path)
  execute function private.tg_vault_documents__list_objects();
create trigger _300_list_gone_objects
  after delete on public.vault_documents
  referencing old table as changed
  for each statement execute function private.tg_vault_documents__list_objects();

create function private.tg_pointers__list_objects()
returns trigger
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  if tg_op = 'INSERT' then
    perform private.remove_objects_from_outbox(
      'pointer-crops', array(select changed.png_path from changed)
    );
  elsif tg_op = 'UPDATE' then
    perform private.add_objects_to_outbox('pointer-crops', array[old.png_path]);
    perform private.remove_objects_from_outbox('pointer-crops', array[new.png_path]);
  else
    perform private.add_objects_to_outbox('pointer-crops', array(
      select changed.png_path from changed
      join public.organizations as organization on organization.id = changed.org_id
    ));
  end if;
  return null;
end
$$;
comment on function private.tg_pointers__list_objects() is
  'As tg_vault_documents__list_objects, of crops. Definer: the outbox is private.';
revoke all on function private.tg_pointers__list_objects()
  from public, anon, authenticated, service_role;
create trigger _300_list_new_objects
  after insert on public.pointers
  referencing new table as changed
  for each statement execute function private.tg_pointers__list_objects();
create trigger _300_list_changed_objects
  after update of png_path on public.pointers
  for each row when (old.png_path <> new.png_path)
  execute function private.tg_pointers__list_objects();
create trigger _300_list_gone_objects
  after delete on public.pointers
  referencing old table as changed
  for each statement execute function private.tg_pointers__list_objects();

create function private.tg_organizations__add_objects_to_outbox()
returns trigger
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  insert into private.storage_outbox (bucket, path)
  select object.bucket_id, object.name
  from storage.objects as object
  where object.bucket_id in ('documents', 'pointer-crops')
    -- By bytes, as the platform's index on names has them.
    and object.name operator(pg_catalog.~>=~) (old.id || '/')
    and object.name operator(pg_catalog.~<~) (old.id || '0')
  on conflict (bucket, path) do nothing;
  return null;
end
$$;
comment on function private.tg_organizations__add_objects_to_outbox() is
  'Lists the documents and crops of a deleted organisation for the sweeper, since nobody else may delete them any more; its training files are found at night. Definer: the outbox is private.';
revoke all on function private.tg_organizations__add_objects_to_outbox()
  from public, anon, authenticated, service_role;
create trigger _300_add_objects_to_outbox
  after delete on public.organizations
  for each row execute function private.tg_organizations__add_objects_to_outbox();
