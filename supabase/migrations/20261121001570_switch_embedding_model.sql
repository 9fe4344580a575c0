-- How an organisation changes to another embedding model: begun, called off, completed, watched.
create function private.complete_embedding_switch(organization public.organizations)
returns boolean
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  -- Whoever changes a generation has locked the organisation.
  if organization.next_embedding_model is null or exists (
    select from public.vault_documents as document
    where document.org_id = organization.id
      and document.chunk_generation is not null and document.next_chunk_generation is null
  ) or private.get_missing_pointer_count(organization) > 0 then
    return false;
  end if;
  perform from public.vault_documents as document
  where document.org_id = organization.id and document.chunk_generation is not null
  order by document.id
  for no key update;
  insert into private.stale_chunks (org_id, vault_document_id, embedding_model)
  select document.org_id, document.id, organization.embedding_model
  from public.vault_documents as document
  where document.org_id = organization.id and document.chunk_generation is not null
  on conflict (org_id, vault_document_id, embedding_model) do nothing;
  update public.vault_documents as document
  set chunk_generation = document.next_chunk_generation, next_chunk_generation = null
  where document.org_id = organization.id and document.next_chunk_generation is not null;
  perform private.update_pointer_vectors(organization);
  update public.organizations as own
  set embedding_model = own.next_embedding_model, next_embedding_model = null
  where own.id = organization.id;
  perform private.delete_stale_chunks(10000);
  return true;
end
$$;
comment on function private.complete_embedding_switch(public.organizations) is
  'Makes the next generation of every document and the next vector of every crop live, and the next model the organisation''s, at once, when none lacks one that is trained or found by the present model. Returns whether it did. The caller has locked the organisation; locks the documents, then the crops.';
revoke all on function private.complete_embedding_switch(public.organizations)
  from public, anon, authenticated, service_role;

create function private.cancel_embedding_switch(organization public.organizations)
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  job private.jobs;
begin
  update public.organizations set next_embedding_model = null where id = organization.id;
  update public.vault_documents as document set next_chunk_generation = null
  where document.org_id = organization.id and document.next_chunk_generation is not null;
  for job in
    select open_job.* from private.jobs as open_job
    where open_job.org_id = organization.id and open_job.kind = 'reembed_document'
    order by open_job.id
    for update
  loop
    perform private.complete_job(job, 'cancelled');
  end loop;
  delete from private.failed_reembeddings as failure where failure.org_id = organization.id;
  perform private.cancel_next_pointer_vectors(organization);
  insert into private.stale_chunks (org_id, vault_document_id, embedding_model)
  select document.org_id, document.id, organization.next_embedding_model
  from public.vault_documents as document
  where document.org_id = organization.id and document.chunk_generation is not null
  on conflict (org_id, vault_document_id, embedding_model) do nothing;
  perform private.delete_stale_chunks(10000);
end
$$;
comment on function private.cancel_embedding_switch(public.organizations) is
  'Calls a switch off: its jobs end and its copies go. The caller has locked the organisation and seen that a switch is going on; locks documents, then their jobs, then crops, then theirs.';
revoke all on function private.cancel_embedding_switch(public.organizations)
  from public, anon, authenticated, service_role;

create function private.switch_embedding_model(org_id uuid, model text)
returns bigint
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  organization public.organizations;
  switched_count bigint := 0;
begin
  if coalesce(char_length(switch_embedding_model.model), 0) not between 1 and 200 then
    perform private.raise_error(
      'INVALID_REQUEST', 400, 'The name of a model has 1 to 200 characters'
    );
  end if;
  for organization in
    select own.* from public.organizations as own
    where own.id = switch_embedding_model.org_id
      or (switch_embedding_model.org_id is null and own.embedding_model is not null)
    order by own.id
    for no key update
  loop
    if organization.next_embedding_model <> switch_embedding_model.model then
      perform private.cancel_embedding_switch(organization);
    end if;
    -- Whoever asks for the same again wants what has failed to be tried again.
    delete from private.failed_reembeddings as failure where failure.org_id = organization.id;
    update public.organizations as own
    set embedding_model = coalesce(own.embedding_model, switch_embedding_model.model),
        next_embedding_model = case when own.embedding_model <> switch_embedding_model.model
          then switch_embedding_model.model end
    where own.id = organization.id
    returning own.* into organization;
    perform private.enqueue_next_pointer_vectors(organization);
    if organization.next_embedding_model is not null
      and not private.complete_embedding_switch(organization)
    then
      switched_count := switched_count + 1;
    end if;
  end loop;
  if not found and switch_embedding_model.org_id is not null then
    perform private.raise_error('ORG_NOT_FOUND', 404, 'There is no such organisation');
  end if;
  perform private.enqueue_reembeddings(switch_embedding_model.org_id, null, 10000);
  return switched_count;
end
$$;
comment on function private.switch_embedding_model(uuid, text) is
  'Begins to embed all trained documents and read crops of an organisation, or of every one that has a model (null), with another model; searches and trainings keep the present one until the last is done. For the model of a switch that is going on, failed documents are tried again; for the present model, the switch is called off. One organisation that has trained nothing gets the model at once. Returns how many organisations now switch. Raises INVALID_REQUEST, ORG_NOT_FOUND. Locks the organisations, documents, jobs. Definer: the job engine is private.';
revoke all on function private.switch_embedding_model(uuid, text)
  from public, anon, authenticated, service_role;
