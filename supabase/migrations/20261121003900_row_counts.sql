-- The quota of rows: one count for each organisation, kept by whatever users may insert.
create table private.row_counts (
  org_id uuid not null,
  row_count bigint not null,
  constraint row_counts_pkey primary key (org_id),
  constraint row_counts_org_id_fkey
    foreign key (org_id) references public.organizations (id) on delete cascade
)
with (fillfactor = 25);
comment on table private.row_counts is
  'How many rows of documents, drawings, conversations and what belongs to them an organisation has.';
alter table private.row_counts enable row level security;
revoke all on table private.row_counts from public, anon, authenticated, service_role;

create function private.tg_any__count_new()
returns trigger
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  insert into private.row_counts as own (org_id, row_count)
  select changed.org_id, count(*) from changed group by changed.org_id order by changed.org_id
  on conflict (org_id) do update set row_count = own.row_count + excluded.row_count;
  perform private.assert_quota(own.org_id, 'rows', own.row_count)
  from private.row_counts as own
  where own.org_id in (select changed.org_id from changed);
  return null;
end
$$;
comment on function private.tg_any__count_new() is
  'Counts the rows of a statement, whoever inserts. Raises QUOTA_EXCEEDED. Locks the organisation''s count, so that it is exact. Definer: the counts are private.';
revoke all on function private.tg_any__count_new() from public, anon, authenticated, service_role;

create function private.tg_any__count_gone()
returns trigger
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  update private.row_counts as own set row_count = own.row_count - gone.row_count
  from (
    select changed.org_id, count(*) as row_count from changed group by changed.org_id
  ) as gone
  where own.org_id = gone.org_id;
  return null;
end
$$;
comment on function private.tg_any__count_gone() is
  'Counts off what a statement has deleted. Locks the organisation''s count. Definer: the counts are private.';
revoke all on function private.tg_any__count_gone() from public, anon, authenticated, service_role;

do $$
declare
  name text;
begin
  foreach name in array array[
    'vault_documents', 'mono_training_sets', 'mono_training_docs', 'conversations', 'personas',
    'emotional_arcs', 'training_topics', 'batch_jobs', 'batch_items', 'training_files', 'projects',
    'disciplines', 'pages', 'pointers', 'experience_files', 'sessions'
  ] loop
    execute format(
      'create trigger _700_count_new after insert on public.%I
       referencing new table as changed
       for each statement execute function private.tg_any__count_new()',
      name
    );
    execute format(
      'create trigger _700_count_gone after delete on public.%I
       referencing old table as changed
       for each statement execute function private.tg_any__count_gone()',
      name
    );
  end loop;
end
$$;
