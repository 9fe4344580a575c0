-- What a user does with training: queue it for a document, retry it, cancel it.
create function private.add_vault_doc(document public.vault_documents)
returns uuid
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  set_id uuid;
  doc_id uuid;
begin
  insert into public.mono_training_sets (org_id, name, description)
  values (document.org_id, 'Vault', 'Documents trained from the Vault')
  on conflict (org_id, name) do nothing;
  select id into set_id from public.mono_training_sets
  where org_id = document.org_id and name = 'Vault';

  insert into public.mono_training_docs (training_set_id, vault_document_id)
  values (set_id, document.id)
  on conflict (training_set_id, vault_document_id) do nothing;
  select id into doc_id from public.mono_training_docs
  where training_set_id = set_id and vault_document_id = document.id;
  return doc_id;
end
$$;
comment on function private.add_vault_doc(public.vault_documents) is
  'Ensures the set Vault and the document''s place in it; returns the place.';
revoke all on function private.add_vault_doc(public.vault_documents)
  from public, anon, authenticated, service_role;

create function private.enqueue_training_job(document public.vault_documents, trigger text)
returns public.mono_training_jobs
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  doc_id uuid;
  queued public.mono_training_jobs;
begin
  if enqueue_training_job.trigger = 'auto' then
    select doc.id into doc_id from public.mono_training_docs as doc
    where doc.org_id = document.org_id and doc.vault_document_id = document.id
    order by doc.created_at, doc.id limit 1;
  end if;
  if doc_id is null then
    doc_id := private.add_vault_doc(document);
    -- Where the Vault trains by itself, that has queued the document.
    update public.mono_training_jobs as own set trigger = enqueue_training_job.trigger
    where own.vault_document_id = document.id and own.status = 'queued'
    returning own.* into queued;
    if queued.id is not null then
      return queued;
    end if;
  end if;

  insert into public.mono_training_jobs (org_id, training_doc_id, vault_document_id, trigger)
  values (document.org_id, doc_id, document.id, enqueue_training_job.trigger)
  returning * into queued;

  perform private.enqueue_jobs(jsonb_build_array(jsonb_build_object(
    'org_id', document.org_id, 'lane', 'embedding', 'kind', 'train_document',
    'dedupe_key', document.id,
    'payload', jsonb_build_object('training_job_id', queued.id, 'vault_document_id', document.id)
  )));
  return queued;
end
$$;
comment on function private.enqueue_training_job(public.vault_documents, text) is
  'Ensures the document''s place in a set, for a manual training in the set Vault, and queues one training, in one transaction. The caller has locked the document and checked that no job is open.';
revoke all on function private.enqueue_training_job(public.vault_documents, text)
  from public, anon, authenticated, service_role;

create function private.enqueue_document_training(
  org_id uuid,
  vault_document_id uuid,
  trigger text
)
returns table (job jsonb, is_new boolean)
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  meant_org_id uuid := private.get_org_id(enqueue_document_training.org_id, 'editor');
  document public.vault_documents;
  training_job public.mono_training_jobs;
begin
  if coalesce(enqueue_document_training.trigger in ('manual', 'auto'), false) is false then
    perform private.raise_error('INVALID_REQUEST', 400, 'trigger must be manual or auto');
  end if;
  -- First, as whoever deletes the organisation has it before its documents.
  perform from public.organizations as own where own.id = meant_org_id for key share;
  select found.* into document from public.vault_documents as found
  where found.id = enqueue_document_training.vault_document_id and found.org_id = meant_org_id
  for no key update;
  if document.id is null then
    perform private.raise_error('DOCUMENT_NOT_FOUND', 404, 'There is no such document');
  end if;

  select open_job.* into training_job from public.mono_training_jobs as open_job
  where open_job.vault_document_id = document.id and open_job.status in ('queued', 'processing');
  is_new := training_job.id is null;
  if is_new then
    training_job := private.enqueue_training_job(document, enqueue_document_training.trigger);
  end if;
  job := to_jsonb(training_job);
  return next;
end
$$;
comment on function private.enqueue_document_training(uuid, uuid, text) is
  'Queues a training of the document, or returns the one that is open. Raises INVALID_REQUEST, ORG_REQUIRED, ORG_NOT_FOUND, ROLE_TOO_LOW, DOCUMENT_NOT_FOUND. Locks the organisation, then the document, so that two requests at once make one job. Definer: users may not write sets'' jobs nor the engine''s tables; it asks for the editor role first.';
revoke all on function private.enqueue_document_training(uuid, uuid, text)
  from public, anon, authenticated, service_role;
grant execute on function private.enqueue_document_training(uuid, uuid, text) to authenticated;

create function public.enqueue_document_training(
  p_vault_document_id uuid,
  p_org_id uuid default null,
  p_trigger text default 'manual'
)
returns table (job jsonb, is_new boolean)
language sql
volatile
security invoker
set search_path = ''
as $$ select * from private.enqueue_document_training(p_org_id, p_vault_document_id, p_trigger) $$;
comment on function public.enqueue_document_training(uuid, uuid, text) is
  'See private.enqueue_document_training.';
