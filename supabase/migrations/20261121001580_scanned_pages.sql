-- Scanned pages of documents: what was read of them, and how a training goes to the vision provider and back.
create table private.page_readings (
  org_id uuid not null,
  vault_document_id uuid not null,
  source_hash text not null,
  page integer not null,
  content text not null,
  created_at timestamptz not null default now(),
  constraint page_readings_pkey primary key (org_id, vault_document_id, source_hash, page),
  constraint page_readings_org_id_vault_document_id_fkey
    foreign key (org_id, vault_document_id)
    references public.vault_documents (org_id, id) on delete cascade,
  constraint page_readings_page_check check (page > 0)
);
comment on table private.page_readings is
  'Pages of PDFs that a vision model has read: kept with the document, so that neither another attempt nor another training pays for them again.';
comment on column private.page_readings.source_hash is
  'SHA-256, in hexadecimal, of what the page was read from: the file, the model and the prompt.';
comment on column private.page_readings.content is 'Markdown; empty for a page that says nothing.';
alter table private.page_readings enable row level security;
revoke all on table private.page_readings from public, anon, authenticated, service_role;

create function private.is_scan_reading_allowed(vault_document_id uuid)
returns boolean
language sql
stable
security definer
set search_path = ''
as $$
  select exists (
    select from public.vault_documents as document
    join public.mono_training_docs as doc
      on doc.org_id = document.org_id and doc.vault_document_id = document.id
    join public.mono_training_sets as training_set on training_set.id = doc.training_set_id
    where document.id = is_scan_reading_allowed.vault_document_id and training_set.reads_scans
  )
$$;
comment on function private.is_scan_reading_allowed(uuid) is
  'Whether a set that holds the document lets its scanned pages be read. Definer: for workers, who reach documents through functions.';
revoke all on function private.is_scan_reading_allowed(uuid)
  from public, anon, authenticated, service_role;
grant execute on function private.is_scan_reading_allowed(uuid) to service_role;

create function private.list_page_readings(vault_document_id uuid, source_hash text)
returns table (page integer, content text)
language sql
stable
security definer
set search_path = ''
as $$
  select reading.page, reading.content
  from public.vault_documents as document
  join private.page_readings as reading
    on reading.org_id = document.org_id and reading.vault_document_id = document.id
  where document.id = list_page_readings.vault_document_id
    and reading.source_hash = list_page_readings.source_hash
  order by reading.page
$$;
comment on function private.list_page_readings(uuid, text) is
  'The pages of a document that were read already from this file, by this model and prompt. Definer: the table is private.';
revoke all on function private.list_page_readings(uuid, text)
  from public, anon, authenticated, service_role;
grant execute on function private.list_page_readings(uuid, text) to service_role;

create function private.add_page_reading(
  job_id text,
  lease_token uuid,
  source_hash text,
  page integer,
  content text
)
returns text
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  job private.jobs;
begin
  select held.* into job from private.jobs as held
  where held.id = add_page_reading.job_id::bigint
    and held.lease_token = add_page_reading.lease_token
    and held.kind = 'train_document'
  for update;
  insert into private.page_readings (org_id, vault_document_id, source_hash, page, content)
  select document.org_id, document.id, add_page_reading.source_hash, add_page_reading.page,
    add_page_reading.content
  from public.vault_documents as document
  where document.id = (job.payload ->> 'vault_document_id')::uuid and document.org_id = job.org_id
  on conflict on constraint page_readings_pkey do nothing;
  return case when job.id is null then 'stale_lease' else 'ok' end;
end
$$;
comment on function private.add_page_reading(text, uuid, text, integer, text) is
  'Keeps what was read of a page of a job''s document; repeating it changes nothing. Returns ok, or stale_lease when the job was overtaken. Locks the job. Definer: the tables are private.';
revoke all on function private.add_page_reading(text, uuid, text, integer, text)
  from public, anon, authenticated, service_role;
grant execute on function private.add_page_reading(text, uuid, text, integer, text)
  to service_role;

