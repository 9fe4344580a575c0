-- What an interrupted training has paid for: its next attempt takes up from there.
create table private.interrupted_vectors (
  vault_document_id uuid not null,
  embedding_model text not null,
  content_hash text not null,
  embedding extensions.halfvec(1024) not null,
  constraint interrupted_vectors_pkey
    primary key (vault_document_id, embedding_model, content_hash)
);
comment on table private.interrupted_vectors is
  'Vectors of documents whose training was interrupted, by the hash of what was embedded, until the job ends or the document goes. Without a foreign key: whoever ends an attempt holds the job, and may not wait for the document.';
-- As where the vectors come from: compressing them takes long and gains nothing.
alter table private.interrupted_vectors alter column embedding set storage plain;
alter table private.interrupted_vectors enable row level security;
revoke all on table private.interrupted_vectors from public, anon, authenticated, service_role;

create function private.tg_jobs__keep_vectors()
returns trigger
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  -- Its chunks go: a later attempt may have the same number.
  with staged as (
    delete from public.mono_training_chunks as chunk
    where chunk.org_id = new.org_id
      and chunk.vault_document_id = (new.payload ->> 'vault_document_id')::uuid
      and chunk.generation between new.id * 1000 and new.id * 1000 + 999
    returning chunk.vault_document_id, chunk.embedding_model, chunk.content_hash, chunk.embedding
  )
  insert into private.interrupted_vectors as kept (
    vault_document_id, embedding_model, content_hash, embedding
  )
  select staged.* from staged
  on conflict do nothing;
  return null;
end
$$;
comment on function private.tg_jobs__keep_vectors() is
  'Removes what an attempt has stored when it ends and the job waits again, and keeps the vectors for the next. Definer: the engine owns no chunks.';
revoke all on function private.tg_jobs__keep_vectors()
  from public, anon, authenticated, service_role;
-- Of last_error, which every way back to waiting sets and no claim does: a claim's cost counts.
create trigger _200_keep_vectors
  after update of last_error on private.jobs
  for each row when (
    new.kind = 'train_document' and old.lease_token is not null and new.lease_token is null
  )
  execute function private.tg_jobs__keep_vectors();

create function private.tg_job_history__delete_staged_chunks()
returns trigger
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  delete from private.interrupted_vectors as kept
  where kept.vault_document_id = (new.payload ->> 'vault_document_id')::uuid;
  if new.outcome <> 'completed' then
    delete from public.mono_training_chunks as chunk
    where chunk.org_id = new.org_id
      and chunk.vault_document_id = (new.payload ->> 'vault_document_id')::uuid
      and chunk.generation between new.id * 1000 and new.id * 1000 + 999;
  end if;
  return null;
end
$$;
comment on function private.tg_job_history__delete_staged_chunks() is
  'Removes what a job has stored for nobody when it ends, and what was kept for its next attempt. Definer: the engine owns no chunks.';
revoke all on function private.tg_job_history__delete_staged_chunks()
  from public, anon, authenticated, service_role;
create trigger _200_delete_staged_chunks
  after insert on private.job_history
  for each row when (new.kind = 'train_document')
  execute function private.tg_job_history__delete_staged_chunks();

create function private.tg_vault_documents__delete_interrupted_vectors()
returns trigger
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  delete from private.interrupted_vectors as kept
  where kept.vault_document_id in (select removed.id from removed);
  return null;
end
$$;
comment on function private.tg_vault_documents__delete_interrupted_vectors() is
  'Removes what was kept for trainings of deleted documents: an organisation takes its jobs with it, which then never end. Definer: nobody may write there.';
revoke all on function private.tg_vault_documents__delete_interrupted_vectors()
  from public, anon, authenticated, service_role;
create trigger _200_delete_interrupted_vectors
  after delete on public.vault_documents referencing old table as removed
  for each statement execute function private.tg_vault_documents__delete_interrupted_vectors();
