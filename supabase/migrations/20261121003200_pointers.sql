-- Crops of drawings that Pass 1 leaves, and what Pass 2 makes of them.
create table public.pointers (
  id uuid not null default gen_random_uuid(),
  -- Set by a trigger; with a default, clients' types let it be left out.
  org_id uuid not null default '00000000-0000-0000-0000-000000000000',
  project_id uuid not null default '00000000-0000-0000-0000-000000000000',
  page_id uuid not null,
  title text not null,
  png_path text not null,
  bbox jsonb,
  description text,
  cross_references jsonb,
  enrichment_metadata jsonb,
  enrichment_status varchar(20) not null default 'pending',
  error_message text,
  attempts integer not null default 0,
  revision integer not null default 1,
  input_hash text,
  embedding_model text,
  embedding extensions.halfvec(1024),
  search_vector tsvector not null generated always as (
    setweight(private.get_search_vector('english', title), 'A')
      || private.get_search_vector('english', coalesce(description, ''))
  ) stored,
  detail_key text
    generated always as (private.get_key(enrichment_metadata ->> 'detail_number')) stored,
  created_by uuid default auth.uid(),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint pointers_pkey primary key (id),
  constraint pointers_org_id_project_id_page_id_fkey
    foreign key (org_id, project_id, page_id)
    references public.pages (org_id, project_id, id) on delete cascade,
  constraint pointers_created_by_fkey
    foreign key (created_by) references auth.users (id) on delete set null,
  constraint pointers_title_check check (private.is_visible(title) and char_length(title) <= 500),
  -- A path stored by a user is never trusted: it can only name this row's own object.
  constraint pointers_png_path_check
    check (png_path = org_id || '/' || project_id || '/' || id || '.png'),
  constraint pointers_bbox_check check (
    jsonb_typeof(bbox) = 'object' and bbox - array['x', 'y', 'width', 'height'] = '{}'
    and not jsonb_path_exists(bbox, '$.* ? (@.type() != "number" || @ < 0 || @ > 1)')
    and (bbox ?& array['x', 'y', 'width', 'height'])
  ),
  constraint pointers_enrichment_status_check
    check (enrichment_status in ('pending', 'processing', 'complete', 'failed')),
  constraint pointers_cross_references_check check (jsonb_typeof(cross_references) = 'array'),
  constraint pointers_enrichment_metadata_check
    check (jsonb_typeof(enrichment_metadata) = 'object'),
  constraint pointers_embedding_model_check
    check ((embedding is null) = (embedding_model is null)),
  constraint pointers_embedding_check check (extensions.l2_norm(embedding) > 0)
);
comment on table public.pointers is
  'Crops of drawings. Upload to bucket pointer-crops at <org_id>/<project_id>/<id>.png, then insert the row: it is read by itself.';
comment on column public.pointers.bbox is
  'Where the crop is on its page: {x, y, width, height} as fractions of the page.';
comment on column public.pointers.description is 'Everything that the crop says, as Markdown.';
comment on column public.pointers.cross_references is
  'What the crop refers to: [{kind, sheet, detail, raw}]; see the view pointer_links.';
comment on column public.pointers.enrichment_metadata is
  'What was read beside the description: detail number, dimensions, spec callouts, table rows, ambiguities, model, prompt version.';
comment on column public.pointers.error_message is 'Why the last attempt failed.';
comment on column public.pointers.revision is
  'Goes up with every update by a user, since an update is how a replaced crop is announced.';
comment on column public.pointers.input_hash is
  'SHA-256 of what the description was made from: crop, context, title, model, prompt version.';
comment on column public.pointers.detail_key is
  'The detail''s number as it was read, in capitals without spaces and punctuation.';
alter table public.pointers alter column embedding set storage plain;
create index pointers_created_by_idx on public.pointers (created_by);
create index pointers_org_id_project_id_page_id_idx
  on public.pointers (org_id, project_id, page_id);
create index pointers_page_id_detail_key_idx on public.pointers (page_id, detail_key);
create index pointers_enrichment_status_idx on public.pointers (enrichment_status);
create index pointers_search_vector_idx on public.pointers using gin (search_vector);

create function private.tg_pointers__set_project()
returns trigger
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  select page.org_id, page.project_id into new.org_id, new.project_id
  from public.pages as page where page.id = new.page_id;
  if new.org_id is null then
    perform private.raise_error('PAGE_NOT_FOUND', 404, 'There is no such page');
  end if;
  return new;
end
$$;
comment on function private.tg_pointers__set_project() is
  'Takes organisation and project from the page as the caller sees it. Raises PAGE_NOT_FOUND.';
revoke all on function private.tg_pointers__set_project()
  from public, anon, authenticated, service_role;

create function private.tg_pointers__raise_revision()
returns trigger
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  new.revision := old.revision + 1;
  return new;
end
$$;
comment on function private.tg_pointers__raise_revision() is
  'Counts the updates that users make, so that a result made from an older crop can be told.';