grant execute on function private.switch_embedding_model(uuid, text) to service_role;

create function public.switch_embedding_model(p_model text, p_org_id uuid default null)
returns bigint
language sql
volatile
security invoker
set search_path = ''
return private.switch_embedding_model(p_org_id, p_model);
comment on function public.switch_embedding_model(text, uuid) is
  'See private.switch_embedding_model.';
revoke all on function public.switch_embedding_model(text, uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.switch_embedding_model(text, uuid) to service_role;

create function private.cancel_embedding_switches(org_id uuid)
returns bigint
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  organization public.organizations;
  cancelled_count bigint := 0;
begin
  for organization in
    select own.* from public.organizations as own
    where own.next_embedding_model is not null
      and (cancel_embedding_switches.org_id is null or own.id = cancel_embedding_switches.org_id)
    order by own.id
    for no key update
  loop
    perform private.cancel_embedding_switch(organization);
    cancelled_count := cancelled_count + 1;
  end loop;
  return cancelled_count;
end
$$;
comment on function private.cancel_embedding_switches(uuid) is
  'Calls the switch of an organisation off, or every one (null). Returns how many. Locks the organisations, documents, jobs. Definer: the job engine is private.';
revoke all on function private.cancel_embedding_switches(uuid)
  from public, anon, authenticated, service_role;
grant execute on function private.cancel_embedding_switches(uuid) to service_role;

create function public.cancel_embedding_switches(p_org_id uuid default null)
returns bigint
language sql
volatile
security invoker
set search_path = ''
return private.cancel_embedding_switches(p_org_id);
comment on function public.cancel_embedding_switches(uuid) is
  'See private.cancel_embedding_switches.';
revoke all on function public.cancel_embedding_switches(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.cancel_embedding_switches(uuid) to service_role;

create function private.complete_embedding_switches()
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  organization public.organizations;
begin
  for organization in
    select own.* from public.organizations as own
    where own.next_embedding_model is not null
    order by own.id
    for no key update skip locked
  loop
    perform private.complete_embedding_switch(organization);
  end loop;
  perform private.enqueue_reembeddings(null, null, 10000);
  perform private.delete_stale_chunks(20000);
end
$$;
comment on function private.complete_embedding_switches() is
  'Completes switches that ended with a crop, whose last document was deleted rather than embedded, and those of large organisations, queues what a switch still needs, deletes what switches have left.';
revoke all on function private.complete_embedding_switches()
  from public, anon, authenticated, service_role;

create function private.list_embedding_models()
returns table (embedding_model text, next_embedding_model text, organization_count bigint)
language sql
stable
security definer
set search_path = ''
as $$
  select own.embedding_model, own.next_embedding_model, count(*)
  from public.organizations as own
  where own.embedding_model is not null
  group by own.embedding_model, own.next_embedding_model
$$;
comment on function private.list_embedding_models() is
  'The models in use, and the switches from one to another, with their numbers of organisations. Definer: see list_embedding_switches.';
revoke all on function private.list_embedding_models()
  from public, anon, authenticated, service_role;
grant execute on function private.list_embedding_models() to service_role;

create function private.list_embedding_switches()
returns table (
  org_id uuid, embedding_model text, next_embedding_model text, document_count bigint,
  ready_count bigint, open_count bigint, failed_count bigint, failures jsonb,
  missing_crop_count bigint
)
language plpgsql
stable
security definer
set search_path = ''
as $$
#variable_conflict use_column
begin
  return query
  select
    organization.id, organization.embedding_model, organization.next_embedding_model,
    count(document.id), count(document.next_chunk_generation), count(job.id),
    count(failure.vault_document_id),
    coalesce(
      jsonb_agg(
        failure.error || jsonb_build_object('vault_document_id', document.id)
        order by failure.failed_at
      ) filter (where failure.vault_document_id is not null),
      '[]'
    ) || private.list_pointer_failures(organization),
    private.get_missing_pointer_count(organization)
  from public.organizations as organization
  left join public.vault_documents as document
    on document.org_id = organization.id and document.chunk_generation is not null
  left join private.failed_reembeddings as failure on failure.vault_document_id = document.id
  left join private.jobs as job
    on job.org_id = organization.id and job.kind = 'reembed_document'
    and job.dedupe_key = format('%s:%s', document.id, document.chunk_generation)
  where organization.next_embedding_model is not null
  group by organization.id;
end
$$;
comment on function private.list_embedding_switches() is
  'How far each switch is: trained documents, those that are ready for the next model, that are being embedded, and that have failed, with their errors; and the crops that have no vector of the next model yet. Definer: the job engine is private.';
revoke all on function private.list_embedding_switches()
  from public, anon, authenticated, service_role;
grant execute on function private.list_embedding_switches() to service_role;

create view public.embedding_models with (security_invoker = true) as
  select * from private.list_embedding_models();
comment on view public.embedding_models is
  'For operators: see private.list_embedding_models.';
revoke all on table public.embedding_models from public, anon, authenticated, service_role;
grant select on table public.embedding_models to service_role;

create view public.embedding_switches with (security_invoker = true) as
  select * from private.list_embedding_switches();
comment on view public.embedding_switches is
  'For operators: see private.list_embedding_switches. A switch with failures waits for them: ask for it again, change or delete those documents and crops, or call it off.';
revoke all on table public.embedding_switches from public, anon, authenticated, service_role;
grant select on table public.embedding_switches to service_role;
