-- How a worker hands in the chunks of a document: in slices beside the live ones, then one flip.
create function private.add_document_chunks(
  job_id text,
  lease_token uuid,
  chunks jsonb,
  progress real default null
)
returns text
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  job private.jobs;
  training_job public.mono_training_jobs;
  own_org_id uuid;
  own_document_id uuid;
begin
  select held.org_id, (held.payload ->> 'vault_document_id')::uuid
  into own_org_id, own_document_id
  from private.jobs as held
  where held.id = add_document_chunks.job_id::bigint and held.kind = 'train_document';
  -- Before the job, as their deletions have it: the chunks refer to both.
  perform from public.organizations as organization
  where organization.id = own_org_id for key share;
  perform from public.vault_documents as document
  where document.id = own_document_id for key share;
  select held.* into job from private.jobs as held
  where held.id = add_document_chunks.job_id::bigint
    and held.lease_token = add_document_chunks.lease_token
    and held.kind = 'train_document'
  for update;
  select own.* into training_job from public.mono_training_jobs as own
  where own.id = (job.payload ->> 'training_job_id')::uuid;
  if training_job.id is null then
    -- Given back, it would be embedded again and again for nobody. Without a job this does nothing.
    perform private.complete_job(job, 'cancelled');
    return 'stale_lease';
  end if;

  perform private.add_embedding_models(array(
    select distinct item ->> 'embedding_model'
    from jsonb_array_elements(add_document_chunks.chunks) as item
  ));
  insert into public.mono_training_chunks (
    org_id, vault_document_id, generation, ordinal, content, heading_path,
    start_offset, end_offset, token_count, content_hash, metadata, language, embedding_model,
    embedding
  )
  select distinct on (item.ordinal)
    training_job.org_id, training_job.vault_document_id,
    job.id * 1000 + job.attempt, item.ordinal, item.content, item.heading_path,
    item.start_offset, item.end_offset, item.token_count, item.content_hash,
    coalesce(item.metadata, '{}'), coalesce(item.language, 'english'), item.embedding_model,
    coalesce(item.embedding, known.embedding, kept.embedding)
  from jsonb_to_recordset(add_document_chunks.chunks) as item (
    ordinal integer, content text, heading_path text[], start_offset integer, end_offset integer,
    token_count integer, content_hash text, metadata jsonb, language text, embedding_model text,
    embedding extensions.halfvec
  )
  left join public.mono_training_chunks as known
    on item.embedding is null and known.org_id = training_job.org_id
    and known.vault_document_id = training_job.vault_document_id
    and known.content_hash = item.content_hash and known.embedding_model = item.embedding_model
  left join private.interrupted_vectors as kept
    on item.embedding is null and kept.vault_document_id = training_job.vault_document_id
    and kept.embedding_model = item.embedding_model and kept.content_hash = item.content_hash
  on conflict (org_id, vault_document_id, generation, ordinal) do nothing;
  update private.jobs as held
  set progress = least(greatest(add_document_chunks.progress, held.progress), 1)
  where held.id = job.id;
  return 'ok';
end
$$;
comment on function private.add_document_chunks(text, uuid, jsonb, real) is
  'Stores a slice of a document''s new chunks where no reader sees them yet, and how far the job is (0 to 1); a chunk without a vector takes that of a stored one of the document with its hash and model, or of an interrupted attempt; repeating a slice changes nothing. Returns ok, or stale_lease when the job was overtaken or its training is gone with its document; then the job ends. Locks organisation, document, job. Definer: the job is private.';
revoke all on function private.add_document_chunks(text, uuid, jsonb, real)
  from public, anon, authenticated, service_role;
grant execute on function private.add_document_chunks(text, uuid, jsonb, real) to service_role;

create function private.list_embedded_hashes(
  vault_document_id uuid,
  embedding_model text,
  content_hashes text[]
)
returns setof text
language sql
stable
security definer
set search_path = ''
as $$
  select chunk.content_hash
  from public.vault_documents as document
  join public.mono_training_chunks as chunk
    on chunk.org_id = document.org_id and chunk.vault_document_id = document.id
    -- Others may be gone before they are copied.
    and chunk.generation = document.chunk_generation
  where document.id = list_embedded_hashes.vault_document_id
    and chunk.embedding_model = list_embedded_hashes.embedding_model
    and chunk.content_hash = any (list_embedded_hashes.content_hashes)
  union
  select kept.content_hash
  from private.interrupted_vectors as kept
  where kept.vault_document_id = list_embedded_hashes.vault_document_id
    and kept.embedding_model = list_embedded_hashes.embedding_model
    and kept.content_hash = any (list_embedded_hashes.content_hashes)
$$;
comment on function private.list_embedded_hashes(uuid, text, text[]) is
  'Which of the hashes the live chunks of a document, or those of its interrupted training, have a vector for, by that model. Definer: workers reach chunks through functions only.';
revoke all on function private.list_embedded_hashes(uuid, text, text[])
  from public, anon, authenticated, service_role;
grant execute on function private.list_embedded_hashes(uuid, text, text[]) to service_role;

create function private.complete_document_job(
  job_id text,
  lease_token uuid,
  revision integer,
  chunk_count integer,
  usage jsonb
)
returns text
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  organization public.organizations;
  document public.vault_documents;
  job private.jobs;
  new_generation bigint;
  stored_count bigint;
  stored_model text;
  has_other_model boolean;
