-- What was read of a crop: kept as soon as it is paid for, shown with its vector.
create table private.pointer_readings (
  pointer_id uuid not null,
  source_hash text not null,
  input_hash text not null,
  description text not null,
  cross_references jsonb not null,
  enrichment_metadata jsonb not null,
  constraint pointer_readings_pkey primary key (pointer_id),
  constraint pointer_readings_pointer_id_fkey
    foreign key (pointer_id) references public.pointers (id) on delete cascade
);
comment on table private.pointer_readings is
  'Readings that have no vector yet. What the vision model said is stored before anything else can fail, so that nobody pays for it twice; the crop keeps its last reading, with the vector of that one, until the new one has its own: search never meets a text beside the vector of another.';
comment on column private.pointer_readings.source_hash is
  'As it was when this was read: see private.get_pointer_source.';
alter table private.pointer_readings enable row level security;
revoke all on table private.pointer_readings from public, anon, authenticated, service_role;

create function private.get_pointer_source(pointer_id uuid)
returns table (
  title text, revision integer, page_name text, sheet_reflection text, discipline_name text,
  source_hash text, is_read boolean, input_hash text, description text, embedding_text text,
  embedding_model text, org_embedding_model text, next_embedding_model text
)
language plpgsql
stable
security definer
set search_path = ''
as $$
#variable_conflict use_column
begin
  return query
  select pointer.title, pointer.revision, page.page_name, page.sheet_reflection, discipline.name,
    now_hash.source_hash,
    coalesce(reading.source_hash = now_hash.source_hash, false),
    coalesce(reading.input_hash, pointer.input_hash),
    coalesce(reading.description, pointer.description),
    coalesce(reading.enrichment_metadata, pointer.enrichment_metadata) ->> 'embedding_text',
    case when reading.pointer_id is null then pointer.embedding_model end,
    organization.embedding_model,
    private.get_next_pointer_model(
      pointer, organization, coalesce(reading.input_hash, pointer.input_hash)
    )
  from public.pointers as pointer
  join public.pages as page on page.id = pointer.page_id
  join public.organizations as organization on organization.id = pointer.org_id
  left join public.disciplines as discipline on discipline.id = page.discipline_id
  left join private.pointer_readings as reading on reading.pointer_id = pointer.id
  cross join lateral (
    select encode(sha256(convert_to(jsonb_build_array(
      pointer.revision, pointer.title, page.page_name, page.sheet_reflection, discipline.name
    )::text, 'UTF8')), 'hex') as source_hash
  ) as now_hash
  where pointer.id = get_pointer_source.pointer_id;
end
$$;
comment on function private.get_pointer_source(uuid) is
  'What a crop is read from: its title, revision and context; source_hash changes with whatever of this changes. With the last reading, if there was one: input_hash, description, embedding_text, and the model of its vector; is_read when it was read from just this and only its vector is missing. With the model that the organisation searches with, and the next, where this reading has no vector of that yet. No row for a crop that is gone. Definer: workers reach crops through functions only.';
revoke all on function private.get_pointer_source(uuid)
  from public, anon, authenticated, service_role;
grant execute on function private.get_pointer_source(uuid) to service_role;

create function private.claim_pointer_result(
  job_id text,
  lease_token uuid,
  source_hash text,
  usage jsonb
)
returns text
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  job private.jobs;
  own_id uuid;
  own_org_id uuid;
begin
  select (held.payload ->> 'pointer_id')::uuid, held.org_id into own_id, own_org_id
  from private.jobs as held
  where held.id = claim_pointer_result.job_id::bigint and held.kind = 'enrich_pointer';
  -- The organisation before what goes with it, as its deletion has it: what is booked asks for it.
  perform from public.organizations as organization
  where organization.id = own_org_id for key share;
  -- Page and crop first, as whoever changes them: a change waits, or is seen here.
  perform from public.pages as page
  join public.pointers as pointer on pointer.page_id = page.id
  where pointer.id = own_id for share of page;
  perform from public.pointers as pointer where pointer.id = own_id for no key update;
  select held.* into job from private.jobs as held
  where held.id = claim_pointer_result.job_id::bigint
    and held.lease_token = claim_pointer_result.lease_token and held.kind = 'enrich_pointer'
  for update;
  if job.id is null then
    perform private.add_stale_usage(
      claim_pointer_result.job_id::bigint, claim_pointer_result.lease_token,
      claim_pointer_result.usage
    );
    return 'stale_lease';
  end if;
  if (select source.source_hash from private.get_pointer_source(own_id) as source)
    is distinct from claim_pointer_result.source_hash
  then
    perform private.retry_stale_pointer(job, claim_pointer_result.usage);
    return 'stale_input';
  end if;
  return 'held';
end
$$;
comment on function private.claim_pointer_result(text, uuid, text, jsonb) is
  'Whether a worker may write what it has made of a crop. Returns held; stale_lease when the job was overtaken; stale_input when crop or context changed since source_hash was read: then the job waits again. What was consumed for nothing is booked. Locks organisation, page, crop, job.';
revoke all on function private.claim_pointer_result(text, uuid, text, jsonb)
  from public, anon, authenticated, service_role;

create function private.retry_stale_pointer(job private.jobs, usage jsonb)
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  perform private.add_stale_usage(job.id, job.lease_token, retry_stale_pointer.usage);
  -- What has changed is to be read before it can be embedded.
  update private.jobs set lane = 'pass2' where id = job.id and lane <> 'pass2';
  perform private.retry_job(job, clock_timestamp(), job.attempt - 1);
