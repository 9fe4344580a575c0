-- Pass 2 by itself: whatever changes what a crop is read from queues it, in the same transaction.
insert into private.lanes (lane, max_in_flight) values ('pass2', 3);

create function private.enqueue_pointers(pointer_ids uuid[])
returns bigint
language sql
volatile
security definer
set search_path = ''
as $$
  with queued as (
    select enqueued.outcome from private.enqueue_jobs((
      select jsonb_agg(
        jsonb_build_object(
          'org_id', pointer.org_id, 'lane', 'pass2', 'kind', 'enrich_pointer',
          'dedupe_key', pointer.id, 'payload', jsonb_build_object('pointer_id', pointer.id)
        )
        order by pointer.created_at, pointer.id
      )
      from public.pointers as pointer where pointer.id = any (enqueue_pointers.pointer_ids)
    )) as enqueued
  )
  select count(*) from queued
$$;
comment on function private.enqueue_pointers(uuid[]) is
  'Queues crops to be read, oldest first; one that waits already stays where it is. Returns how many. Definer: whoever changes a crop may not write jobs.';
revoke all on function private.enqueue_pointers(uuid[])
  from public, anon, authenticated, service_role;

create function private.tg_pointers__enqueue()
returns trigger
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  perform private.enqueue_pointers(array(
    select changed.id from changed where changed.enrichment_status = 'pending'
  ));
  return null;
end
$$;
comment on function private.tg_pointers__enqueue() is
  'Queues new crops; what is inserted as complete, such as a copy, is left alone. Definer: see enqueue_pointers.';
revoke all on function private.tg_pointers__enqueue()
  from public, anon, authenticated, service_role;
create trigger _800_enqueue_new
  after insert on public.pointers referencing new table as changed
  for each statement execute function private.tg_pointers__enqueue();

create function private.tg_pointers__enqueue_changed()
returns trigger
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  perform private.enqueue_pointers(array(
    select changed.id from changed join former on former.id = changed.id
    where changed.revision <> former.revision
  ));
  return null;
end
$$;
comment on function private.tg_pointers__enqueue_changed() is
  'Queues crops whose title changed or whose owner announces a new image. Definer: see enqueue_pointers.';
revoke all on function private.tg_pointers__enqueue_changed()
  from public, anon, authenticated, service_role;
create trigger _800_enqueue_changed
  after update on public.pointers referencing old table as former new table as changed
  for each statement execute function private.tg_pointers__enqueue_changed();

create function private.tg_pages__enqueue_pointers()
returns trigger
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  perform private.enqueue_pointers(array(
    select pointer.id from changed
    join former on former.id = changed.id
    join public.pointers as pointer
      on pointer.org_id = changed.org_id and pointer.project_id = changed.project_id
      and pointer.page_id = changed.id
    where (changed.sheet_reflection, changed.page_name, changed.discipline_id)
      is distinct from (former.sheet_reflection, former.page_name, former.discipline_id)
  ));
  return null;
end
$$;
comment on function private.tg_pages__enqueue_pointers() is
  'Queues the crops of pages whose context changed. Definer: see enqueue_pointers.';
revoke all on function private.tg_pages__enqueue_pointers()
  from public, anon, authenticated, service_role;
create trigger _800_enqueue_pointers
  after update on public.pages referencing old table as former new table as changed
  for each statement execute function private.tg_pages__enqueue_pointers();

create function private.tg_jobs__update_pointer()
returns trigger
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  update public.pointers
  set enrichment_status = case when new.lease_token is null then 'pending' else 'processing' end,
      attempts = new.attempt,
      error_message = new.last_error ->> 'message'
  -- A crop that its owner is changing waits for no claim, whose job his enqueue may wait for.
  where id = (
      select own.id from public.pointers as own
      where own.id = (new.payload ->> 'pointer_id')::uuid
      for no key update skip locked
    )
    -- A newer job that waits behind the one that is held changes nothing yet.
    and (new.lease_token is not null or not exists (
      select from private.jobs as held
      where held.lane = new.lane and held.lease_token is not null
        and held.kind = new.kind and held.dedupe_key = new.dedupe_key
    ));
  return null;
end
$$;
comment on function private.tg_jobs__update_pointer() is
  'Keeps a crop''s status in step with its job. Definer: workers'' functions own the jobs, not the public rows.';
revoke all on function private.tg_jobs__update_pointer()
  from public, anon, authenticated, service_role;
