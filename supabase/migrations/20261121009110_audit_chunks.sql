-- Chunks against the documents that they are of: whole, of one model, and no others.
create function private.audit_chunks()
returns table (name text, subject text, detail text)
language sql
stable
security invoker
set search_path = ''
as $$
  with stored as materialized (
    select chunk.org_id, chunk.vault_document_id, chunk.generation, count(*) as chunk_count,
      max(chunk.ordinal) + 1 as place_count, min(chunk.embedding_model) as model,
      count(distinct chunk.embedding_model) as model_count
    from public.mono_training_chunks as chunk
    group by chunk.org_id, chunk.vault_document_id, chunk.generation
  ),
  document as materialized (
    select own.id, own.org_id, own.chunk_generation, own.next_chunk_generation,
      own.trained_revision, own.revision, organization.embedding_model,
      organization.next_embedding_model
    from public.vault_documents as own
    join public.organizations as organization on organization.id = own.org_id
  )
  select 'trained revisions', document.id::text,
    format(
      'revision %s, trained %s, generation %s',
      document.revision, document.trained_revision, document.chunk_generation
    )
  from document
  where (document.trained_revision is null) <> (document.chunk_generation is null)
    or document.trained_revision > document.revision
  union all
  select 'live chunks', document.id::text, format('generation %s has none', document.chunk_generation)
  from document
  where document.chunk_generation is not null and not exists (
    select from stored
    where stored.org_id = document.org_id and stored.vault_document_id = document.id
      and stored.generation = document.chunk_generation
  )
  union all
  select 'positions of chunks', document.id::text,
    format('%s chunks at positions up to %s', stored.chunk_count, stored.place_count - 1)
  from document
  join stored on stored.org_id = document.org_id and stored.vault_document_id = document.id
    and stored.generation in (document.chunk_generation, document.next_chunk_generation)
  where stored.chunk_count <> stored.place_count
  union all
  select 'models of vectors', document.id::text,
    format('generation %s is of %s', stored.generation, stored.model)
  from document
  join stored on stored.org_id = document.org_id and stored.vault_document_id = document.id
    and stored.generation in (document.chunk_generation, document.next_chunk_generation)
  where stored.model_count > 1 or stored.model is distinct from case stored.generation
    when document.chunk_generation then document.embedding_model else document.next_embedding_model
  end
  union all
  select 'copies for a switch', document.id::text,
    format('%s of %s chunks are copied', coalesce(copy.chunk_count, 0), stored.chunk_count)
  from document
  join stored on stored.org_id = document.org_id and stored.vault_document_id = document.id
    and stored.generation = document.chunk_generation
  left join stored as copy
    on copy.org_id = document.org_id and copy.vault_document_id = document.id
    and copy.generation = document.next_chunk_generation
  where document.next_chunk_generation is not null
    and copy.chunk_count is distinct from stored.chunk_count
  union all
  select 'stray chunks', document.id::text,
    format('%s of generation %s', stored.chunk_count, stored.generation)
  from document
  join stored on stored.org_id = document.org_id and stored.vault_document_id = document.id
  where stored.generation is distinct from document.chunk_generation
    and stored.generation is distinct from document.next_chunk_generation
    -- Vectors of the next model are worth keeping until the switch is over.
    and stored.model is distinct from document.next_embedding_model
    and not exists (select from private.jobs as job where job.id = stored.generation / 1000)
    and not exists (
      select from private.stale_chunks as stale
      where stale.org_id = document.org_id and stale.vault_document_id = document.id
        and stale.embedding_model = stored.model
    )
  union all
  select 'stray chunks', kept.vault_document_id::text,
    format('%s vectors of an interrupted training', count(*))
  from private.interrupted_vectors as kept
  where not exists (
    select from private.jobs as job
    where job.kind = 'train_document' and job.dedupe_key = kept.vault_document_id::text
  )
  group by kept.vault_document_id
$$;
comment on function private.audit_chunks() is
  'Documents whose live chunks are missing, have gaps, or are of another model than their organisation searches with, and chunks that are neither live nor being written, or vectors of them.';
revoke all on function private.audit_chunks() from public, anon, authenticated, service_role;
