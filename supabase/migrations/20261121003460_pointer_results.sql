-- What was read of a crop is shown with its vector, and its job ends.
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
  organization public.organizations;
  reading private.pointer_readings;
  model text := complete_pointer_job.result ->> 'embedding_model';
  is_model_right boolean;
  state text;
begin
  select held.* into job from private.jobs as held
  where held.id = complete_pointer_job.job_id::bigint;
  organization := private.get_organization_for_training(job.org_id);
  state := private.claim_pointer_result(
    complete_pointer_job.job_id, complete_pointer_job.lease_token,
    complete_pointer_job.source_hash, complete_pointer_job.usage
  );
  if state <> 'held' then
    return state;
  end if;
  -- As it is now, and under its lock.
  select held.* into job from private.jobs as held where held.id = job.id;
  select own.* into reading from private.pointer_readings as own
  where own.pointer_id = (job.payload ->> 'pointer_id')::uuid
    and own.source_hash = complete_pointer_job.source_hash;
  if job.lane = 'embedding' and reading.pointer_id is null then
    perform private.retry_stale_pointer(job, complete_pointer_job.usage);
    return 'stale_input';
  end if;

  if private.add_next_pointer_vector(
    organization, reading.pointer_id, reading.input_hash, complete_pointer_job.result
  ) then
    delete from private.pointer_readings as own where own.pointer_id = reading.pointer_id;
    perform private.complete_job(job, 'completed', null, complete_pointer_job.usage);
    return 'done';
  end if;
  is_model_right := model is null or model = coalesce(organization.embedding_model, model);
  update public.pointers as pointer
  set description = reading.description,
      cross_references = reading.cross_references,
      enrichment_metadata = reading.enrichment_metadata,
      embedding = case when is_model_right
        then (complete_pointer_job.result ->> 'embedding')::extensions.halfvec end,
      embedding_model = case when is_model_right then model end,
      input_hash = reading.input_hash
  where pointer.id = reading.pointer_id
    -- What is new is found by the present model first, and stays as it is until then.
    and (is_model_right or model is distinct from organization.next_embedding_model)
    -- So does what is found as it was read, whose switch was called off meanwhile.
    and (
      is_model_right or pointer.embedding_model is distinct from organization.embedding_model
      or pointer.input_hash is distinct from reading.input_hash
    );
  if not is_model_right then
    -- The next attempt embeds it with the model of now.
    perform private.add_usage(
      job.org_id, job.id, job.kind, job.dedupe_key, complete_pointer_job.usage, false
    );
    perform private.retry_job(job, clock_timestamp(), job.attempt - 1);
    return 'stale_input';
  end if;
  delete from private.pointer_readings as own where own.pointer_id = reading.pointer_id;
  if organization.embedding_model is null and model is not null then
    update public.organizations set embedding_model = model where id = organization.id;
  end if;
  perform private.complete_job(job, 'completed', null, complete_pointer_job.usage);
  if organization.next_embedding_model is not null then
    -- It is of the text before, whether the present model takes this one or not.
    delete from private.next_pointer_vectors as own where own.pointer_id = reading.pointer_id;
    perform private.enqueue_next_pointer_vectors(
      organization, (job.payload ->> 'pointer_id')::uuid
    );
  end if;
  return 'done';
end
$$;
comment on function private.complete_pointer_job(text, uuid, text, jsonb, jsonb) is
  'Shows what was read of a crop with its vector, {embedding, embedding_model}, and ends its job, in one transaction. Without a vector, which an embedder may refuse to make, words find the crop; a job that has read nothing leaves it as it is. Returns done; stale_lease when the job was overtaken; stale_input when crop or context changed since source_hash was read: then nothing is written and the job waits again; so it does when the organisation has changed to another model, and then what is new is shown without a vector. During a switch, a crop that is found already gets its vector for the next model, and one that is new is queued for that. The first vector sets the organisation''s model. Locks organisation, page, crop, job. Definer: the job is private.';
revoke all on function private.complete_pointer_job(text, uuid, text, jsonb, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function private.complete_pointer_job(text, uuid, text, jsonb, jsonb)
  to service_role;

create function public.complete_pointer_job(
  p_job_id text,
  p_lease_token uuid,
  p_source_hash text,
  p_result jsonb default null,
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
  return private.complete_pointer_job(p_job_id, p_lease_token, p_source_hash, p_result, p_usage);
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded then
    perform private.fail_arguments(sqlstate, sqlerrm);
    return null;
end
$$;
comment on function public.complete_pointer_job(text, uuid, text, jsonb, jsonb) is
  'See private.complete_pointer_job; raises INVALID_REQUEST for arguments that it cannot take.';
revoke all on function public.complete_pointer_job(text, uuid, text, jsonb, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.complete_pointer_job(text, uuid, text, jsonb, jsonb)
  to service_role;
