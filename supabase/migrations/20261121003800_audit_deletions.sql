-- What is deleted leaves its name in the audit log; a deleted organisation leaves no object behind.
create function private.tg_any__add_deletion_events()
returns trigger
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  insert into public.audit_events (org_id, actor, actor_id, action, subject_id, details)
  select own.org_id, private.get_actor(), (select auth.uid()), tg_argv[0], own.id,
    jsonb_build_object('name', to_jsonb(own) ->> tg_argv[1])
  from gone as own
  -- The end of an organisation is one event, whatever it had.
  join public.organizations as organization on organization.id = own.org_id;
  return null;
end
$$;
comment on function private.tg_any__add_deletion_events() is
  'Notes the rows that a statement has deleted: action and column of the name are its arguments. Definer: nobody may write events.';
revoke all on function private.tg_any__add_deletion_events()
  from public, anon, authenticated, service_role;

create trigger _800_add_deletion_events
  after delete on public.vault_documents
  referencing old table as gone
  for each statement execute function private.tg_any__add_deletion_events(
    'document.deleted', 'title'
  );
create trigger _800_add_deletion_events
  after delete on public.mono_training_sets
  referencing old table as gone
  for each statement execute function private.tg_any__add_deletion_events(
    'training_set.deleted', 'name'
  );
create trigger _800_add_deletion_events
  after delete on public.training_files
  referencing old table as gone
  for each statement execute function private.tg_any__add_deletion_events(
    'training_file.deleted', 'name'
  );
create trigger _800_add_deletion_events
  after delete on public.projects
  referencing old table as gone
  for each statement execute function private.tg_any__add_deletion_events(
    'project.deleted', 'name'
  );
create trigger _800_add_deletion_events
  after delete on public.conversations
  referencing old table as gone
  for each statement execute function private.tg_any__add_deletion_events(
    'conversation.deleted', 'conversation_id'
  );

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
