-- A conversation that is enriched again makes the files that hold it stale, or has them rebuilt.
create function private.enqueue_training_file_rebuilds(training_file_ids uuid[])
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  -- After a quiet minute, so that ten conversations enriched in a row make one new version.
  perform private.enqueue_jobs(coalesce((
    select jsonb_agg(jsonb_build_object(
      'org_id', file.org_id, 'lane', 'training-files', 'kind', 'rebuild_training_file',
      'dedupe_key', file.id, 'payload', jsonb_build_object('training_file_id', file.id),
      'visible_at', now() + interval '1 minute'
    ))
    from public.training_files as file
    where file.id = any (training_file_ids)
      and file.stale and file.stale_policy = 'rebuild' and not file.is_archived
  ), '[]'));
end
$$;
comment on function private.enqueue_training_file_rebuilds(uuid[]) is
  'Queues the rebuild of those of the files that are stale, are to be rebuilt by themselves and are not archived. Raises QUOTA_EXCEEDED in a user''s request. The caller has locked the files.';
revoke all on function private.enqueue_training_file_rebuilds(uuid[])
  from public, anon, authenticated, service_role;

create function private.enqueue_training_file_rebuild(file public.training_files)
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  if file.stale and (
    -- What has only begun to be enriched has the file rebuilt at its end. Of what is being written
    -- at this moment nothing is seen yet.
    select coalesce(bool_or(conversation.enrichment_status = 'completed'), true)
    from public.training_file_versions as live
    join public.training_file_sources as source on source.version_id = live.id
    join public.conversations as conversation
      on conversation.org_id = live.org_id
      and conversation.conversation_id = source.conversation_id
    where live.training_file_id = file.id and live.version = file.version
      and conversation.enriched_at > live.created_at
  ) then
    perform private.enqueue_training_file_rebuilds(array[file.id]);
  end if;
end
$$;
comment on function private.enqueue_training_file_rebuild(public.training_files) is
  'Queues the rebuild of a file that was found stale, told to rebuild or taken out of the archive after its conversations were enriched again. Raises QUOTA_EXCEEDED in a user''s request. The caller has locked the organisation and the file.';
revoke all on function private.enqueue_training_file_rebuild(public.training_files)
  from public, anon, authenticated, service_role;

create function private.tg_conversations__update_training_files()
returns trigger
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  file_ids uuid[];
begin
  file_ids := array(
    select file.id from public.training_files as file
    where file.id in (
        select member.training_file_id from public.training_file_conversations as member
        where member.org_id = new.org_id and member.conversation_id = new.conversation_id
      )
      and file.stale_policy <> 'ignore'
    -- Two conversations that share files may be enriched at once.
    order by file.id
    for no key update
  );
  update public.training_files set stale = true where id = any (file_ids);
  if new.enrichment_status = 'completed' then
    perform private.enqueue_training_file_rebuilds(file_ids);
  end if;
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
  if file.stale and file.stale_policy = 'rebuild' and not file.is_archived then
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
  after update on public.conversations
  for each row when (new.enriched_at <> old.enriched_at)
  execute function private.tg_conversations__update_training_files();
