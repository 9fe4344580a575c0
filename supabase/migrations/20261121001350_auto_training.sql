-- Sets marked auto train by themselves: whatever changes in them is queued in the same transaction.
create function private.enqueue_auto_trainings(vault_document_ids uuid[])
returns bigint
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  document public.vault_documents;
  queued_count bigint := 0;
begin
  for document in
    select own.* from public.vault_documents as own
    where own.id = any (vault_document_ids)
      and (
        own.trained_revision is distinct from own.revision
        -- Out of every set, a document has lost its chunks.
        or not exists (
          select from public.mono_training_chunks as chunk
          where chunk.org_id = own.org_id and chunk.vault_document_id = own.id
            and chunk.generation = own.chunk_generation
        )
      )
      and case
        when exists (
          select from public.mono_training_docs as doc
          where doc.org_id = own.org_id and doc.vault_document_id = own.id
        ) then exists (
          select from public.mono_training_docs as doc
          join public.mono_training_sets as training_set on training_set.id = doc.training_set_id
          where doc.org_id = own.org_id and doc.vault_document_id = own.id
            and training_set.auto_train
        )
        -- What is in no set yet belongs to the Vault.
        else exists (
          select from public.mono_training_sets as vault
          where vault.org_id = own.org_id and vault.name = 'Vault' and vault.auto_train
        )
      end
    order by own.id
    for no key update
  loop
    -- An open one sees by itself, at its end, that the document has changed.
    continue when exists (
      select from public.mono_training_jobs as open_job
      where open_job.vault_document_id = document.id
        and open_job.status in ('queued', 'processing')
    );
    perform private.enqueue_training_job(document, 'auto');
    queued_count := queued_count + 1;
  end loop;
  return queued_count;
end
$$;
comment on function private.enqueue_auto_trainings(uuid[]) is
  'Queues a training, trigger auto, for each of the documents whose sets ask for it, that is not trained as it is now, and that has no training open. Returns how many. Locks the documents. Definer: whoever changes a document may not write jobs.';
revoke all on function private.enqueue_auto_trainings(uuid[])
  from public, anon, authenticated, service_role;

create function private.tg_vault_documents__train()
returns trigger
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  perform private.enqueue_auto_trainings(array(
    select changed.id from changed
    -- The Vault takes in what is new, not what was taken out of it.
    where tg_op = 'INSERT' or exists (
      select from public.mono_training_docs as doc
      where doc.org_id = changed.org_id and doc.vault_document_id = changed.id
    )
  ));
  return null;
end
$$;
comment on function private.tg_vault_documents__train() is
  'Follows new documents, and changed ones that are in a set. Definer: see enqueue_auto_trainings.';
revoke all on function private.tg_vault_documents__train()
  from public, anon, authenticated, service_role;
create trigger _800_train_new
  after insert on public.vault_documents referencing new table as changed
  for each statement execute function private.tg_vault_documents__train();
create trigger _800_train_changed
  after update on public.vault_documents referencing new table as changed
  for each statement execute function private.tg_vault_documents__train();

create function private.tg_mono_training_docs__train()
returns trigger
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  perform private.enqueue_auto_trainings(array(select added.vault_document_id from added));
  return null;
end
$$;
comment on function private.tg_mono_training_docs__train() is
  'Follows documents that are put into a set. Definer: see enqueue_auto_trainings.';
revoke all on function private.tg_mono_training_docs__train()
  from public, anon, authenticated, service_role;
create trigger _800_train
  after insert on public.mono_training_docs referencing new table as added
  for each statement execute function private.tg_mono_training_docs__train();

create function private.tg_mono_training_sets__train()
returns trigger
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  if tg_op = 'UPDATE' and old.auto_train then
    return null;
  end if;
  perform private.enqueue_auto_trainings(array(
    select doc.vault_document_id from public.mono_training_docs as doc
    where doc.org_id = new.org_id and doc.training_set_id = new.id
    union
    select document.id from public.vault_documents as document
    where document.org_id = new.org_id and new.name = 'Vault'
      and not exists (
        select from public.mono_training_docs as doc
        where doc.org_id = document.org_id and doc.vault_document_id = document.id
      )
  ));
  return null;
end
$$;
comment on function private.tg_mono_training_sets__train() is
  'Catches up when a set is marked auto. Definer: see enqueue_auto_trainings.';
revoke all on function private.tg_mono_training_sets__train()
  from public, anon, authenticated, service_role;
create trigger _800_train
  after insert or update of auto_train on public.mono_training_sets
  for each row when (new.auto_train)
  execute function private.tg_mono_training_sets__train();
