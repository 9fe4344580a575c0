-- Conversations and the batches that make them; files come from the bucket conversation-files.
create table public.batch_jobs (
  id uuid not null default gen_random_uuid(),
  org_id uuid not null,
  status text not null default 'queued',
  total_items integer not null default 0,
  tier text not null default 'template',
  created_by uuid default auth.uid(),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint batch_jobs_pkey primary key (id),
  constraint batch_jobs_org_id_id_key unique (org_id, id),
  constraint batch_jobs_org_id_fkey
    foreign key (org_id) references public.organizations (id) on delete cascade,
  constraint batch_jobs_created_by_fkey
    foreign key (created_by) references auth.users (id) on delete set null,
  constraint batch_jobs_status_check
    check (status in ('queued', 'processing', 'completed', 'failed', 'cancelled')),
  constraint batch_jobs_total_items_check check (total_items >= 0),
  constraint batch_jobs_tier_check check (tier in ('template', 'scenario', 'edge_case'))
);
comment on table public.batch_jobs is 'Batches of conversations that were generated together.';
create index batch_jobs_created_by_idx on public.batch_jobs (created_by);
create trigger _100_set_updated_at
  before update on public.batch_jobs
  for each row execute function private.tg_any__set_updated_at();

create table public.conversations (
  id uuid not null default gen_random_uuid(),
  org_id uuid not null,
  conversation_id uuid not null,
  file_path text,
  raw_response_path text,
  enriched_file_path text,
  enrichment_status text not null default 'not_started',
  enriched_at timestamptz not null default clock_timestamp(),
  persona_id uuid,
  emotional_arc_id uuid,
  training_topic_id uuid,
  created_by uuid default auth.uid(),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint conversations_pkey primary key (id),
  constraint conversations_org_id_conversation_id_key unique (org_id, conversation_id),
  constraint conversations_org_id_fkey
    foreign key (org_id) references public.organizations (id) on delete cascade,
  constraint conversations_org_id_persona_id_fkey
    foreign key (org_id, persona_id)
    references public.personas (org_id, id) on delete set null (persona_id),
  constraint conversations_org_id_emotional_arc_id_fkey
    foreign key (org_id, emotional_arc_id)
    references public.emotional_arcs (org_id, id) on delete set null (emotional_arc_id),
  constraint conversations_org_id_training_topic_id_fkey
    foreign key (org_id, training_topic_id)
    references public.training_topics (org_id, id) on delete set null (training_topic_id),
  constraint conversations_created_by_fkey
    foreign key (created_by) references auth.users (id) on delete set null,
  constraint conversations_enrichment_status_check
    check (enrichment_status in ('not_started', 'enrichment_in_progress', 'completed')),
  -- A path stored by a user is never trusted: it can only name this row's own object.
  constraint conversations_enriched_file_path_check
    check (enriched_file_path = created_by || '/' || conversation_id || '/enriched.json')
);
comment on table public.conversations is
  'Advisor conversations. Upload the enriched JSON to bucket conversation-files at <created_by>/<conversation_id>/enriched.json, then insert the row.';
comment on column public.conversations.conversation_id is
  'What files and requests call the conversation; unique in the organisation.';
comment on column public.conversations.enriched_at is
  'When the row last said that its bytes are others, or about to be: what else changes in it is nothing to a training file.';
create index conversations_org_id_persona_id_idx on public.conversations (org_id, persona_id);
create index conversations_org_id_emotional_arc_id_idx
  on public.conversations (org_id, emotional_arc_id);
create index conversations_org_id_training_topic_id_idx
  on public.conversations (org_id, training_topic_id);
create index conversations_created_by_idx on public.conversations (created_by);
create trigger _100_set_updated_at
  before update on public.conversations
  for each row execute function private.tg_any__set_updated_at();

create function private.tg_conversations__set_enriched_at()
returns trigger
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  -- Not when the transaction began: a build that began since has to see it as later.
  new.enriched_at := clock_timestamp();
  return new;
end
$$;
comment on function private.tg_conversations__set_enriched_at() is
  'Notes that a conversation is enriched, or that its enrichment begins anew.';
revoke all on function private.tg_conversations__set_enriched_at()
  from public, anon, authenticated, service_role;
create trigger _150_set_enriched_at
  before update of enriched_file_path, enrichment_status on public.conversations
  -- Of bytes that were replaced in place the update itself is the only sign.
  for each row when (
    new.enrichment_status = 'completed' or new.enrichment_status <> old.enrichment_status
  )
  execute function private.tg_conversations__set_enriched_at();

-- With nobody to name, the check is neither true nor false, and would pass.
create function private.tg_conversations__assert_path()
returns trigger
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  perform private.raise_error(
    'INVALID_REQUEST', 400, 'A conversation without a user takes no enriched_file_path'
  );
  return null;
end
$$;
comment on function private.tg_conversations__assert_path() is
  'Refuses a new path for a conversation whose user is gone; the path that it has stays.';
revoke all on function private.tg_conversations__assert_path()
  from public, anon, authenticated, service_role;
create trigger _200_assert_path_of_new
  before insert on public.conversations
  for each row when (new.created_by is null and new.enriched_file_path is not null)
  execute function private.tg_conversations__assert_path();
create trigger _200_assert_path
  before update of enriched_file_path on public.conversations
  for each row when (
    new.created_by is null and new.enriched_file_path <> coalesce(old.enriched_file_path, '')
  )
  execute function private.tg_conversations__assert_path();

create table public.batch_items (
  id uuid not null default gen_random_uuid(),
  org_id uuid not null,
  batch_job_id uuid not null,
  conversation_id uuid,
  status text not null default 'queued',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint batch_items_pkey primary key (id),
  constraint batch_items_org_id_batch_job_id_fkey
    foreign key (org_id, batch_job_id)
    references public.batch_jobs (org_id, id) on delete cascade,
  constraint batch_items_org_id_conversation_id_fkey
    foreign key (org_id, conversation_id)
    references public.conversations (org_id, conversation_id) on delete set null (conversation_id),
  constraint batch_items_status_check
    check (status in ('queued', 'processing', 'completed', 'failed', 'cancelled'))
);
comment on table public.batch_items is 'One conversation of a batch; null until it is generated.';
create index batch_items_org_id_batch_job_id_idx on public.batch_items (org_id, batch_job_id);
create index batch_items_org_id_conversation_id_idx
  on public.batch_items (org_id, conversation_id);
create trigger _100_set_updated_at
  before update on public.batch_items
  for each row execute function private.tg_any__set_updated_at();

do $$
declare
  name text;
begin
  -- The three tables have the same rules: readers see, editors write, admins delete.
  foreach name in array array['batch_jobs', 'batch_items', 'conversations'] loop
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
grant insert (id, org_id, status, total_items, tier), update (status, total_items)
  on table public.batch_jobs to authenticated;
grant insert (id, org_id, batch_job_id, conversation_id, status), update (conversation_id, status)
  on table public.batch_items to authenticated;
grant
  insert (
    id, org_id, conversation_id, file_path, raw_response_path, enriched_file_path,
    enrichment_status, persona_id, emotional_arc_id, training_topic_id
  ),
  update (
    file_path, raw_response_path, enriched_file_path, enrichment_status, persona_id,
    emotional_arc_id, training_topic_id
  )
  on table public.conversations to authenticated;
