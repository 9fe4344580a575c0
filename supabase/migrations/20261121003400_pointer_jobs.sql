-- Pass 2 by itself: whatever changes what a crop is read from queues it, in the same transaction.
insert into private.lanes (lane, max_in_flight) values ('pass2', 3);

create function private.enqueue_pointers(pointer_ids uuid[])
returns bigint
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  queued_count bigint;
begin
  -- Every change of a crop asks, and most change nothing that it is read from.
  if cardinality(enqueue_pointers.pointer_ids) = 0 then
    return 0;
  end if;
  -- Crops before jobs, as everywhere: what a crop shows of its job is never passed over then.
  perform from public.pointers as pointer
  where pointer.id = any (enqueue_pointers.pointer_ids)
  order by pointer.id
  for no key update;
  select count(*) into queued_count
  from private.enqueue_jobs((
    select jsonb_agg(
      jsonb_build_object(
        'org_id', pointer.org_id, 'lane', 'pass2', 'kind', 'enrich_pointer',
        'dedupe_key', pointer.id,
        'payload', jsonb_build_object(
          'pointer_id', pointer.id, 'png_path', pointer.png_path, 'revision', pointer.revision
        ),
        -- What one reading sends and gets, as a guess: an image, its context, a page of answer.
        'est_tokens', 6000
      )
      order by pointer.created_at, pointer.id
    )
    from public.pointers as pointer where pointer.id = any (enqueue_pointers.pointer_ids)
  ));
  return queued_count;
end
$$;
comment on function private.enqueue_pointers(uuid[]) is
  'Queues crops to be read, oldest first; one that waits already stays where it is. Returns how many. Locks the crops, then the jobs. Definer: whoever changes a crop may not write jobs.';
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

create function private.tg_disciplines__enqueue_pointers()
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
    join public.pages as page
      on page.project_id = changed.project_id and page.discipline_id = changed.id
    join public.pointers as pointer
      on pointer.org_id = page.org_id and pointer.project_id = page.project_id
      and pointer.page_id = page.id
    where changed.name <> former.name
  ));
  return null;
end
$$;
comment on function private.tg_disciplines__enqueue_pointers() is
  'Queues the crops of a discipline that has another name. Definer: see enqueue_pointers.';
revoke all on function private.tg_disciplines__enqueue_pointers()
  from public, anon, authenticated, service_role;
create trigger _800_enqueue_pointers
  after update on public.disciplines referencing old table as former new table as changed
  for each statement execute function private.tg_disciplines__enqueue_pointers();

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
      where held.lane in ('pass2', 'embedding') and held.lease_token is not null
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
declare
  -- Of a crop that is found as it was read nothing is lost but its vector of the next model: for
  -- now, or since the switch was called off.
  is_found constant boolean := new.outcome in ('dead', 'cancelled') and exists (
    select from public.pointers as pointer
    join public.organizations as organization on organization.id = pointer.org_id
    join private.pointer_readings as reading on reading.pointer_id = pointer.id
    where pointer.id = (new.payload ->> 'pointer_id')::uuid
      and pointer.embedding_model = organization.embedding_model
      and reading.input_hash = pointer.input_hash
      and (new.outcome = 'dead' or organization.next_embedding_model is null)
  );
begin
  update public.pointers
  set enrichment_status = case
        when exists (
          select from private.jobs as waiting
          where waiting.kind = new.kind and waiting.dedupe_key = new.dedupe_key
            and waiting.lease_token is null
        ) then 'pending'
        when new.outcome = 'completed' or is_found then 'complete'
        else 'failed'
      end,
      attempts = new.attempt,
      error_message = case
        when is_found then null
        when new.outcome = 'dead' then new.error ->> 'message'
        when new.outcome = 'cancelled' then 'Cancelled'
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

create or replace function private.claim_job_subjects(job_ids bigint[])
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  perform from public.pointers as pointer
  where pointer.id in (
    select (job.payload ->> 'pointer_id')::uuid from private.jobs as job
    where job.id = any (claim_job_subjects.job_ids) and job.kind = 'enrich_pointer'
  )
  order by pointer.id
  for no key update;
end
$$;

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
  update public.pointers as pointer set enrichment_status = 'complete'
  from public.organizations as organization
  where organization.id = pointer.org_id
    and pointer.description is not null
    and pointer.embedding_model = coalesce(organization.embedding_model, pointer.embedding_model)
    and pointer.enrichment_status not in ('complete', 'processing');
  pending_ids := array(
    select pointer.id from public.pointers as pointer
    join public.organizations as organization on organization.id = pointer.org_id
    where pointer.enrichment_status <> 'processing' and (
      pointer.description is null or pointer.embedding is null
      or pointer.embedding_model <> organization.embedding_model
    )
  );
  update public.pointers set enrichment_status = 'pending'
  where id = any (pending_ids) and enrichment_status <> 'pending';
  return private.enqueue_pointers(pending_ids);
end
$$;
comment on function private.update_backfilled_pointers() is
  'For rows that were brought from elsewhere: complete where a description is there, and a vector of the model that the organisation searches with, else pending and queued. Returns how many are queued. Definer: see enqueue_pointers.';
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