revoke all on function private.tg_pointers__raise_revision()
  from public, anon, authenticated, service_role;

create trigger _100_set_updated_at
  before update on public.pointers
  for each row execute function private.tg_any__set_updated_at();
create trigger _200_set_project
  before insert on public.pointers
  for each row execute function private.tg_pointers__set_project();
create trigger _200_raise_revision
  before update of title, png_path on public.pointers
  for each row execute function private.tg_pointers__raise_revision();

alter table public.pointers enable row level security;
create policy pointers_select_viewer on public.pointers
  for select to authenticated
  using (org_id in (select private.get_member_org_ids('viewer')));
create policy pointers_insert_editor on public.pointers
  for insert to authenticated
  with check (org_id in (select private.get_member_org_ids('editor')));
create policy pointers_update_editor on public.pointers
  for update to authenticated
  using (org_id in (select private.get_member_org_ids('editor')))
  with check (org_id in (select private.get_member_org_ids('editor')));
create policy pointers_delete_admin on public.pointers
  for delete to authenticated
  using (org_id in (select private.get_member_org_ids('admin')));
revoke all on table public.pointers from public, anon, authenticated, service_role;
grant select, delete, insert (id, page_id, title, png_path, bbox), update (title, png_path, bbox)
  on table public.pointers to authenticated;
grant select, insert, update, delete on table public.pointers to service_role;

create view public.project_progress
with (security_invoker = true) as
select
  project.org_id,
  project.id as project_id,
  count(*) filter (where pointer.enrichment_status = 'pending') as pending,
  count(*) filter (where pointer.enrichment_status = 'processing') as processing,
  count(*) filter (where pointer.enrichment_status = 'complete') as complete,
  count(*) filter (where pointer.enrichment_status = 'failed') as failed,
  count(pointer.id) as total
from public.projects as project
left join public.pointers as pointer
  on pointer.org_id = project.org_id and pointer.project_id = project.id
group by project.id;
comment on view public.project_progress is 'How many crops of each project are read, by status.';
revoke all on table public.project_progress from public, anon, authenticated, service_role;
grant select on table public.project_progress to authenticated, service_role;

create view public.pointer_links
with (security_invoker = true) as
select
  pointer.org_id,
  pointer.project_id,
  pointer.id as pointer_id,
  reference.position::integer as position,
  reference.item ->> 'raw' as raw,
  page.id as target_page_id,
  target.id as target_pointer_id
from public.pointers as pointer
cross join lateral jsonb_array_elements(pointer.cross_references)
  with ordinality as reference (item, position)
cross join lateral (
  -- A detail that is numbered by its section is a sheet of its own, whatever names no other.
  select coalesce(reference.item ->> 'sheet', substring(
    reference.item ->> 'detail' from '^\s*(?:[A-Za-z]{2}[ -]?)?\d\d ?\d\d ?\d\d(?:\.\d\d)? ?- ?\w+\s*$'
  )) as number
) as sheet
left join lateral (
  select found.id from public.pages as found
  where found.project_id = pointer.project_id and (
    found.sheet_key = private.get_key(sheet.number)
    -- Details that are numbered by their section are referred to by the number alone.
    or (
      private.get_key(sheet.number) ~ '^[0-9]{4,}$'
      and regexp_replace(found.sheet_key, '^[A-Z]+', '') = private.get_key(sheet.number)
    )
  )
  -- S1.1 and S-11 have one key, and are told apart by the point.
  order by found.sheet_key = private.get_key(sheet.number) desc,
    regexp_replace(upper(coalesce(found.sheet_number, found.page_name)), '[^A-Z0-9.]', '', 'g')
      = regexp_replace(upper(sheet.number), '[^A-Z0-9.]', '', 'g') desc,
    found.created_at
  limit 1
) as page on true
left join lateral (
  select found.id from public.pointers as found
  -- A reference without a sheet is to a detail of its own page.
  where found.page_id = coalesce(
      page.id, case when reference.item ->> 'sheet' is null then pointer.page_id end
    )
    and (
      found.detail_key = private.get_key(reference.item ->> 'detail')
      or (
        private.get_key(reference.item ->> 'detail') ~ '^[0-9]{6,}$'
        and regexp_replace(found.detail_key, '^[A-Z]+', '')
          = private.get_key(reference.item ->> 'detail')
      )
    )
    and found.id <> pointer.id
  order by
    regexp_replace(upper(found.enrichment_metadata ->> 'detail_number'), '[^A-Z0-9.]', '', 'g')
      = regexp_replace(upper(reference.item ->> 'detail'), '[^A-Z0-9.]', '', 'g') desc nulls last,
    found.created_at
  limit 1
) as target on true;
comment on view public.pointer_links is
  'What each cross-reference leads to in its project, as it is now: a page, a crop of it, or nothing yet.';
revoke all on table public.pointer_links from public, anon, authenticated, service_role;
grant select on table public.pointer_links to authenticated, service_role;
