-- Crops follow their organisation to another embedding model.
create function private.enqueue_next_pointer_vectors(
  organization public.organizations,
  pointer_id uuid default null
)
returns bigint
language plpgsql
volatile
security invoker
set search_path = ''
as $$
#variable_conflict use_column
declare
  ids uuid[];
begin
  -- As if they had just been read: bytes and the vision provider have nothing to do with it.
  with known as (
    insert into private.pointer_readings as own (
      pointer_id, source_hash, input_hash, description, cross_references, enrichment_metadata
    )
    select pointer.id, source.source_hash, pointer.input_hash, pointer.description,
      pointer.cross_references, pointer.enrichment_metadata
    from public.pointers as pointer
    cross join lateral private.get_pointer_source(pointer.id) as source
    where pointer.org_id = organization.id
      and pointer.id = coalesce(enqueue_next_pointer_vectors.pointer_id, pointer.id)
      -- What is not will be embedded for both when it is.
      and pointer.enrichment_status = 'complete' and source.next_embedding_model is not null
    order by pointer.id
    on conflict (pointer_id) do update
      set source_hash = excluded.source_hash, input_hash = excluded.input_hash,
          description = excluded.description, cross_references = excluded.cross_references,
          enrichment_metadata = excluded.enrichment_metadata
    returning own.pointer_id
  )
  select array_agg(known.pointer_id) into ids from known;
  return (select count(*) from private.enqueue_jobs((
    select coalesce(jsonb_agg(jsonb_build_object(
      'org_id', pointer.org_id, 'lane', 'embedding', 'kind', 'enrich_pointer',
      'dedupe_key', pointer.id, 'priority', 200,
      'payload', jsonb_build_object(
        'pointer_id', pointer.id, 'png_path', pointer.png_path, 'revision', pointer.revision
      )
    )), '[]')
    from public.pointers as pointer where pointer.id = any (ids)
  )));
end
$$;
comment on function private.enqueue_next_pointer_vectors(public.organizations, uuid) is
  'Queues the crops, or one of them, that have no vector yet for the switch that is going on, behind all trainings: they are not read again. Returns how many.';
revoke all on function private.enqueue_next_pointer_vectors(public.organizations, uuid)
  from public, anon, authenticated, service_role;

create function private.get_missing_pointer_count(organization public.organizations)
returns bigint
language sql
stable
security invoker
set search_path = ''
as $$
  select count(*) from public.pointers as pointer
  where pointer.org_id = organization.id
    and private.get_next_pointer_model(pointer, organization, pointer.input_hash) is not null
$$;
comment on function private.get_missing_pointer_count(public.organizations) is
  'How many crops have no vector yet for the switch that is going on.';
revoke all on function private.get_missing_pointer_count(public.organizations)
  from public, anon, authenticated, service_role;

create function private.list_pointer_failures(organization public.organizations)
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  select coalesce(
    jsonb_agg(failed.error || jsonb_build_object('pointer_id', pointer.id) order by failed.id), '[]'
  )
  from public.pointers as pointer
  cross join lateral (
    select past.id, coalesce(past.error, '{}') as error from private.job_history as past
    where past.org_id = organization.id and past.kind = 'enrich_pointer'
      and past.dedupe_key = pointer.id::text
    order by past.id desc limit 1
  ) as failed
  where pointer.org_id = organization.id
    and private.get_next_pointer_model(pointer, organization, pointer.input_hash) is not null
    and not exists (
      select from private.jobs as job
      where job.org_id = organization.id and job.kind = 'enrich_pointer'
        and job.dedupe_key = pointer.id::text
    )
$$;
comment on function private.list_pointer_failures(public.organizations) is
  'The crops that hold up a switch, since none of their jobs is open, with how the last one ended: [{pointer_id, code, message}].';
revoke all on function private.list_pointer_failures(public.organizations)
  from public, anon, authenticated, service_role;

create function private.update_pointer_vectors(organization public.organizations)
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  perform from public.pointers as pointer
  where pointer.org_id = organization.id and pointer.embedding is not null
  order by pointer.id
  for no key update;
  update public.pointers as pointer
  set embedding = next_vector.embedding,
      embedding_model = case when next_vector.embedding is not null
        then next_vector.embedding_model end
  from private.next_pointer_vectors as next_vector
  where pointer.org_id = organization.id and next_vector.pointer_id = pointer.id
    and next_vector.embedding_model = organization.next_embedding_model;
  perform private.delete_next_pointer_vectors(organization);
end
$$;
comment on function private.update_pointer_vectors(public.organizations) is
  'Makes the vectors of the next model those of the crops. The caller has locked the organisation; locks the crops.';
revoke all on function private.update_pointer_vectors(public.organizations)
  from public, anon, authenticated, service_role;

create function private.delete_next_pointer_vectors(organization public.organizations)
returns void
language sql
volatile
security invoker
set search_path = ''
as $$
  delete from private.next_pointer_vectors as next_vector
  using public.pointers as pointer
  where pointer.org_id = organization.id and next_vector.pointer_id = pointer.id
$$;
comment on function private.delete_next_pointer_vectors(public.organizations) is
  'Forgets what a switch has made for crops.';
revoke all on function private.delete_next_pointer_vectors(public.organizations)
  from public, anon, authenticated, service_role;

create function private.cancel_next_pointer_vectors(organization public.organizations)
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  job private.jobs;
begin
  perform private.delete_next_pointer_vectors(organization);
  -- Crops before jobs, as everywhere.
  perform from public.pointers as pointer
  join private.pointer_readings as reading
    on reading.pointer_id = pointer.id and reading.input_hash = pointer.input_hash
  where pointer.org_id = organization.id
    and pointer.embedding_model = organization.embedding_model
  order by pointer.id
  for no key update of pointer;
  for job in
    select waiting.* from private.jobs as waiting
    join public.pointers as pointer on pointer.id::text = waiting.dedupe_key
    join private.pointer_readings as reading
      on reading.pointer_id = pointer.id and reading.input_hash = pointer.input_hash
    where waiting.org_id = organization.id and waiting.kind = 'enrich_pointer'
      and waiting.lane = 'embedding' and waiting.lease_token is null
      and pointer.org_id = organization.id
      and pointer.embedding_model = organization.embedding_model
    order by waiting.id
    for update of waiting
  loop
    perform private.complete_job(job, 'cancelled');
    delete from private.pointer_readings as own where own.pointer_id = job.dedupe_key::uuid;
  end loop;
end
$$;
comment on function private.cancel_next_pointer_vectors(public.organizations) is
  'Ends the jobs that wait for what a switch has asked of crops, and forgets what it has made. The caller has locked the organisation; locks the crops, then the jobs.';
revoke all on function private.cancel_next_pointer_vectors(public.organizations)
  from public, anon, authenticated, service_role;

create function private.tg_organizations__enqueue_pointers()
returns trigger
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  perform private.enqueue_pointers(array(
    select pointer.id from public.pointers as pointer
    where pointer.org_id = new.id and pointer.description is not null
      and pointer.embedding_model is distinct from new.embedding_model
  ));
  return null;
end
$$;
comment on function private.tg_organizations__enqueue_pointers() is
  'Queues the crops whose vectors are of another model than the organisation searches with now, such as those that a switch could not embed: they are not read again, and until then found by their words. Definer: see enqueue_pointers.';
revoke all on function private.tg_organizations__enqueue_pointers()
  from public, anon, authenticated, service_role;
create trigger _800_enqueue_pointers
  after update of embedding_model on public.organizations
  for each row when (old.embedding_model is distinct from new.embedding_model)
  execute function private.tg_organizations__enqueue_pointers();
