-- Scaffolding of conversations: personas, emotional arcs, training topics.

create table public.personas (
  id uuid not null default gen_random_uuid(),
  org_id uuid not null,
  persona_key text not null,
  name text not null,
  description text,
  demographics jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint personas_pkey primary key (id),
  constraint personas_org_id_id_key unique (org_id, id),
  constraint personas_org_id_persona_key_key unique (org_id, persona_key),
  constraint personas_org_id_fkey
    foreign key (org_id) references public.organizations (id) on delete cascade,
  constraint personas_persona_key_check check (persona_key ~ '^[a-z0-9_]{1,100}$'),
  constraint personas_name_check check (private.is_visible(name) and char_length(name) <= 255)
);
comment on table public.personas is 'Who the client in a conversation is.';
comment on column public.personas.persona_key is
  'Stable name in files, lower case with underscores.';

create table public.emotional_arcs (
  id uuid not null default gen_random_uuid(),
  org_id uuid not null,
  emotional_arc_key text not null,
  name text not null,
  description text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint emotional_arcs_pkey primary key (id),
  constraint emotional_arcs_org_id_id_key unique (org_id, id),
  constraint emotional_arcs_org_id_emotional_arc_key_key unique (org_id, emotional_arc_key),
  constraint emotional_arcs_org_id_fkey
    foreign key (org_id) references public.organizations (id) on delete cascade,
  constraint emotional_arcs_emotional_arc_key_check check (emotional_arc_key ~ '^[a-z0-9_]{1,100}$'),
  constraint emotional_arcs_name_check check (private.is_visible(name) and char_length(name) <= 255)
);
comment on table public.emotional_arcs is 'How a client feels and changes through a conversation.';
comment on column public.emotional_arcs.emotional_arc_key is
  'Stable name in files, lower case with underscores.';

create table public.training_topics (
  id uuid not null default gen_random_uuid(),
  org_id uuid not null,
  training_topic_key text not null,
  name text not null,
  description text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint training_topics_pkey primary key (id),
  constraint training_topics_org_id_id_key unique (org_id, id),
  constraint training_topics_org_id_training_topic_key_key unique (org_id, training_topic_key),
  constraint training_topics_org_id_fkey
    foreign key (org_id) references public.organizations (id) on delete cascade,
  constraint training_topics_training_topic_key_check check (training_topic_key ~ '^[a-z0-9_]{1,100}$'),
  constraint training_topics_name_check
    check (private.is_visible(name) and char_length(name) <= 255)
);
comment on table public.training_topics is 'What a conversation is about.';
comment on column public.training_topics.training_topic_key is
  'Stable name in files, lower case with underscores.';

do $$
declare
  name text;
begin
  -- The three tables have the same rules: readers see, editors write, admins delete.
  foreach name in array array['personas', 'emotional_arcs', 'training_topics'] loop
    execute format(
      'create trigger _100_set_updated_at before update on public.%I
       for each row execute function private.tg_any__set_updated_at()',
      name
    );
    execute format('alter table public.%I enable row level security', name);
    execute format(
      'create policy %I on public.%I for select to authenticated
       using (org_id in (select private.get_member_org_ids(''viewer'')))',
      name || '_select_viewer', name
    );
    execute format(
      'create policy %I on public.%I for insert to authenticated
       with check (org_id in (select private.get_member_org_ids(''editor'')))',
      name || '_insert_editor', name
    );
    execute format(
      'create policy %I on public.%I for update to authenticated
       using (org_id in (select private.get_member_org_ids(''editor'')))
       with check (org_id in (select private.get_member_org_ids(''editor'')))',
      name || '_update_editor', name
    );
    execute format(
      'create policy %I on public.%I for delete to authenticated
       using (org_id in (select private.get_member_org_ids(''admin'')))',
      name || '_delete_admin', name
    );
    execute format('revoke all on table public.%I from public, anon, authenticated, service_role', name);
    execute format('grant select, delete on table public.%I to authenticated', name);
    execute format('grant select, insert, update, delete on table public.%I to service_role', name);
  end loop;
end
$$;
grant
  insert (id, org_id, persona_key, name, description, demographics),
  update (persona_key, name, description, demographics)
  on table public.personas to authenticated;
grant
  insert (id, org_id, emotional_arc_key, name, description),
  update (emotional_arc_key, name, description)
  on table public.emotional_arcs to authenticated;
grant
  insert (id, org_id, training_topic_key, name, description),
  update (training_topic_key, name, description)
  on table public.training_topics to authenticated;
