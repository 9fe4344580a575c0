-- What a worker asks and says of a document that it embeds anew.
create function private.list_reembed_chunks(job_id text, lease_token uuid, max_chunks integer)
returns table (
  embedding_model text, title text, ordinal integer, content text, heading_path text[],
  start_offset integer, end_offset integer, token_count integer, metadata jsonb, content_hash text,
  is_known boolean, max_ordinal integer
)
language plpgsql
stable
security definer
set search_path = ''
as $$
#variable_conflict use_column
declare
  job private.jobs;
  document public.vault_documents;
  model text;
  last_ordinal integer;
  has_others boolean;
begin
  select held.* into job from private.jobs as held
  where held.id = list_reembed_chunks.job_id::bigint
    and held.lease_token = list_reembed_chunks.lease_token and held.kind = 'reembed_document';
  select found.* into document from public.vault_documents as found
  where found.id = (job.payload ->> 'vault_document_id')::uuid
    and found.chunk_generation = (job.payload ->> 'generation')::bigint;
  select own.next_embedding_model into model from public.organizations as own
  where own.id = document.org_id;
  -- Slices come in their order, so what is stored is what comes first.
  select max(chunk.ordinal) into last_ordinal from public.mono_training_chunks as chunk
  where chunk.org_id = document.org_id and chunk.vault_document_id = document.id
    and chunk.generation = job.id * 1000;
  has_others := exists (
    select from public.mono_training_chunks as chunk
    where chunk.org_id = document.org_id and chunk.vault_document_id = document.id
      and chunk.generation not in (document.chunk_generation, job.id * 1000)
  );
  return query
  select
    model, document.title, live.ordinal, live.content, live.heading_path, live.start_offset,
    live.end_offset, live.token_count, live.metadata, live.content_hash,
    has_others and live.content_hash in (
      select known.content_hash from public.mono_training_chunks as known
      where known.org_id = document.org_id and known.vault_document_id = document.id
        and known.embedding_model = model
    ),
    (
      select max(chunk.ordinal) from public.mono_training_chunks as chunk
      where chunk.org_id = document.org_id and chunk.vault_document_id = document.id
        and chunk.generation = document.chunk_generation
    )
  from public.mono_training_chunks as live
  where live.org_id = document.org_id and live.vault_document_id = document.id
    and live.generation = document.chunk_generation and model is not null
    and live.ordinal > coalesce(last_ordinal, -1)
  order by live.ordinal
  limit least(greatest(list_reembed_chunks.max_chunks, 1), 500);
end
$$;
comment on function private.list_reembed_chunks(text, uuid, integer) is
  'The next chunks that a re-embedding has not stored, with the model that they need and the document''s title; is_known when an earlier copy has a vector of that model for the hash; max_ordinal is the document''s. None when all are stored, and for a job that was overtaken. Definer: the job is private.';
revoke all on function private.list_reembed_chunks(text, uuid, integer)
  from public, anon, authenticated, service_role;
grant execute on function private.list_reembed_chunks(text, uuid, integer) to service_role;