revoke all on function public.enqueue_document_training(uuid, uuid, text)
  from public, anon, authenticated, service_role;
grant execute on function public.enqueue_document_training(uuid, uuid, text) to authenticated;

create function private.get_training_job_for_update(training_job_id uuid)
returns public.mono_training_jobs
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  job public.mono_training_jobs;
begin
  -- The document is locked first, as everywhere, so that this and a new request take turns; no
  -- stronger than needed, since whoever stores chunks of it holds the job and then looks at it.
  perform from public.vault_documents as document
  join public.mono_training_jobs as own on own.vault_document_id = document.id
  where own.id = training_job_id
    and own.org_id in (select private.get_member_org_ids('viewer'))
  for no key update of document;
  select own.* into job from public.mono_training_jobs as own
  where own.id = training_job_id
    and own.org_id in (select private.get_member_org_ids('viewer'));
  if job.id is null then
    perform private.raise_error('JOB_NOT_FOUND', 404, 'There is no such job');
  end if;
  perform private.assert_org_role(job.org_id, 'editor');
  return job;
end
$$;
comment on function private.get_training_job_for_update(uuid) is
  'A training job that the caller may act on, with its document locked. Raises JOB_NOT_FOUND, ROLE_TOO_LOW.';
revoke all on function private.get_training_job_for_update(uuid)
  from public, anon, authenticated, service_role;

create function private.retry_training_job(training_job_id uuid)
returns public.mono_training_jobs
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  job public.mono_training_jobs := private.get_training_job_for_update(training_job_id);
begin
  if job.status not in ('failed', 'cancelled') then
    perform private.raise_error(
      'JOB_NOT_RETRYABLE', 409, format('The job is %s: only failed and cancelled jobs can be retried', job.status)
    );
  end if;
  if exists (
    select from public.mono_training_jobs as open_job
    where open_job.vault_document_id = job.vault_document_id
      and open_job.status in ('queued', 'processing')
  ) then
    perform private.raise_error('JOB_NOT_RETRYABLE', 409, 'Another training of this document is open already');
  end if;

  update public.mono_training_jobs
  set status = 'queued', error_message = null, attempts = 0, progress = 0,
      queued_at = now(), started_at = null, completed_at = null
  where id = job.id
  returning * into job;
  perform private.enqueue_jobs(jsonb_build_array(jsonb_build_object(
    'org_id', job.org_id, 'lane', 'embedding', 'kind', 'train_document',
    'dedupe_key', job.vault_document_id,
    'payload', jsonb_build_object(
      'training_job_id', job.id, 'vault_document_id', job.vault_document_id
    )
  )));
  return job;
end
$$;
comment on function private.retry_training_job(uuid) is
  'Queues a failed or cancelled training again, with all its attempts. Raises JOB_NOT_FOUND, ROLE_TOO_LOW, JOB_NOT_RETRYABLE. Locks the document. Definer: see enqueue_document_training.';
revoke all on function private.retry_training_job(uuid) from public, anon, authenticated, service_role;
grant execute on function private.retry_training_job(uuid) to authenticated;

create function public.retry_training_job(p_training_job_id uuid)
returns public.mono_training_jobs
language sql
volatile
security invoker
set search_path = ''
return private.retry_training_job(p_training_job_id);
comment on function public.retry_training_job(uuid) is 'See private.retry_training_job.';
revoke all on function public.retry_training_job(uuid) from public, anon, authenticated, service_role;
grant execute on function public.retry_training_job(uuid) to authenticated;

create function private.cancel_training_job(training_job_id uuid)
returns public.mono_training_jobs
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  training_job public.mono_training_jobs := private.get_training_job_for_update(training_job_id);
  job private.jobs;
begin
  select open_job.* into job from private.jobs as open_job
  where open_job.kind = 'train_document'
    and open_job.dedupe_key = training_job.vault_document_id::text
    and open_job.payload ->> 'training_job_id' = training_job.id::text
  for update;
  if job.id is null then
    perform private.raise_error('JOB_NOT_CANCELLABLE', 409, 'The job has ended already');
  end if;
  perform private.complete_job(job, 'cancelled');
  select ended.* into training_job from public.mono_training_jobs as ended
  where ended.id = training_job.id;
  return training_job;
end
$$;
comment on function private.cancel_training_job(uuid) is
  'Cancels an open training; a worker that holds it loses its lease, and its result is thrown away. Raises JOB_NOT_FOUND, ROLE_TOO_LOW, JOB_NOT_CANCELLABLE. Locks the document, then the job. Definer: see enqueue_document_training.';
revoke all on function private.cancel_training_job(uuid) from public, anon, authenticated, service_role;
grant execute on function private.cancel_training_job(uuid) to authenticated;

create function public.cancel_training_job(p_training_job_id uuid)
returns public.mono_training_jobs
language sql
volatile
security invoker
set search_path = ''
return private.cancel_training_job(p_training_job_id);
comment on function public.cancel_training_job(uuid) is 'See private.cancel_training_job.';
revoke all on function public.cancel_training_job(uuid) from public, anon, authenticated, service_role;
grant execute on function public.cancel_training_job(uuid) to authenticated;
