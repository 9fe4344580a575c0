-- What is made, changed and deleted leaves its name in the audit log.
create function private.tg_any__add_change_event()
returns trigger
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  details jsonb := jsonb_build_object('name', to_jsonb(new) ->> tg_argv[1]);
begin
  if tg_op = 'INSERT' then
    perform private.add_audit_event(new.org_id, tg_argv[0] || '.created', new.id, details);
    return null;
  end if;
  select details || jsonb_build_object(
    'from', jsonb_object_agg(before.key, before.value),
    'to', jsonb_object_agg(before.key, to_jsonb(new) -> before.key)
  )
  into details
  from jsonb_each(to_jsonb(old)) as before
  where before.key = any (tg_argv[2:])
    and before.value is distinct from to_jsonb(new) -> before.key;
  perform private.add_audit_event(new.org_id, tg_argv[0] || '.changed', new.id, details);
  return null;
end
$$;
comment on function private.tg_any__add_change_event() is
  'Notes a row that was made or changed: what it is, the column of its name and the columns that count are its arguments. Definer: nobody may write events.';
revoke all on function private.tg_any__add_change_event()
  from public, anon, authenticated, service_role;

create trigger _800_add_creation_event
  after insert on public.vault_documents
  for each row execute function private.tg_any__add_change_event('document', 'title');
create trigger _800_add_change_event
  after update on public.vault_documents
  for each row when (old.revision <> new.revision)
  execute function private.tg_any__add_change_event(
    'document', 'title', 'title', 'mime_type', 'language', 'revision'
  );
create trigger _800_add_creation_event
  after insert on public.mono_training_sets
  for each row execute function private.tg_any__add_change_event('training_set', 'name');
create trigger _800_add_change_event
  after update on public.mono_training_sets
  for each row when (
    (old.name, old.auto_train, old.reads_scans)
      is distinct from (new.name, new.auto_train, new.reads_scans)
  )
  execute function private.tg_any__add_change_event(
    'training_set', 'name', 'name', 'auto_train', 'reads_scans'
  );
create trigger _800_add_creation_event
  after insert on public.training_files
  for each row execute function private.tg_any__add_change_event('training_file', 'name');
create trigger _800_add_creation_event
  after insert on public.projects
  for each row execute function private.tg_any__add_change_event('project', 'name');
create trigger _800_add_change_event
  after update on public.projects
  for each row when (old.name <> new.name)
  execute function private.tg_any__add_change_event('project', 'name', 'name');

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
