-- Training files, their members, their immutable versions and the objects of those.
insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
values (
  'training-files', 'training-files', false, 52428800,
  array[
    'application/json', 'application/x-ndjson', 'application/jsonl', 'application/zip',
    'text/markdown'
  ]
)
on conflict (id) do nothing;

create table public.training_files (
  id uuid not null default gen_random_uuid(),
  org_id uuid not null,
  name text not null,
  description text,
  json_file_path text,
  jsonl_file_path text,
  storage_bucket text not null default 'training-files',
  conversation_count integer not null default 0,
  total_training_pairs integer not null default 0,
  json_file_size bigint,
  jsonl_file_size bigint,
  avg_quality_score numeric(3, 2),
  min_quality_score numeric(3, 2),
  max_quality_score numeric(3, 2),
  human_reviewed_count integer not null default 0,
  scaffolding_distribution jsonb not null
    default '{"personas": {}, "emotional_arcs": {}, "training_topics": {}}',
  status text not null default 'processing',
  is_archived boolean not null default false,
  version integer not null default 0,
  stale boolean not null default false,
  stale_policy text not null default 'mark_stale',
  created_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint training_files_pkey primary key (id),
  constraint training_files_org_id_id_key unique (org_id, id),
  constraint training_files_org_id_name_key unique (org_id, name),
  constraint training_files_org_id_fkey
    foreign key (org_id) references public.organizations (id) on delete cascade,
  constraint training_files_created_by_fkey
    foreign key (created_by) references auth.users (id) on delete set null,
  constraint training_files_name_check
    check (name = btrim(name) and char_length(name) between 1 and 255),
  constraint training_files_description_check check (char_length(description) <= 2000),
  constraint training_files_storage_bucket_check check (storage_bucket = 'training-files'),
  constraint training_files_status_check
    check (status in ('active', 'archived', 'processing', 'failed')),
  constraint training_files_is_archived_check
    check (status = 'processing' or is_archived = (status = 'archived')),
  constraint training_files_stale_policy_check
    check (stale_policy in ('ignore', 'mark_stale', 'rebuild')),
  -- Whoever sees a live version sees its objects.
  constraint training_files_version_check check (
    version = 0
    or (json_file_path = id || '/v' || version || '/training.json'
      and jsonl_file_path = id || '/v' || version || '/training.jsonl')
  )
);
comment on table public.training_files is
  'Training files: a row shows the live version, with all its figures. Written by functions only.';
comment on column public.training_files.status is
  'processing while version 1, or a queued build, is under way; failed when there is no version and the last build ended without one; else active or archived.';
comment on column public.training_files.is_archived is
  'What status says again when a queued build has ended.';
comment on column public.training_files.version is 'The live version; 0 until the first is built.';
comment on column public.training_files.stale is
  'A conversation was enriched again since the live version was built.';
comment on column public.training_files.stale_policy is
  'What re-enrichment does: nothing, mark the file stale, or build a new version by itself.';
create index training_files_org_id_created_at_idx
  on public.training_files (org_id, created_at desc, id desc);
create index training_files_created_by_idx on public.training_files (created_by);

create trigger _100_set_updated_at
  before update on public.training_files
  for each row execute function private.tg_any__set_updated_at();

create table public.training_file_conversations (
  id uuid not null default gen_random_uuid(),
  org_id uuid not null,
  training_file_id uuid not null,
  conversation_id uuid not null,
  position integer not null,
  added_at timestamptz not null default now(),
  added_by uuid,
  constraint training_file_conversations_pkey primary key (id),
  -- By this they are gone before it is asked whether a conversation of the organisation may go.
  constraint training_file_conversations_org_id_fkey
    foreign key (org_id) references public.organizations (id) on delete cascade,
  constraint training_file_conversations_file_conversation_key
    unique (training_file_id, conversation_id),
  constraint training_file_conversations_org_id_training_file_id_fkey
    foreign key (org_id, training_file_id)
    references public.training_files (org_id, id) on delete cascade,
  -- A conversation that a file is made of cannot vanish under it.
  constraint training_file_conversations_org_id_conversation_id_fkey
    foreign key (org_id, conversation_id)
    references public.conversations (org_id, conversation_id) on delete restrict,
  constraint training_file_conversations_added_by_fkey
    foreign key (added_by) references auth.users (id) on delete set null,
  constraint training_file_conversations_position_check check (position >= 0)
);
comment on table public.training_file_conversations is
  'The conversations of the live version of a training file, in their order.';