end
$$;
comment on function private.retry_stale_pointer(private.jobs, jsonb) is
  'Puts the job of a crop that has changed back to the start, with its attempt. The caller has locked the row.';
revoke all on function private.retry_stale_pointer(private.jobs, jsonb)
  from public, anon, authenticated, service_role;

create function private.add_pointer_reading(
  job_id text,
  lease_token uuid,
  source_hash text,
  input_hash text,
  reading jsonb,
  token_count integer,
  usage jsonb
)
returns text
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  job private.jobs;
  own_id uuid;
  state text := private.claim_pointer_result(
    add_pointer_reading.job_id, add_pointer_reading.lease_token, add_pointer_reading.source_hash,
    add_pointer_reading.usage
  );
begin
  if state <> 'held' then
    return state;
  end if;
  -- As in a claim: the lane's lock, which all readings take, is not held until the disk answers. A
  -- crash of the server in that moment makes the crop be read again; the end of the job waits.
  perform set_config('synchronous_commit', 'off', true);
  select held.* into job from private.jobs as held
  where held.id = add_pointer_reading.job_id::bigint;
  own_id := (job.payload ->> 'pointer_id')::uuid;
  insert into private.pointer_readings as own (
    pointer_id, source_hash, input_hash, description, cross_references, enrichment_metadata
  )
  select own_id, add_pointer_reading.source_hash, add_pointer_reading.input_hash,
    coalesce(item.description, pointer.description),
    coalesce(item.cross_references, pointer.cross_references),
    coalesce(item.enrichment_metadata, pointer.enrichment_metadata)
  from public.pointers as pointer
  left join private.pointer_readings as known
    on known.pointer_id = pointer.id and known.input_hash = add_pointer_reading.input_hash
  cross join lateral jsonb_to_record(coalesce(
    add_pointer_reading.reading, to_jsonb(known), '{}'
  )) as item (description text, cross_references jsonb, enrichment_metadata jsonb)
  where pointer.id = own_id and (
    add_pointer_reading.reading is not null or known.pointer_id is not null
    or pointer.input_hash = add_pointer_reading.input_hash
  )
  on conflict (pointer_id) do update
    set source_hash = excluded.source_hash, input_hash = excluded.input_hash,
        description = excluded.description, cross_references = excluded.cross_references,
        enrichment_metadata = excluded.enrichment_metadata;
  if not found then
    perform private.retry_stale_pointer(job, add_pointer_reading.usage);
    return 'stale_input';
  end if;
  perform private.add_usage(
    job.org_id, job.id, job.kind, job.dedupe_key, add_pointer_reading.usage, false
  );
  return case when private.update_job_lane(
    job, 'embedding', greatest(add_pointer_reading.token_count, 0)
  ) then 'held' else 'waiting' end;
end
$$;
comment on function private.add_pointer_reading(text, uuid, text, text, jsonb, integer, jsonb) is
  'Keeps what was read of a crop, {description, cross_references, enrichment_metadata}, books what it has cost, and moves the job on to the lane of embeddings, out of whose budgets a call of token_count is paid; that makes room for the next reading; without a reading the known one with the input_hash counts as read from source_hash. Returns held; waiting when the lane has no place now: the next attempt only embeds; stale_lease; stale_input when crop or context changed, or the known reading is to be made anew: then nothing is kept and the job waits again. Locks organisation, page, crop, job, lane. Definer: the job is private.';
revoke all on function private.add_pointer_reading(text, uuid, text, text, jsonb, integer, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function private.add_pointer_reading(text, uuid, text, text, jsonb, integer, jsonb)
  to service_role;

create function public.get_pointer_source(p_pointer_id uuid)
returns table (
  title text, revision integer, page_name text, sheet_reflection text, discipline_name text,
  source_hash text, is_read boolean, input_hash text, description text, embedding_text text,
  embedding_model text, org_embedding_model text, next_embedding_model text
)
language sql
stable
security invoker
set search_path = ''
as $$ select * from private.get_pointer_source(p_pointer_id) $$;
comment on function public.get_pointer_source(uuid) is 'See private.get_pointer_source.';
revoke all on function public.get_pointer_source(uuid) from public, anon, authenticated, service_role;
grant execute on function public.get_pointer_source(uuid) to service_role;

create function public.add_pointer_reading(
  p_job_id text,
  p_lease_token uuid,
  p_source_hash text,
  p_input_hash text,
  p_reading jsonb default null,
  p_token_count integer default 0,
  p_usage jsonb default null
)
returns text
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  perform private.assert_batch(p_usage);
  return private.add_pointer_reading(
    p_job_id, p_lease_token, p_source_hash, p_input_hash, p_reading, p_token_count, p_usage
  );
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded then
    perform private.fail_arguments(sqlstate, sqlerrm);
    return null;
end
$$;
comment on function public.add_pointer_reading(text, uuid, text, text, jsonb, integer, jsonb) is
  'See private.add_pointer_reading; raises INVALID_REQUEST for arguments that it cannot take.';
revoke all on function public.add_pointer_reading(text, uuid, text, text, jsonb, integer, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.add_pointer_reading(text, uuid, text, text, jsonb, integer, jsonb)
  to service_role;
