-- A conversation that is enriched again makes the files that hold it stale, or has them rebuilt.
create function private.tg_conversations__update_training_files()
returns trigger
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  update public.training_files as file
  set stale = true
  from public.training_file_conversations as member
  where member.training_file_id = file.id
    and member.org_id = new.org_id and member.conversation_id = new.conversation_id
    and file.stale_policy <> 'ignore';

  if new.enrichment_status <> 'completed' then
    return null;
  end if;
  -- After a quiet minute, so that ten conversations enriched in a row make one new version.
  perform private.enqueue_jobs(coalesce((
    select jsonb_agg(jsonb_build_object(
      'org_id', file.org_id, 'lane', 'training-files', 'kind', 'rebuild_training_file',
      'dedupe_key', file.id, 'payload', jsonb_build_object('training_file_id', file.id),
      'visible_at', now() + interval '1 minute'
    ))
    from public.training_files as file
    join public.training_file_conversations as member on member.training_file_id = file.id
    where member.org_id = new.org_id and member.conversation_id = new.conversation_id
      and file.stale_policy = 'rebuild' and not file.is_archived
  ), '[]'));
  return null;
end
$$;
comment on function private.tg_conversations__update_training_files() is
  'Marks the files that hold a re-enriched conversation, or queues their rebuild, by each file''s policy. Definer: whoever enriches may not write files.';
revoke all on function private.tg_conversations__update_training_files()
  from public, anon, authenticated, service_role;
create function private.complete_rebuild_job(job_id text, lease_token uuid)
returns text
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  job private.jobs;
  file public.training_files;
  begun public.training_file_versions;
begin
  perform private.claim_job_organizations(array[complete_rebuild_job.job_id::bigint]);
  select own.* into file from public.training_files as own
  where own.id = (
    select (held.payload ->> 'training_file_id')::uuid from private.jobs as held
    where held.id = complete_rebuild_job.job_id::bigint and held.kind = 'rebuild_training_file'
  )
  for update;
  select held.* into job from private.jobs as held
  where held.id = complete_rebuild_job.job_id::bigint
    and held.lease_token = complete_rebuild_job.lease_token
  for update;
  if job.id is null then
    return 'stale_lease';
  end if;
  if file.id is not null and file.stale and file.stale_policy = 'rebuild' then
    perform private.fail_lost_build(file.id, true);
    if exists (
      select from public.training_file_versions as version
      where version.training_file_id = file.id and version.state = 'building'
    ) then
      -- A large build takes longer than all attempts together, and is no fault of this one.
      perform private.retry_job(job, clock_timestamp() + interval '1 minute', job.attempt - 1);
      return 'waiting';
    end if;
    begun := private.create_training_file_version(
      file, 'rebuilt',
      array(
        select member.conversation_id from public.training_file_conversations as member
        where member.training_file_id = file.id order by member.position
      ),
      '{}'
    );
    perform private.enqueue_training_file_build(begun, true);
  end if;
  perform private.complete_job(job, 'completed');
  return 'done';
end
$$;
comment on function private.complete_rebuild_job(text, uuid) is
  'Begins a new version of a stale file from the same conversations, queues its build and ends the job, in one transaction; while another build is under way, the job waits another minute, with its attempt. Returns done, waiting or stale_lease. Locks the organisation, the file, then the job. Definer: the job is private.';
revoke all on function private.complete_rebuild_job(text, uuid)
  from public, anon, authenticated, service_role;
grant execute on function private.complete_rebuild_job(text, uuid) to service_role;

create function public.complete_rebuild_job(p_job_id text, p_lease_token uuid)
returns text
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  return private.complete_rebuild_job(p_job_id, p_lease_token);
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded then
    perform private.fail_arguments(sqlstate, sqlerrm);
    return null;
end
$$;
comment on function public.complete_rebuild_job(text, uuid) is 'See private.complete_rebuild_job; raises INVALID_REQUEST for arguments that it cannot take.';
revoke all on function public.complete_rebuild_job(text, uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.complete_rebuild_job(text, uuid) to service_role;

create trigger _300_update_training_files
  after update of enriched_file_path, enrichment_status on public.conversations
  -- Of bytes that were replaced in place the update itself is the only sign.
  for each row when (
    new.enrichment_status = 'completed' or new.enrichment_status <> old.enrichment_status
  )
  execute function private.tg_conversations__update_training_files();
