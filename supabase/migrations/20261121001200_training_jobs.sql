-- Training jobs: the public face of private.jobs of kind train_document, and what users do with them.
insert into private.lanes (lane, max_in_flight) values ('embedding', 8);

create table public.mono_training_jobs (
  id uuid not null default gen_random_uuid(),
  org_id uuid not null,
  training_doc_id uuid not null,
  vault_document_id uuid not null,
  status text not null default 'queued',
  trigger text not null,
  error_message text,
  attempts integer not null default 0,
  progress real not null default 0,
  queued_at timestamptz not null default now(),
  started_at timestamptz,
  completed_at timestamptz,
  constraint mono_training_jobs_pkey primary key (id),
  constraint mono_training_jobs_training_doc_id_fkey
    foreign key (training_doc_id) references public.mono_training_docs (id) on delete cascade,
  constraint mono_training_jobs_org_id_vault_document_id_fkey
    foreign key (org_id, vault_document_id)
    references public.vault_documents (org_id, id) on delete cascade,
  constraint mono_training_jobs_status_check
    check (status in ('queued', 'processing', 'completed', 'failed', 'cancelled')),
  constraint mono_training_jobs_trigger_check check (trigger in ('manual', 'auto')),
  constraint mono_training_jobs_progress_check check (progress between 0 and 1)
);
comment on table public.mono_training_jobs is
  'Every training of a document: asked for by a user, carried out by a job of kind train_document, which this row follows in the same transaction.';
comment on column public.mono_training_jobs.progress is 'Share of the chunks that are stored, 0 to 1.';
comment on column public.mono_training_jobs.completed_at is
  'When the job ended, whatever its outcome.';
create index mono_training_jobs_org_id_queued_at_idx
  on public.mono_training_jobs (org_id, queued_at desc, id desc);
create index mono_training_jobs_org_id_vault_document_id_idx
  on public.mono_training_jobs (org_id, vault_document_id, queued_at desc);
create index mono_training_jobs_training_doc_id_idx
  on public.mono_training_jobs (training_doc_id);
-- Two requests at once must not open two jobs for one document.
create unique index mono_training_jobs_vault_document_id_open_idx
  on public.mono_training_jobs (vault_document_id) where status in ('queued', 'processing');

alter table public.mono_training_jobs enable row level security;
create policy mono_training_jobs_select_viewer on public.mono_training_jobs
  for select to authenticated
  using (org_id in (select private.get_member_org_ids('viewer')));
revoke all on table public.mono_training_jobs from public, anon, authenticated, service_role;
grant select on table public.mono_training_jobs to authenticated;
grant select, insert, update, delete on table public.mono_training_jobs to service_role;

create function private.tg_jobs__update_training_job()
returns trigger
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  update public.mono_training_jobs
  set status = case when new.lease_token is null then 'queued' else 'processing' end,
      attempts = new.attempt,
      progress = new.progress,
      started_at = new.first_claimed_at,
      error_message = new.last_error ->> 'message'
  where id = (new.payload ->> 'training_job_id')::uuid;
  return null;
end
$$;
comment on function private.tg_jobs__update_training_job() is
  'Keeps a training job in step with its job. Definer: workers'' functions own the jobs, not the public rows.';
revoke all on function private.tg_jobs__update_training_job()
  from public, anon, authenticated, service_role;
create trigger _100_update_training_job
  after update on private.jobs
  for each row when (
    new.kind = 'train_document' and (
      old.lease_token is distinct from new.lease_token or old.progress <> new.progress
      or old.attempt <> new.attempt
    )
  )
  execute function private.tg_jobs__update_training_job();

create function private.tg_jobs__reopen_training_job()
returns trigger
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  update public.mono_training_jobs
  set status = 'queued', attempts = 0, progress = 0, started_at = null, completed_at = null,
      error_message = new.last_error ->> 'message'
  where id = (new.payload ->> 'training_job_id')::uuid;
  return null;
end
$$;
comment on function private.tg_jobs__reopen_training_job() is
  'Opens a training again whose dead job an operator has queued. Definer: see tg_jobs__update_training_job.';
revoke all on function private.tg_jobs__reopen_training_job()
  from public, anon, authenticated, service_role;
create trigger _100_reopen_training_job
  after insert on private.jobs
  for each row when (new.kind = 'train_document' and new.last_error is not null)
  execute function private.tg_jobs__reopen_training_job();

create function private.tg_job_history__end_training_job()
returns trigger
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  update public.mono_training_jobs
  set status = case new.outcome
        when 'completed' then 'completed' when 'dead' then 'failed' else 'cancelled'
      end,
      attempts = new.attempt,
      progress = case new.outcome when 'completed' then 1 else progress end,
      started_at = new.first_claimed_at,
      completed_at = new.finished_at,
      error_message = new.error ->> 'message'
  where id = (new.payload ->> 'training_job_id')::uuid;
  return null;
end
$$;
comment on function private.tg_job_history__end_training_job() is
  'Ends a training job with its job. Definer: see tg_jobs__update_training_job.';
revoke all on function private.tg_job_history__end_training_job()
  from public, anon, authenticated, service_role;
create trigger _100_end_training_job
  after insert on private.job_history
  for each row when (new.kind = 'train_document')
  execute function private.tg_job_history__end_training_job();