create index training_file_conversations_org_id_training_file_id_idx
  on public.training_file_conversations (org_id, training_file_id, position);
create index training_file_conversations_org_id_conversation_id_idx
  on public.training_file_conversations (org_id, conversation_id);
create index training_file_conversations_added_by_idx
  on public.training_file_conversations (added_by);

create table public.training_file_versions (
  id uuid not null default gen_random_uuid(),
  org_id uuid not null,
  training_file_id uuid not null,
  version integer not null,
  parent_version integer not null,
  file_name text not null,
  change text not null,
  state text not null default 'building',
  is_queued boolean not null default false,
  progress real not null default 0,
  options jsonb not null default '{}',
  conversation_count integer not null default 0,
  total_training_pairs integer not null default 0,
  json_sha256 text,
  jsonl_sha256 text,
  content_digest text,
  totals jsonb,
  error jsonb,
  build_token uuid not null default gen_random_uuid(),
  build_until timestamptz not null default clock_timestamp() + interval '30 seconds',
  created_by uuid,
  created_at timestamptz not null default now(),
  published_at timestamptz,
  constraint training_file_versions_pkey primary key (id),
  constraint training_file_versions_training_file_id_version_key
    unique (training_file_id, version),
  constraint training_file_versions_org_id_training_file_id_fkey
    foreign key (org_id, training_file_id)
    references public.training_files (org_id, id) on delete cascade,
  constraint training_file_versions_created_by_fkey
    foreign key (created_by) references auth.users (id) on delete set null,
  constraint training_file_versions_change_check
    check (change in ('created', 'added', 'removed', 'rebuilt')),
  constraint training_file_versions_state_check
    check (state in ('building', 'published', 'failed', 'cancelled')),
  constraint training_file_versions_progress_check check (progress between 0 and 1),
  constraint training_file_versions_published_check check (
    state <> 'published'
    or (json_sha256 is not null and jsonl_sha256 is not null and content_digest is not null)
  )
);
comment on table public.training_file_versions is
  'Every version of a training file that was begun. A published one never changes; its number is never used again.';
comment on column public.training_file_versions.file_name is
  'What the file was called when the version was begun: its artefacts say so, whenever they are built.';
comment on column public.training_file_versions.is_queued is
  'Built by a job: nobody waits for the answer, so its end is kept for those who ask.';
comment on column public.training_file_versions.build_token is
  'Fencing token of the build: whoever presents another one has been overtaken.';
comment on column public.training_file_versions.build_until is
  'After this time, unless the builder has beaten again, the build is lost: whoever comes next ends it.';
create unique index training_file_versions_training_file_id_building_idx
  on public.training_file_versions (training_file_id) where state = 'building';
create index training_file_versions_org_id_training_file_id_idx
  on public.training_file_versions (org_id, training_file_id, version desc);
create index training_file_versions_created_by_idx on public.training_file_versions (created_by);

create table public.training_file_sources (
  org_id uuid not null,
  version_id uuid not null,
  position integer not null,
  conversation_id uuid not null,
  sha256 text,
  constraint training_file_sources_pkey primary key (version_id, position),
  constraint training_file_sources_version_id_conversation_id_key
    unique (version_id, conversation_id),
  constraint training_file_sources_version_id_fkey
    foreign key (version_id) references public.training_file_versions (id) on delete cascade,
  constraint training_file_sources_org_id_fkey
    foreign key (org_id) references public.organizations (id) on delete cascade
);
create index training_file_sources_org_id_idx on public.training_file_sources (org_id);
comment on table public.training_file_sources is
  'What a version is made of: its conversations in order, each with the hash of the bytes that were read.';

create table public.conversation_snapshots (
  org_id uuid not null,
  sha256 text not null,
  snapshot jsonb not null,
  fingerprint jsonb not null,
  created_at timestamptz not null default now(),
  constraint conversation_snapshots_pkey primary key (org_id, sha256),
  constraint conversation_snapshots_org_id_fkey
    foreign key (org_id) references public.organizations (id) on delete cascade
);
-- Hashes do not get smaller: to try costs a third of the insert.
alter table public.conversation_snapshots alter column fingerprint set storage external;
comment on table public.conversation_snapshots is
  'What a file needs to know of a conversation before it streams it; taken once for each distinct content.';