begin
  -- Organisation, document, job: in this order in every function that locks them.
  organization := private.get_organization_for_training((
    select held.org_id from private.jobs as held
    where held.id = complete_document_job.job_id::bigint
  ));
  select found.* into document from public.vault_documents as found
  where found.id = (
    select (held.payload ->> 'vault_document_id')::uuid from private.jobs as held
    where held.id = complete_document_job.job_id::bigint and held.kind = 'train_document'
  )
  for no key update;
  select held.* into job from private.jobs as held
  where held.id = complete_document_job.job_id::bigint
    and held.lease_token = complete_document_job.lease_token
    and held.kind = 'train_document'
  for update;
  -- Locked, so that a document that leaves its last set meanwhile is seen, or sees what is trained.
  perform from public.mono_training_jobs as own
  where own.id = (job.payload ->> 'training_job_id')::uuid
  for no key update;
  if not found then
    perform private.complete_job(job, 'cancelled');
    perform private.add_stale_usage(
      complete_document_job.job_id::bigint, complete_document_job.lease_token,
      complete_document_job.usage
    );
    return 'stale_lease';
  end if;
  new_generation := job.id * 1000 + job.attempt;
  select count(*), min(chunk.embedding_model),
    coalesce(bool_or(chunk.embedding_model <> organization.embedding_model), false)
  into stored_count, stored_model, has_other_model
  from public.mono_training_chunks as chunk
  where chunk.org_id = document.org_id and chunk.vault_document_id = document.id
    and chunk.generation = new_generation;
  if document.revision is distinct from complete_document_job.revision or has_other_model then
    perform private.add_stale_usage(job.id, job.lease_token, complete_document_job.usage);
    perform private.retry_job(job, clock_timestamp(), job.attempt - 1);
    return 'stale_input';
  end if;
  if stored_count is distinct from complete_document_job.chunk_count then
    perform private.raise_error(
      'CHUNKS_INCOMPLETE', 409,
      format('%s of %s chunks are stored', stored_count, complete_document_job.chunk_count)
    );
  end if;

  update public.vault_documents
  set chunk_generation = new_generation, trained_revision = document.revision,
      next_chunk_generation = null
  where id = document.id;
  perform private.complete_job(job, 'completed', null, complete_document_job.usage);
  perform private.update_search_stats(
    document.org_id, document.id, document.chunk_generation, new_generation
  );
  delete from public.mono_training_chunks as chunk
  where chunk.org_id = document.org_id and chunk.vault_document_id = document.id
    and chunk.generation <> new_generation
    -- The copy that this overtakes still has vectors for what has not changed.
    and chunk.embedding_model is distinct from organization.next_embedding_model;
  if organization.embedding_model is null then
    update public.organizations set embedding_model = stored_model where id = organization.id;
  elsif organization.next_embedding_model is not null then
    delete from private.failed_reembeddings as failure
    where failure.vault_document_id = document.id;
    perform private.enqueue_reembeddings(organization.id, document.id, 1);
  end if;
  return 'done';
end
$$;
comment on function private.complete_document_job(text, uuid, integer, integer, jsonb) is
  'Makes the stored chunks the document''s live generation, removes all others and ends the job, in one transaction; the first training sets the organisation''s model, and one during a switch is queued for the next model. Returns done; stale_lease when the job was overtaken, or its training is gone with its document: then the job ends; stale_input when the document changed since the given revision, or the organisation to another model: then the chunks are dropped and the job waits again. Raises CHUNKS_INCOMPLETE. Locks the organisation, the document, the job, the training, then the organisation''s search_stats. Definer: the job is private.';
revoke all on function private.complete_document_job(text, uuid, integer, integer, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function private.complete_document_job(text, uuid, integer, integer, jsonb)
  to service_role;

create function public.add_document_chunks(
  p_job_id text,
  p_lease_token uuid,
  p_chunks jsonb,
  p_progress real default null
)
returns text
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  perform private.assert_batch(p_chunks);
  return private.add_document_chunks(p_job_id, p_lease_token, p_chunks, p_progress);
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded
    -- A language that PostgreSQL does not know, or takes for a name in another schema.
    or undefined_object or invalid_name or feature_not_supported
  then
    perform private.fail_arguments(sqlstate, sqlerrm);
    return null;
end
$$;
comment on function public.add_document_chunks(text, uuid, jsonb, real) is
  'See private.add_document_chunks; raises INVALID_REQUEST for arguments that it cannot take.';
revoke all on function public.add_document_chunks(text, uuid, jsonb, real)
  from public, anon, authenticated, service_role;
grant execute on function public.add_document_chunks(text, uuid, jsonb, real) to service_role;

create function public.complete_document_job(
  p_job_id text,
  p_lease_token uuid,
  p_revision integer,
  p_chunk_count integer,
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
  return private.complete_document_job(p_job_id, p_lease_token, p_revision, p_chunk_count, p_usage);
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded then
    perform private.fail_arguments(sqlstate, sqlerrm);
    return null;
end
$$;
comment on function public.complete_document_job(text, uuid, integer, integer, jsonb) is
  'See private.complete_document_job; raises INVALID_REQUEST for arguments that it cannot take.';
revoke all on function public.complete_document_job(text, uuid, integer, integer, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.complete_document_job(text, uuid, integer, integer, jsonb)
  to service_role;

create function public.list_embedded_hashes(
  p_vault_document_id uuid,
  p_embedding_model text,
  p_content_hashes text[]
)
returns setof text
language sql
stable
security invoker
set search_path = ''
as $$
  select * from private.list_embedded_hashes(
    p_vault_document_id, p_embedding_model, p_content_hashes
  )
$$;
comment on function public.list_embedded_hashes(uuid, text, text[]) is
  'See private.list_embedded_hashes.';
revoke all on function public.list_embedded_hashes(uuid, text, text[])
  from public, anon, authenticated, service_role;
grant execute on function public.list_embedded_hashes(uuid, text, text[]) to service_role;