create function private.defer_document_job(
  job_id text,
  lease_token uuid,
  lane text,
  usage jsonb
)
returns text
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  job private.jobs;
begin
  if coalesce(defer_document_job.lane in ('embedding', 'pass2'), false) is false then
    perform private.raise_error('INVALID_REQUEST', 400, 'lane must be embedding or pass2');
  end if;
  select held.* into job from private.jobs as held
  where held.id = defer_document_job.job_id::bigint
    and held.lease_token = defer_document_job.lease_token
    and held.kind = 'train_document'
  for update;
  if job.id is null then
    perform private.add_stale_usage(
      defer_document_job.job_id::bigint, defer_document_job.lease_token, defer_document_job.usage
    );
    return 'stale_lease';
  end if;
  perform private.add_usage(
    job.org_id, job.id, job.kind, job.dedupe_key, defer_document_job.usage, false
  );
  if private.retry_job(job, clock_timestamp(), job.attempt - 1) = 'waiting' then
    -- Turns count within a lane.
    update private.jobs as own
    set lane = defer_document_job.lane,
        turn = private.get_next_turn(defer_document_job.lane, own.priority, own.org_id)
    where own.id = job.id;
  end if;
  return 'waiting';
end
$$;
comment on function private.defer_document_job(text, uuid, text, jsonb) is
  'Gives a training back, with its attempt, to go on in a lane: in pass2 its scanned pages are read, in embedding it is trained, so that each provider''s limits and pauses hold for what is sent to it. Books what was consumed. Returns waiting, or stale_lease when the job was overtaken. Raises INVALID_REQUEST. Locks the job. Definer: the job is private.';
revoke all on function private.defer_document_job(text, uuid, text, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function private.defer_document_job(text, uuid, text, jsonb) to service_role;

create function private.tg_job_history__delete_page_readings()
returns trigger
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  delete from private.page_readings as reading
  where reading.org_id = new.org_id
    and reading.vault_document_id = (new.payload ->> 'vault_document_id')::uuid
    and reading.source_hash <> (
      select latest.source_hash from private.page_readings as latest
      where latest.org_id = reading.org_id
        and latest.vault_document_id = reading.vault_document_id
      order by latest.created_at desc limit 1
    );
  return null;
end
$$;
comment on function private.tg_job_history__delete_page_readings() is
  'Forgets what was read of a document''s former files, or by former models, once it is trained. Definer: the table is private.';
revoke all on function private.tg_job_history__delete_page_readings()
  from public, anon, authenticated, service_role;
create trigger _300_delete_page_readings
  after insert on private.job_history
  for each row when (new.kind = 'train_document' and new.outcome = 'completed')
  execute function private.tg_job_history__delete_page_readings();

create function public.is_scan_reading_allowed(p_vault_document_id uuid)
returns boolean
language sql
stable
security invoker
set search_path = ''
return private.is_scan_reading_allowed(p_vault_document_id);
comment on function public.is_scan_reading_allowed(uuid) is
  'See private.is_scan_reading_allowed.';
revoke all on function public.is_scan_reading_allowed(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.is_scan_reading_allowed(uuid) to service_role;

create function public.list_page_readings(p_vault_document_id uuid, p_source_hash text)
returns table (page integer, content text)
language sql
stable
security invoker
set search_path = ''
as $$ select * from private.list_page_readings(p_vault_document_id, p_source_hash) $$;
comment on function public.list_page_readings(uuid, text) is 'See private.list_page_readings.';
revoke all on function public.list_page_readings(uuid, text)
  from public, anon, authenticated, service_role;
grant execute on function public.list_page_readings(uuid, text) to service_role;

create function public.add_page_reading(
  p_job_id text,
  p_lease_token uuid,
  p_source_hash text,
  p_page integer,
  p_content text
)
returns text
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  return private.add_page_reading(p_job_id, p_lease_token, p_source_hash, p_page, p_content);
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded then
    perform private.fail_arguments(sqlstate, sqlerrm);
    return null;
end
$$;
comment on function public.add_page_reading(text, uuid, text, integer, text) is
  'See private.add_page_reading; raises INVALID_REQUEST for arguments that it cannot take.';
revoke all on function public.add_page_reading(text, uuid, text, integer, text)
  from public, anon, authenticated, service_role;
grant execute on function public.add_page_reading(text, uuid, text, integer, text)
  to service_role;

create function public.defer_document_job(
  p_job_id text,
  p_lease_token uuid,
  p_lane text,
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
  return private.defer_document_job(p_job_id, p_lease_token, p_lane, p_usage);
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded then
    perform private.fail_arguments(sqlstate, sqlerrm);
    return null;
end
$$;
comment on function public.defer_document_job(text, uuid, text, jsonb) is
  'See private.defer_document_job; raises INVALID_REQUEST for arguments that it cannot take.';
revoke all on function public.defer_document_job(text, uuid, text, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.defer_document_job(text, uuid, text, jsonb) to service_role;