create table public.training_artifacts (
  id uuid not null default gen_random_uuid(),
  org_id uuid not null,
  version_id uuid not null,
  format text not null,
  options_hash text not null,
  options jsonb not null,
  path text not null,
  size_bytes bigint not null,
  line_count integer,
  sha256 text not null,
  created_at timestamptz not null default now(),
  constraint training_artifacts_pkey primary key (id),
  constraint training_artifacts_version_id_format_options_hash_key
    unique (version_id, format, options_hash),
  constraint training_artifacts_path_key unique (path),
  constraint training_artifacts_version_id_fkey
    foreign key (version_id) references public.training_file_versions (id) on delete cascade,
  constraint training_artifacts_org_id_fkey
    foreign key (org_id) references public.organizations (id) on delete cascade
);
comment on table public.training_artifacts is
  'Objects of a version that are whole and checked: json, jsonl, manifest, and exports built on request.';
create index training_artifacts_org_id_idx on public.training_artifacts (org_id);

create table private.storage_outbox (
  id bigint not null generated always as identity,
  bucket text not null,
  path text not null,
  due_at timestamptz not null default now(),
  attempts integer not null default 0,
  created_at timestamptz not null default now(),
  constraint storage_outbox_pkey primary key (id),
  constraint storage_outbox_bucket_path_key unique (bucket, path)
);
comment on table private.storage_outbox is
  'Objects that no row names, or that will not be named unless their build ends in time: the sweeper deletes them through the Storage API.';
create index storage_outbox_due_at_idx on private.storage_outbox (due_at);
alter table private.storage_outbox enable row level security;
revoke all on table private.storage_outbox from public, anon, authenticated, service_role;

alter table public.training_files enable row level security;
create policy training_files_select_viewer on public.training_files
  for select to authenticated
  using (org_id in (select private.get_member_org_ids('viewer')));
revoke all on table public.training_files from public, anon, authenticated, service_role;
grant select on table public.training_files to authenticated;
grant select, insert, update, delete on table public.training_files to service_role;
alter table public.training_file_conversations enable row level security;
create policy training_file_conversations_select_viewer on public.training_file_conversations
  for select to authenticated
  using (org_id in (select private.get_member_org_ids('viewer')));
revoke all on table public.training_file_conversations from public, anon, authenticated, service_role;
grant select on table public.training_file_conversations to authenticated;
grant select, insert, update, delete on table public.training_file_conversations to service_role;
-- The build token stays with the builder.
alter table public.training_file_versions enable row level security;
create policy training_file_versions_select_viewer on public.training_file_versions
  for select to authenticated
  using (org_id in (select private.get_member_org_ids('viewer')));
revoke all on table public.training_file_versions from public, anon, authenticated, service_role;
grant select (
  id, org_id, training_file_id, version, parent_version, file_name, change, state, is_queued, progress, options,
  conversation_count, total_training_pairs, json_sha256, jsonl_sha256, content_digest, totals,
  error, created_by, created_at, published_at
)
  on table public.training_file_versions to authenticated;
grant select, insert, update, delete on table public.training_file_versions to service_role;
alter table public.training_file_sources enable row level security;
create policy training_file_sources_select_viewer on public.training_file_sources
  for select to authenticated
  using (org_id in (select private.get_member_org_ids('viewer')));
revoke all on table public.training_file_sources from public, anon, authenticated, service_role;
grant select on table public.training_file_sources to authenticated;
grant select, insert, update, delete on table public.training_file_sources to service_role;
alter table public.training_artifacts enable row level security;
create policy training_artifacts_select_viewer on public.training_artifacts
  for select to authenticated
  using (org_id in (select private.get_member_org_ids('viewer')));
revoke all on table public.training_artifacts from public, anon, authenticated, service_role;
grant select on table public.training_artifacts to authenticated;
grant select, insert, update, delete on table public.training_artifacts to service_role;
alter table public.conversation_snapshots enable row level security;
revoke all on table public.conversation_snapshots from public, anon, authenticated, service_role;
grant select, insert, update, delete on table public.conversation_snapshots to service_role;