create function private.add_reembedded_chunks(
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
  document public.vault_documents;
  model text;
begin
  perform private.claim_job_organizations(array[add_reembedded_chunks.job_id::bigint]);
  select held.* into job from private.jobs as held
  where held.id = add_reembedded_chunks.job_id::bigint
    and held.lease_token = add_reembedded_chunks.lease_token and held.kind = 'reembed_document'
  for update;
  select found.* into document from public.vault_documents as found
  where found.id = (job.payload ->> 'vault_document_id')::uuid
    and found.chunk_generation = (job.payload ->> 'generation')::bigint;
  select own.next_embedding_model into model from public.organizations as own
  where own.id = document.org_id;
  if model is null then
    perform private.complete_job(job, 'superseded');
    return 'stale_lease';
  end if;

  perform private.add_embedding_models(array[model]);
  with item as (
    select given.* from jsonb_to_recordset(add_reembedded_chunks.chunks) as given (
      ordinal integer, content_hash text, embedding extensions.halfvec
    )
  ),
  known as (
    select distinct on (other.content_hash) other.content_hash, other.embedding
    from public.mono_training_chunks as other
    -- Without any, the document is not read through.
    where exists (select from item where item.embedding is null)
      and other.org_id = document.org_id and other.vault_document_id = document.id
      and other.embedding_model = model
      and other.content_hash in (select item.content_hash from item where item.embedding is null)
  )
  insert into public.mono_training_chunks (
    org_id, vault_document_id, generation, ordinal, content, heading_path, start_offset,
    end_offset, token_count, content_hash, metadata, language, embedding_model, embedding
  )
  select
    live.org_id, live.vault_document_id, job.id * 1000, live.ordinal, live.content,
    live.heading_path, live.start_offset, live.end_offset, live.token_count, item.content_hash,
    live.metadata, live.language, model, coalesce(item.embedding, known.embedding)
  from item
  join public.mono_training_chunks as live
    on live.org_id = document.org_id and live.vault_document_id = document.id
    and live.generation = document.chunk_generation and live.ordinal = item.ordinal
  left join known on known.content_hash = item.content_hash
  on conflict (org_id, vault_document_id, generation, ordinal) do nothing;
  update private.jobs as held
  set progress = least(greatest(add_reembedded_chunks.progress, held.progress), 1)
  where held.id = job.id;
  return 'ok';
end
$$;
comment on function private.add_reembedded_chunks(text, uuid, jsonb, real) is
  'Stores copies of live chunks where no reader sees them, [{ordinal, content_hash, embedding?}]; without a vector a copy takes a stored one of its hash and the next model. What is stored outlives the attempt. Returns ok, or stale_lease when the job, its document''s live generation or the switch is gone; then the job ends. Locks the job. Definer: the job is private.';
revoke all on function private.add_reembedded_chunks(text, uuid, jsonb, real)
  from public, anon, authenticated, service_role;
grant execute on function private.add_reembedded_chunks(text, uuid, jsonb, real) to service_role;

create function private.complete_reembed_job(job_id text, lease_token uuid, usage jsonb)
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
  is_complete boolean;
begin
  -- Organisation, document, job: in this order in every function that locks them. Exclusively, so
  -- that of two that end at once one sees that it is the last.
  select own.* into organization from public.organizations as own
  where own.id = (
    select held.org_id from private.jobs as held
    where held.id = complete_reembed_job.job_id::bigint
  )
  for no key update;
  select found.* into document from public.vault_documents as found
  where found.id = (
    select (held.payload ->> 'vault_document_id')::uuid from private.jobs as held
    where held.id = complete_reembed_job.job_id::bigint
  )
  for no key update;
  select held.* into job from private.jobs as held
  where held.id = complete_reembed_job.job_id::bigint
    and held.lease_token = complete_reembed_job.lease_token and held.kind = 'reembed_document'
  for update;
  if document.chunk_generation is null or organization.next_embedding_model is null
    or document.chunk_generation is distinct from (job.payload ->> 'generation')::bigint
  then
    perform private.complete_job(job, 'superseded');
    perform private.add_stale_usage(
      complete_reembed_job.job_id::bigint, complete_reembed_job.lease_token,
      complete_reembed_job.usage
    );
    return 'stale_lease';
  end if;

  select count(*) filter (where chunk.generation = document.chunk_generation)
    = count(*) filter (where chunk.generation = job.id * 1000)
  into is_complete
  from public.mono_training_chunks as chunk
  where chunk.org_id = document.org_id and chunk.vault_document_id = document.id
    and chunk.generation in (document.chunk_generation, job.id * 1000);
  if not is_complete then
    perform private.raise_error('CHUNKS_INCOMPLETE', 409, 'Some chunks are not stored yet');
  end if;

  update public.vault_documents set next_chunk_generation = job.id * 1000 where id = document.id;
  delete from private.failed_reembeddings as failure where failure.vault_document_id = document.id;
  delete from public.mono_training_chunks as chunk
  where chunk.org_id = document.org_id and chunk.vault_document_id = document.id
    and chunk.embedding_model = organization.next_embedding_model
    and chunk.generation <> job.id * 1000;
  perform private.complete_job(job, 'completed', null, complete_reembed_job.usage);
  -- To look through all documents each time would take the square of their number. The sweep has
  -- minutes for an organisation that takes longer than this call may: 20,000 documents take 4 s.
  if not exists (
    select from private.jobs as other
    where other.org_id = organization.id and other.kind = 'reembed_document'
  ) and not exists (
    select from public.vault_documents as one
    where one.org_id = organization.id and one.chunk_generation is not null
    offset 10000
  ) then
    perform private.complete_embedding_switch(organization);
  end if;
  return 'done';
end
$$;
comment on function private.complete_reembed_job(text, uuid, jsonb) is
  'Makes the stored copies the document''s next generation and ends the job; with the last document of the organisation, all of them go live, or within a minute where they are more than 10,000. Returns done, or stale_lease as add_reembedded_chunks does. Raises CHUNKS_INCOMPLETE. Locks the organisation, the document, then the job. Definer: the job is private.';
revoke all on function private.complete_reembed_job(text, uuid, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function private.complete_reembed_job(text, uuid, jsonb) to service_role;

create function public.list_reembed_chunks(
  p_job_id text,
  p_lease_token uuid,
  p_max_chunks integer default 48
)
returns table (
  embedding_model text, title text, ordinal integer, content text, heading_path text[],
  start_offset integer, end_offset integer, token_count integer, metadata jsonb, content_hash text,
  is_known boolean, max_ordinal integer
)
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  return query select * from private.list_reembed_chunks(p_job_id, p_lease_token, p_max_chunks);
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded then
    perform private.fail_arguments(sqlstate, sqlerrm);
end
$$;
comment on function public.list_reembed_chunks(text, uuid, integer) is
  'See private.list_reembed_chunks; raises INVALID_REQUEST for arguments that it cannot take.';
revoke all on function public.list_reembed_chunks(text, uuid, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.list_reembed_chunks(text, uuid, integer) to service_role;

create function public.add_reembedded_chunks(
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
  return private.add_reembedded_chunks(p_job_id, p_lease_token, p_chunks, p_progress);
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded then
    perform private.fail_arguments(sqlstate, sqlerrm);
    return null;
end
$$;
comment on function public.add_reembedded_chunks(text, uuid, jsonb, real) is
  'See private.add_reembedded_chunks; raises INVALID_REQUEST for arguments that it cannot take.';
revoke all on function public.add_reembedded_chunks(text, uuid, jsonb, real)
  from public, anon, authenticated, service_role;
grant execute on function public.add_reembedded_chunks(text, uuid, jsonb, real) to service_role;

create function public.complete_reembed_job(
  p_job_id text,
  p_lease_token uuid,
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
  return private.complete_reembed_job(p_job_id, p_lease_token, p_usage);
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded then
    perform private.fail_arguments(sqlstate, sqlerrm);
    return null;
end
$$;
comment on function public.complete_reembed_job(text, uuid, jsonb) is
  'See private.complete_reembed_job; raises INVALID_REQUEST for arguments that it cannot take.';
revoke all on function public.complete_reembed_job(text, uuid, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.complete_reembed_job(text, uuid, jsonb) to service_role;
