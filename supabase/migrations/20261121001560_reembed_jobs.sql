-- Jobs that copy the live chunks of a document with vectors of the next model.
create function private.enqueue_reembeddings(org_id uuid, vault_document_id uuid, max_jobs integer)
returns bigint
language plpgsql
volatile
security invoker
set search_path = ''
set plan_cache_mode = 'force_custom_plan'
as $$
begin
  return (select count(*) from private.enqueue_jobs((
    select coalesce(jsonb_agg(missing.job), '[]')
    from (
      select jsonb_build_object(
        'org_id', document.org_id, 'lane', 'embedding', 'kind', 'reembed_document',
        -- A job copies one generation: what it has stored is never continued with another.
        'dedupe_key', format('%s:%s', document.id, document.chunk_generation),
        'priority', 200,
        'payload', jsonb_build_object(
          'vault_document_id', document.id, 'generation', document.chunk_generation
        )
      ) as job
      from public.organizations as organization
      join public.vault_documents as document on document.org_id = organization.id
      where organization.next_embedding_model is not null
        and (enqueue_reembeddings.org_id is null or organization.id = enqueue_reembeddings.org_id)
        and (enqueue_reembeddings.vault_document_id is null
          or document.id = enqueue_reembeddings.vault_document_id)
        and document.chunk_generation is not null and document.next_chunk_generation is null
        and not exists (
          select from private.jobs as job
          where job.kind = 'reembed_document'
            and job.dedupe_key = format('%s:%s', document.id, document.chunk_generation)
        )
        and not exists (
          select from private.failed_reembeddings as failure
          where failure.vault_document_id = document.id
        )
      limit max_jobs
    ) as missing
  )));
end
$$;
comment on function private.enqueue_reembeddings(uuid, uuid, integer) is
  'Queues the documents, of one organisation or of all (null), or one of them, that a switch still needs and that have not failed. Returns how many.';
revoke all on function private.enqueue_reembeddings(uuid, uuid, integer)
  from public, anon, authenticated, service_role;

create function private.tg_job_history__add_failed_reembedding()
returns trigger
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  insert into private.failed_reembeddings (vault_document_id, org_id, error)
  select document.id, document.org_id, coalesce(new.error, '{}')
  from public.vault_documents as document
  join public.organizations as organization on organization.id = document.org_id
  where document.id = (new.payload ->> 'vault_document_id')::uuid
    and document.chunk_generation = (new.payload ->> 'generation')::bigint
    and organization.next_embedding_model is not null
  on conflict (vault_document_id) do update
    set error = excluded.error, failed_at = excluded.failed_at;
  return null;
end
$$;
comment on function private.tg_job_history__add_failed_reembedding() is
  'Keeps in view which document holds up a switch, and why. Definer: the engine owns neither documents nor organisations.';
revoke all on function private.tg_job_history__add_failed_reembedding()
  from public, anon, authenticated, service_role;
create trigger _100_add_failed_reembedding
  after insert on private.job_history
  for each row when (new.kind = 'reembed_document' and new.outcome = 'dead')
  execute function private.tg_job_history__add_failed_reembedding();