create trigger _100_update_pointer
  after insert on private.jobs
  for each row when (new.kind = 'enrich_pointer')
  execute function private.tg_jobs__update_pointer();
create trigger _110_update_pointer
  after update on private.jobs
  for each row when (
    new.kind = 'enrich_pointer'
    and (old.lease_token is distinct from new.lease_token or old.attempt <> new.attempt)
  )
  execute function private.tg_jobs__update_pointer();

create function private.tg_job_history__end_pointer()
returns trigger
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  update public.pointers
  set enrichment_status = case
        when exists (
          select from private.jobs as waiting
          where waiting.kind = new.kind and waiting.dedupe_key = new.dedupe_key
            and waiting.lease_token is null
        ) then 'pending'
        when new.outcome = 'completed' then 'complete'
        else 'failed'
      end,
      attempts = new.attempt,
      error_message = case new.outcome
        when 'dead' then new.error ->> 'message' when 'cancelled' then 'Cancelled'
      end
  where id = (new.payload ->> 'pointer_id')::uuid;
  return null;
end
$$;
comment on function private.tg_job_history__end_pointer() is
  'Ends a crop''s reading with its job; what changed meanwhile is pending again. Definer: see tg_jobs__update_pointer.';
revoke all on function private.tg_job_history__end_pointer()
  from public, anon, authenticated, service_role;
create trigger _100_end_pointer
  after insert on private.job_history
  for each row when (new.kind = 'enrich_pointer')
  execute function private.tg_job_history__end_pointer();

create function private.get_pointer_source(pointer_id uuid)
returns table (
  title text, png_path text, page_name text, sheet_reflection text, discipline_name text,
  input_hash text, source_hash text, description text, embedding_text text, embedding_model text
)
language sql
stable
security definer
set search_path = ''
as $$
  select pointer.title, pointer.png_path, page.page_name, page.sheet_reflection, discipline.name,
    pointer.input_hash,
    encode(sha256(convert_to(jsonb_build_array(
      pointer.revision, pointer.title, page.page_name, page.sheet_reflection, discipline.name
    )::text, 'UTF8')), 'hex'),
    pointer.description, pointer.enrichment_metadata ->> 'embedding_text', pointer.embedding_model
  from public.pointers as pointer
  join public.pages as page on page.id = pointer.page_id
  left join public.disciplines as discipline on discipline.id = page.discipline_id
  where pointer.id = get_pointer_source.pointer_id
$$;
comment on function private.get_pointer_source(uuid) is
  'What a crop is read from: its title, path and context; source_hash changes with whatever of this changes. With the last reading, if there was one: input_hash, description, embedding_text, and the model of its vector. No row for a crop that is gone. Definer: workers reach crops through functions only.';
revoke all on function private.get_pointer_source(uuid)
  from public, anon, authenticated, service_role;
grant execute on function private.get_pointer_source(uuid) to service_role;

create function private.complete_pointer_job(
  job_id text,
  lease_token uuid,
  source_hash text,
  result jsonb,
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
  own_id uuid;
  own_org_id uuid;
  organization public.organizations;
  model text := complete_pointer_job.result ->> 'embedding_model';
  is_model_right boolean;
begin
  -- Organisation, page and crop first, as whoever changes them: a change waits, or is seen here.
  select (held.payload ->> 'pointer_id')::uuid, held.org_id into own_id, own_org_id
  from private.jobs as held
  where held.id = complete_pointer_job.job_id::bigint and held.kind = 'enrich_pointer';
  organization := private.get_organization_for_training(own_org_id);
  perform from public.pages as page
  join public.pointers as pointer on pointer.page_id = page.id
  where pointer.id = own_id for share of page;
  perform from public.pointers as pointer where pointer.id = own_id for no key update;
  select held.* into job from private.jobs as held
  where held.id = complete_pointer_job.job_id::bigint
    and held.lease_token = complete_pointer_job.lease_token and held.kind = 'enrich_pointer'
  for update;
  if job.id is null then
    perform private.add_stale_usage(
      complete_pointer_job.job_id::bigint, complete_pointer_job.lease_token,
      complete_pointer_job.usage
    );
    return 'stale_lease';
  end if;
  if (select source.source_hash from private.get_pointer_source(own_id) as source)
    is distinct from complete_pointer_job.source_hash
  then
    perform private.add_stale_usage(job.id, job.lease_token, complete_pointer_job.usage);
    perform private.retry_job(job, clock_timestamp(), job.attempt - 1);
    return 'stale_input';
  end if;

  is_model_right := model is not distinct from coalesce(organization.embedding_model, model);
  update public.pointers as pointer
  set description = coalesce(item.description, pointer.description),
      cross_references = coalesce(item.cross_references, pointer.cross_references),
      enrichment_metadata = coalesce(item.enrichment_metadata, pointer.enrichment_metadata),
      embedding = case when is_model_right then item.embedding end,
      embedding_model = case when is_model_right then model end,
      input_hash = item.input_hash
  from jsonb_to_record(complete_pointer_job.result) as item (
    description text, cross_references jsonb, enrichment_metadata jsonb,
    embedding extensions.halfvec, embedding_model text, input_hash text
  )
  where pointer.id = own_id and complete_pointer_job.result is not null;
  if complete_pointer_job.result is not null and not is_model_right then
    -- What was read is kept; the next attempt embeds it with the model of now.
    perform private.add_usage(
      job.org_id, job.id, job.kind, job.dedupe_key, complete_pointer_job.usage, false
    );
    perform private.retry_job(job, clock_timestamp(), job.attempt - 1);
    return 'stale_input';
  end if;
  if organization.embedding_model is null and model is not null then
    update public.organizations set embedding_model = model where id = organization.id;
  end if;
  perform private.complete_job(job, 'completed', null, complete_pointer_job.usage);
  return 'done';
end
$$;
comment on function private.complete_pointer_job(text, uuid, text, jsonb, jsonb) is
  'Writes what was read of a crop, {description, cross_references, enrichment_metadata, embedding, embedding_model, input_hash}, and ends its job, in one transaction; without a result the crop stays as it is, and what a result does not have does. Returns done; stale_lease when the job was overtaken; stale_input when crop or context changed since source_hash was read: then nothing is written and the job waits again; so it does when the organisation has changed to another model, and then what was read is written without its vector. The first reading sets the organisation''s model. Locks organisation, page, crop, job. Definer: the job is private.';
revoke all on function private.complete_pointer_job(text, uuid, text, jsonb, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function private.complete_pointer_job(text, uuid, text, jsonb, jsonb)
  to service_role;

create function private.update_backfilled_pointers()
returns bigint
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  pending_ids uuid[];
begin
  update public.pointers set enrichment_status = 'complete'
  where description is not null and embedding is not null
    and enrichment_status not in ('complete', 'processing');
  pending_ids := array(
    select pointer.id from public.pointers as pointer
    where (pointer.description is null or pointer.embedding is null)
      and pointer.enrichment_status <> 'processing'
  );
  update public.pointers set enrichment_status = 'pending'
  where id = any (pending_ids) and enrichment_status <> 'pending';
  return private.enqueue_pointers(pending_ids);
end
$$;
comment on function private.update_backfilled_pointers() is
  'For rows that were brought from elsewhere: complete where description and vector are there, else pending and queued. Returns how many are queued. Definer: see enqueue_pointers.';
revoke all on function private.update_backfilled_pointers()
  from public, anon, authenticated, service_role;

alter table private.lanes add column start_in_flight integer;
comment on column private.lanes.start_in_flight is
  'What the environment of the workers asked for when max_in_flight was last set by it.';

create function private.update_lane_start(lane text, max_in_flight integer)
returns void
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  update private.lanes as own
  set start_in_flight = update_lane_start.max_in_flight,
      max_in_flight = update_lane_start.max_in_flight
  where own.lane = update_lane_start.lane
    and own.start_in_flight is distinct from update_lane_start.max_in_flight;
exception
  when check_violation then
    perform private.raise_error('INVALID_REQUEST', 400, 'max_in_flight is 1 to 1000');
end
$$;
comment on function private.update_lane_start(text, integer) is
  'What a worker says of a lane when it starts: taken when its environment asks for another limit than it last did, so that what an operator has set since stays. Raises INVALID_REQUEST. Definer: the tables are private.';
revoke all on function private.update_lane_start(text, integer)
  from public, anon, authenticated, service_role;
grant execute on function private.update_lane_start(text, integer) to service_role;

create function public.update_lane_start(p_lane text, p_max_in_flight integer)
returns void
language sql
volatile
security invoker
set search_path = ''
return private.update_lane_start(p_lane, p_max_in_flight);
comment on function public.update_lane_start(text, integer) is 'See private.update_lane_start.';
revoke all on function public.update_lane_start(text, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.update_lane_start(text, integer) to service_role;
