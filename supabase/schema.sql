-- The schema that the migrations make, for reading and for repairs. Written by npm run types.
SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

CREATE SCHEMA private;

COMMENT ON SCHEMA private IS 'Machinery of Maestro: the job engine, helpers, trigger functions and every security definer function. Never exposed through the API.';

CREATE SCHEMA public;

COMMENT ON SCHEMA public IS 'standard public schema';

SET default_tablespace = '';

SET default_table_access_method = heap;

CREATE TABLE public.organization_members (
    org_id uuid NOT NULL,
    user_id uuid NOT NULL,
    role text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT organization_members_role_check CHECK ((role = ANY (ARRAY['viewer'::text, 'editor'::text, 'admin'::text, 'owner'::text])))
);

COMMENT ON TABLE public.organization_members IS 'Who belongs to which organisation, and what they may do there.';

COMMENT ON COLUMN public.organization_members.role IS 'viewer reads and searches; editor also creates, changes and trains; admin also deletes and manages members; owner also transfers and deletes the organisation.';

CREATE FUNCTION private.accept_invitation(token text) RETURNS public.organization_members
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  caller_id uuid := (select auth.uid());
  invitation public.organization_invitations;
  member public.organization_members;
begin
  if caller_id is null then
    perform private.raise_error('USER_REQUIRED', 401, 'Sign in to accept an invitation');
  end if;
  invitation := private.get_open_invitation(accept_invitation.token);
  perform from public.organizations as own where own.id = invitation.org_id for no key update;
  -- Whoever held the lock may have accepted or revoked it.
  invitation := private.get_open_invitation(accept_invitation.token);
  if invitation.id is null then
    perform private.raise_error(
      'INVITATION_NOT_FOUND', 404, 'There is no such invitation for you', null,
      'Sign in with the verified address that was invited, or ask for a new invitation'
    );
  end if;

  update public.organization_invitations as own
  set status = 'accepted', ended_at = now(), accepted_by = caller_id
  where own.id = invitation.id;
  insert into public.organization_members as own (org_id, user_id, role)
  values (invitation.org_id, caller_id, invitation.role)
  -- Who has become a member meanwhile keeps the higher role.
  on conflict on constraint organization_members_pkey do update
    set role = excluded.role
    where private.get_role_rank(own.role) < private.get_role_rank(excluded.role);
  select own.* into member from public.organization_members as own
  where own.org_id = invitation.org_id and own.user_id = caller_id;
  return member;
end
$$;

COMMENT ON FUNCTION private.accept_invitation(token text) IS 'Makes the caller a member, once. A token that is wrong, expired, revoked, used or for another address is answered the same. Raises USER_REQUIRED, INVITATION_NOT_FOUND. Locks the organisation. Definer: users have no write right on memberships; it acts for the caller alone.';

CREATE FUNCTION private.add_audit_event(org_id uuid, action text, subject_id uuid, details jsonb) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  insert into public.audit_events (org_id, actor, actor_id, action, subject_id, details)
  values (
    add_audit_event.org_id, private.get_actor(), (select auth.uid()), add_audit_event.action,
    add_audit_event.subject_id, add_audit_event.details
  )
$$;

COMMENT ON FUNCTION private.add_audit_event(org_id uuid, action text, subject_id uuid, details jsonb) IS 'Notes what the caller of the request has done.';

CREATE FUNCTION private.add_default_experience(project_id uuid) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  own_org_id uuid;
begin
  select project.org_id into own_org_id from public.projects as project
  where project.id = add_default_experience.project_id
    and project.org_id in (select private.get_member_org_ids('viewer'));
  if own_org_id is null then
    perform private.raise_error('PROJECT_NOT_FOUND', 404, 'There is no such project');
  end if;
  perform private.assert_org_role(own_org_id, 'editor');
  return private.add_missing_experience(add_default_experience.project_id);
end
$$;

COMMENT ON FUNCTION private.add_default_experience(project_id uuid) IS 'Adds those of the five default files that a project lacks, and changes none. Returns how many were added. Raises PROJECT_NOT_FOUND, ROLE_TOO_LOW. Definer: shares its work with the trigger.';

CREATE FUNCTION private.add_document_chunks(job_id text, lease_token uuid, chunks jsonb, progress real DEFAULT NULL::real) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  job private.jobs;
  training_job public.mono_training_jobs;
  own_org_id uuid;
  own_document_id uuid;
begin
  select held.org_id, (held.payload ->> 'vault_document_id')::uuid
  into own_org_id, own_document_id
  from private.jobs as held
  where held.id = add_document_chunks.job_id::bigint and held.kind = 'train_document';
  -- Before the job, as their deletions have it: the chunks refer to both.
  perform from public.organizations as organization
  where organization.id = own_org_id for key share;
  perform from public.vault_documents as document
  where document.id = own_document_id for key share;
  select held.* into job from private.jobs as held
  where held.id = add_document_chunks.job_id::bigint
    and held.lease_token = add_document_chunks.lease_token
    and held.kind = 'train_document'
  for update;
  select own.* into training_job from public.mono_training_jobs as own
  where own.id = (job.payload ->> 'training_job_id')::uuid;
  if training_job.id is null then
    -- Given back, it would be embedded again and again for nobody. Without a job this does nothing.
    perform private.complete_job(job, 'cancelled');
    return 'stale_lease';
  end if;

  perform private.add_embedding_models(array(
    select distinct item ->> 'embedding_model'
    from jsonb_array_elements(add_document_chunks.chunks) as item
  ));
  insert into public.mono_training_chunks (
    org_id, vault_document_id, generation, ordinal, content, heading_path,
    start_offset, end_offset, token_count, content_hash, metadata, language, embedding_model,
    embedding
  )
  select distinct on (item.ordinal)
    training_job.org_id, training_job.vault_document_id,
    job.id * 1000 + job.attempt, item.ordinal, item.content, item.heading_path,
    item.start_offset, item.end_offset, item.token_count, item.content_hash,
    coalesce(item.metadata, '{}'), coalesce(item.language, 'english'), item.embedding_model,
    coalesce(item.embedding, known.embedding, kept.embedding)
  from jsonb_to_recordset(add_document_chunks.chunks) as item (
    ordinal integer, content text, heading_path text[], start_offset integer, end_offset integer,
    token_count integer, content_hash text, metadata jsonb, language text, embedding_model text,
    embedding extensions.halfvec
  )
  left join public.mono_training_chunks as known
    on item.embedding is null and known.org_id = training_job.org_id
    and known.vault_document_id = training_job.vault_document_id
    and known.content_hash = item.content_hash and known.embedding_model = item.embedding_model
  left join private.interrupted_vectors as kept
    on item.embedding is null and kept.vault_document_id = training_job.vault_document_id
    and kept.embedding_model = item.embedding_model and kept.content_hash = item.content_hash
  on conflict (org_id, vault_document_id, generation, ordinal) do nothing;
  update private.jobs as held
  set progress = least(greatest(add_document_chunks.progress, held.progress), 1)
  where held.id = job.id;
  return 'ok';
end
$$;

COMMENT ON FUNCTION private.add_document_chunks(job_id text, lease_token uuid, chunks jsonb, progress real) IS 'Stores a slice of a document''s new chunks where no reader sees them yet, and how far the job is (0 to 1); a chunk without a vector takes that of a stored one of the document with its hash and model, or of an interrupted attempt; repeating a slice changes nothing. Returns ok, or stale_lease when the job was overtaken or its training is gone with its document; then the job ends. Locks organisation, document, job. Definer: the job is private.';

CREATE FUNCTION private.add_embedding_models(models text[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  insert into private.embedding_models (model)
  select new_model from unnest(models) as new_model
  where not exists (
    select from private.embedding_models as known where known.model = new_model
  ) and new_model is not null
  order by new_model
  on conflict do nothing;
end
$$;

COMMENT ON FUNCTION private.add_embedding_models(models text[]) IS 'Notes models that are new. The index itself is made by cron: whoever holds a job must not wait for all writers of chunks.';

CREATE FUNCTION private.add_idempotency_key(key text, request_hash text, version_id uuid) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  insert into private.idempotency_keys (user_id, key, request_hash, version_id)
  select (select auth.uid()), add_idempotency_key.key, add_idempotency_key.request_hash,
    add_idempotency_key.version_id
  where add_idempotency_key.key is not null
$$;

COMMENT ON FUNCTION private.add_idempotency_key(key text, request_hash text, version_id uuid) IS 'Notes what a request with an Idempotency-Key has begun; without a key nothing.';

CREATE FUNCTION private.add_minute_count(org_id uuid, name text, quota text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  used_count bigint;
begin
  -- A database that takes no writes, because its disk is full, still answers. A request that
  -- makes its own transaction read-only does not get round the quota: it fails here.
  if current_setting('default_transaction_read_only')::boolean then
    return;
  end if;
  insert into private.minute_counts as own (org_id, name, minute_at, used_count)
  values (
    add_minute_count.org_id, add_minute_count.name, date_trunc('minute', clock_timestamp()), 1
  )
  on conflict on constraint minute_counts_pkey do update
    -- Whoever waited for the row may be a minute behind it.
    set used_count = case
          when own.minute_at >= excluded.minute_at then own.used_count + 1 else 1
        end,
        minute_at = greatest(own.minute_at, excluded.minute_at)
  returning own.used_count into used_count;
  perform private.assert_quota(
    add_minute_count.org_id, add_minute_count.quota, used_count, private.get_seconds_left()
  );
end
$$;

COMMENT ON FUNCTION private.add_minute_count(org_id uuid, name text, quota text) IS 'Counts one more in this minute; exact, since it is one row. What is refused is not counted. Locks the row: call it last. Raises QUOTA_EXCEEDED.';

CREATE FUNCTION private.add_missing_experience(project_id uuid) RETURNS bigint
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  with added as (
    insert into public.experience_files (project_id, path, content)
    select add_missing_experience.project_id, starter.path, starter.content
    from private.list_default_experience() as starter
    on conflict on constraint experience_files_project_id_path_key do nothing
    returning 1
  )
  select count(*) from added
$$;

COMMENT ON FUNCTION private.add_missing_experience(project_id uuid) IS 'Adds the default files that a project lacks; returns how many.';

CREATE FUNCTION private.is_visible(text text) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $$
begin
  -- What Unicode calls white space, control or default-ignorable, and the blanks of Hangul and
  -- Braille. Not \S: what a space is differs between systems, and U+200B is none.
  return is_visible.text ~ (
    '[^\u0001-\u0020\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f'
    '\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0'
    '\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]'
  );
end
$$;

COMMENT ON FUNCTION private.is_visible(text text) IS 'Whether a name shows anything where it is read; null for null.';

CREATE TABLE public.organizations (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    embedding_model text,
    next_embedding_model text,
    CONSTRAINT organizations_embedding_model_check CHECK (((char_length(embedding_model) >= 1) AND (char_length(embedding_model) <= 200))),
    CONSTRAINT organizations_name_check CHECK ((private.is_visible(name) AND (char_length(name) <= 255))),
    CONSTRAINT organizations_next_embedding_model_check CHECK (((next_embedding_model IS NULL) OR (((char_length(next_embedding_model) >= 1) AND (char_length(next_embedding_model) <= 200)) AND COALESCE((next_embedding_model <> embedding_model), false))))
);

COMMENT ON TABLE public.organizations IS 'The tenant. Everything that a user owns belongs to exactly one organisation.';

COMMENT ON COLUMN public.organizations.embedding_model IS 'The model of all vectors that searches compare; null until a training completes.';

COMMENT ON COLUMN public.organizations.next_embedding_model IS 'The model that every trained document is being embedded with; null unless a switch is going on.';

CREATE FUNCTION private.add_next_pointer_vector(organization public.organizations, reading_id uuid, input_hash text, result jsonb) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  model constant text := result ->> 'embedding_model';
begin
  if organization.next_embedding_model is null then
    return false;
  end if;
  insert into private.next_pointer_vectors as known (pointer_id, embedding_model, embedding)
  select pointer.id, organization.next_embedding_model,
    (add_next_pointer_vector.result ->> 'embedding')::extensions.halfvec
  from public.pointers as pointer
  where pointer.id = reading_id
    and private.get_next_pointer_model(
      pointer, organization, add_next_pointer_vector.input_hash
    ) is not null
    and coalesce(model, organization.next_embedding_model) = organization.next_embedding_model
  on conflict (pointer_id) do update
    set embedding_model = excluded.embedding_model, embedding = excluded.embedding;
  return found;
end
$$;

COMMENT ON FUNCTION private.add_next_pointer_vector(organization public.organizations, reading_id uuid, input_hash text, result jsonb) IS 'Keeps {embedding, embedding_model} of a known reading for the switch that is going on, or nothing where it is not for that. Returns whether it was.';

CREATE FUNCTION private.add_objects_to_outbox(bucket text, paths text[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  -- A cascade asks once for each page, and most have none.
  if cardinality(add_objects_to_outbox.paths) = 0 then
    return;
  end if;
  insert into private.storage_outbox (bucket, path)
  select object.bucket_id, object.name
  from unnest(add_objects_to_outbox.paths) as unnamed (path)
  join storage.objects as object
    on object.bucket_id = add_objects_to_outbox.bucket and object.name = unnamed.path
  order by object.name
  -- What was written since it was first listed is as unnamed as the rest.
  on conflict on constraint storage_outbox_bucket_path_key
    do update set due_at = now(), created_at = now();
end
$$;

COMMENT ON FUNCTION private.add_objects_to_outbox(bucket text, paths text[]) IS 'Lists objects that no row names any more for the sweeper, due now. A row that never had its object lists nothing.';

CREATE FUNCTION private.add_page_reading(job_id text, lease_token uuid, source_hash text, page integer, content text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
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

COMMENT ON FUNCTION private.add_page_reading(job_id text, lease_token uuid, source_hash text, page integer, content text) IS 'Keeps what was read of a page of a job''s document; repeating it changes nothing. Returns ok, or stale_lease when the job was overtaken. Locks the job. Definer: the tables are private.';

CREATE FUNCTION private.add_pointer_reading(job_id text, lease_token uuid, source_hash text, input_hash text, reading jsonb, token_count integer, usage jsonb) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  job private.jobs;
  own_id uuid;
  state text := private.claim_pointer_result(
    add_pointer_reading.job_id, add_pointer_reading.lease_token, add_pointer_reading.source_hash,
    add_pointer_reading.usage
  );
begin
  if state <> 'held' then
    return state;
  end if;
  -- As in a claim: the lane's lock, which all readings take, is not held until the disk answers. A
  -- crash of the server in that moment makes the crop be read again; the end of the job waits.
  perform set_config('synchronous_commit', 'off', true);
  select held.* into job from private.jobs as held
  where held.id = add_pointer_reading.job_id::bigint;
  own_id := (job.payload ->> 'pointer_id')::uuid;
  insert into private.pointer_readings as own (
    pointer_id, source_hash, input_hash, description, cross_references, enrichment_metadata
  )
  select own_id, add_pointer_reading.source_hash, add_pointer_reading.input_hash,
    coalesce(item.description, pointer.description),
    coalesce(item.cross_references, pointer.cross_references),
    coalesce(item.enrichment_metadata, pointer.enrichment_metadata)
  from public.pointers as pointer
  left join private.pointer_readings as known
    on known.pointer_id = pointer.id and known.input_hash = add_pointer_reading.input_hash
  cross join lateral jsonb_to_record(coalesce(
    add_pointer_reading.reading, to_jsonb(known), '{}'
  )) as item (description text, cross_references jsonb, enrichment_metadata jsonb)
  where pointer.id = own_id and (
    add_pointer_reading.reading is not null or known.pointer_id is not null
    or pointer.input_hash = add_pointer_reading.input_hash
  )
  on conflict (pointer_id) do update
    set source_hash = excluded.source_hash, input_hash = excluded.input_hash,
        description = excluded.description, cross_references = excluded.cross_references,
        enrichment_metadata = excluded.enrichment_metadata;
  if not found then
    perform private.retry_stale_pointer(job, add_pointer_reading.usage);
    return 'stale_input';
  end if;
  perform private.add_usage(
    job.org_id, job.id, job.kind, job.dedupe_key, add_pointer_reading.usage, false
  );
  return case when private.update_job_lane(
    job, 'embedding', greatest(add_pointer_reading.token_count, 0)
  ) then 'held' else 'waiting' end;
end
$$;

COMMENT ON FUNCTION private.add_pointer_reading(job_id text, lease_token uuid, source_hash text, input_hash text, reading jsonb, token_count integer, usage jsonb) IS 'Keeps what was read of a crop, {description, cross_references, enrichment_metadata}, books what it has cost, and moves the job on to the lane of embeddings, out of whose budgets a call of token_count is paid; that makes room for the next reading; without a reading the known one with the input_hash counts as read from source_hash. Returns held; waiting when the lane has no place now: the next attempt only embeds; stale_lease; stale_input when crop or context changed, or the known reading is to be made anew: then nothing is kept and the job waits again. Locks organisation, page, crop, job, lane. Definer: the job is private.';

CREATE FUNCTION private.add_reembedded_chunks(job_id text, lease_token uuid, chunks jsonb, progress real DEFAULT NULL::real) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  job private.jobs;
  document public.vault_documents;
  model text;
begin
  perform private.claim_job_organizations(array[add_reembedded_chunks.job_id::bigint]);
  select held.* into job from private.jobs as held
  where held.id = add_reembedded_chunks.job_id::bigint
    and held.lease_token = add_reembedded_chunks.lease_token and held.kind = 'reembed_document'
  for update;
  select found.* into document from public.vault_documents as found
  where found.id = (job.payload ->> 'vault_document_id')::uuid
    and found.chunk_generation = (job.payload ->> 'generation')::bigint;
  select own.next_embedding_model into model from public.organizations as own
  where own.id = document.org_id;
  if model is null then
    perform private.complete_job(job, 'superseded');
    return 'stale_lease';
  end if;

  perform private.add_embedding_models(array[model]);
  with item as (
    select given.* from jsonb_to_recordset(add_reembedded_chunks.chunks) as given (
      ordinal integer, content_hash text, embedding extensions.halfvec
    )
  ),
  known as (
    select distinct on (other.content_hash) other.content_hash, other.embedding
    from public.mono_training_chunks as other
    -- Without any, the document is not read through.
    where exists (select from item where item.embedding is null)
      and other.org_id = document.org_id and other.vault_document_id = document.id
      and other.embedding_model = model
      and other.content_hash in (select item.content_hash from item where item.embedding is null)
  )
  insert into public.mono_training_chunks (
    org_id, vault_document_id, generation, ordinal, content, heading_path, start_offset,
    end_offset, token_count, content_hash, metadata, language, embedding_model, embedding
  )
  select
    live.org_id, live.vault_document_id, job.id * 1000, live.ordinal, live.content,
    live.heading_path, live.start_offset, live.end_offset, live.token_count, item.content_hash,
    live.metadata, live.language, model, coalesce(item.embedding, known.embedding)
  from item
  join public.mono_training_chunks as live
    on live.org_id = document.org_id and live.vault_document_id = document.id
    and live.generation = document.chunk_generation and live.ordinal = item.ordinal
  left join known on known.content_hash = item.content_hash
  on conflict (org_id, vault_document_id, generation, ordinal) do nothing;
  update private.jobs as held
  set progress = least(greatest(add_reembedded_chunks.progress, held.progress), 1)
  where held.id = job.id;
  return 'ok';
end
$$;

COMMENT ON FUNCTION private.add_reembedded_chunks(job_id text, lease_token uuid, chunks jsonb, progress real) IS 'Stores copies of live chunks where no reader sees them, [{ordinal, content_hash, embedding?}]; without a vector a copy takes a stored one of its hash and the next model. What is stored outlives the attempt. Returns ok, or stale_lease when the job, its document''s live generation or the switch is gone; then the job ends. Locks the job. Definer: the job is private.';

CREATE FUNCTION private.add_search(org_id uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform private.assert_org_role(add_search.org_id, 'viewer');
  perform private.add_minute_count(add_search.org_id, 'searches', 'searches_per_minute');
end
$$;

COMMENT ON FUNCTION private.add_search(org_id uuid) IS 'Counts a search that is about to be answered. Raises ORG_NOT_FOUND, QUOTA_EXCEEDED. Definer: the counts are private.';

CREATE FUNCTION private.add_stale_usage(job_id bigint, lease_token uuid, usage jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  if add_stale_usage.usage is null then
    return;
  end if;
  -- Locked before any job, as its deletion has it; what is deleted owes nothing.
  perform from public.organizations as organization
  where organization.id in (
    select job.org_id from private.jobs as job where job.id = add_stale_usage.job_id
    union all
    select past.org_id from private.job_history as past where past.id = add_stale_usage.job_id
  )
  for key share;
  if not found then
    return;
  end if;
  perform private.add_usage(
    job.org_id, job.id, job.kind, job.dedupe_key, add_stale_usage.usage, true
  )
  from (
    select open_job.id, open_job.org_id, open_job.kind, open_job.dedupe_key
    from private.jobs as open_job where open_job.id = add_stale_usage.job_id
    union all
    select past.id, past.org_id, past.kind, past.dedupe_key
    from private.job_history as past
    where past.id = add_stale_usage.job_id
      -- A worker that never got the answer to its result reports the same attempt again.
      and (past.usage is null or past.lease_token is distinct from add_stale_usage.lease_token)
  ) as job;
end
$$;

COMMENT ON FUNCTION private.add_stale_usage(job_id bigint, lease_token uuid, usage jsonb) IS 'Books as wasted what a worker consumed for a result that came too late, unless its lease has ended the job and that was booked. Locks the organisation.';

CREATE TABLE public.training_artifacts (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    org_id uuid NOT NULL,
    version_id uuid NOT NULL,
    format text NOT NULL,
    options_hash text NOT NULL,
    options jsonb NOT NULL,
    path text NOT NULL,
    size_bytes bigint NOT NULL,
    line_count integer,
    sha256 text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE public.training_artifacts IS 'Objects of a version that are whole and checked: json, jsonl, manifest, and exports built on request.';

CREATE FUNCTION private.add_training_artifact(version_id uuid, artifact jsonb) RETURNS public.training_artifacts
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  added public.training_artifacts;
begin
  insert into public.training_artifacts
    (org_id, version_id, format, options_hash, options, path, size_bytes, line_count, sha256)
  select version.org_id, version.id, item.format, item.options_hash, item.options, item.path,
    item.size_bytes, item.line_count, item.sha256
  from public.training_file_versions as version,
    jsonb_to_record(add_training_artifact.artifact) as item (
      format text, options_hash text, options jsonb, path text, size_bytes bigint,
      line_count integer, sha256 text
    )
  where version.id = add_training_artifact.version_id and version.state = 'published'
  on conflict (version_id, format, options_hash) do nothing
  returning * into added;
  if added.id is null then
    select known.* into added from public.training_artifacts as known
    where known.version_id = add_training_artifact.version_id
      and known.format = add_training_artifact.artifact ->> 'format'
      and known.options_hash = add_training_artifact.artifact ->> 'options_hash';
  end if;
  if added.id is null then
    perform private.raise_error('TRAINING_FILE_NOT_FOUND', 404, 'There is no such training file');
  end if;
  delete from private.storage_outbox where bucket = 'training-files' and path = added.path;
  return added;
end
$$;

COMMENT ON FUNCTION private.add_training_artifact(version_id uuid, artifact jsonb) IS 'Names an object as an artefact of a published version, or answers with the one that was there first. Raises TRAINING_FILE_NOT_FOUND when the version is gone. Definer: the outbox is private.';

CREATE FUNCTION private.add_training_file_conversations(training_file_id uuid, conversation_ids uuid[], options jsonb, idempotency_key text, request_hash text) RETURNS TABLE(file_id uuid, version_id uuid, build_token uuid, is_new boolean, is_queued boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  file public.training_files := private.get_training_file_for_update(
    add_training_file_conversations.training_file_id, 'editor'
  );
  members uuid[] := private.get_training_file_members(file);
  earlier public.training_file_versions;
begin
  perform private.assert_conversation_ids(add_training_file_conversations.conversation_ids);
  -- Before the key is claimed, which would take a file along that a lost request has made.
  perform private.fail_lost_build(file.id, true);
  perform private.assert_training_file_options(add_training_file_conversations.options);
  earlier := private.claim_idempotency_key(
    add_training_file_conversations.idempotency_key, add_training_file_conversations.request_hash
  );
  if earlier.id is not null then
    return query select earlier.training_file_id, earlier.id, null::uuid, false,
      earlier.is_queued and earlier.state <> 'published';
    return;
  end if;
  perform private.assert_not_in_training_file(
    file, members, add_training_file_conversations.conversation_ids
  );
  perform private.assert_conversations_usable(file.org_id, add_training_file_conversations.conversation_ids);
  return query select * from private.create_training_file_build(
    file, 'added',
    members || array(
      select wanted.id
      from unnest(add_training_file_conversations.conversation_ids)
        with ordinality as wanted (id, place)
      where wanted.id <> all (members) order by wanted.place
    ),
    add_training_file_conversations.options,
    add_training_file_conversations.idempotency_key, add_training_file_conversations.request_hash
  );
end
$$;

COMMENT ON FUNCTION private.add_training_file_conversations(training_file_id uuid, conversation_ids uuid[], options jsonb, idempotency_key text, request_hash text) IS 'Begins a version with more conversations, or answers with the one that the idempotency key has begun. Raises INVALID_REQUEST, TRAINING_FILE_NOT_FOUND, ROLE_TOO_LOW, CONVERSATIONS_ALREADY_IN_FILE, CONVERSATION_NOT_FOUND, CONVERSATION_NOT_READY, CONVERSATION_TOO_LARGE, TRAINING_FILE_BUSY, IDEMPOTENCY_KEY_REUSED. Locks the organisation, the file, the conversations. Definer: see create_training_file.';

CREATE TABLE public.training_file_versions (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    org_id uuid NOT NULL,
    training_file_id uuid NOT NULL,
    version integer NOT NULL,
    parent_version integer NOT NULL,
    file_name text NOT NULL,
    change text NOT NULL,
    state text DEFAULT 'building'::text NOT NULL,
    is_queued boolean DEFAULT false NOT NULL,
    progress real DEFAULT 0 NOT NULL,
    options jsonb DEFAULT '{}'::jsonb NOT NULL,
    conversation_count integer DEFAULT 0 NOT NULL,
    total_training_pairs integer DEFAULT 0 NOT NULL,
    json_sha256 text,
    jsonl_sha256 text,
    content_digest text,
    totals jsonb,
    error jsonb,
    build_token uuid DEFAULT gen_random_uuid() NOT NULL,
    build_until timestamp with time zone DEFAULT (clock_timestamp() + '00:00:30'::interval) NOT NULL,
    created_by uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    published_at timestamp with time zone,
    CONSTRAINT training_file_versions_change_check CHECK ((change = ANY (ARRAY['created'::text, 'added'::text, 'removed'::text, 'rebuilt'::text]))),
    CONSTRAINT training_file_versions_progress_check CHECK (((progress >= (0)::double precision) AND (progress <= (1)::double precision))),
    CONSTRAINT training_file_versions_published_check CHECK (((state <> 'published'::text) OR ((json_sha256 IS NOT NULL) AND (jsonl_sha256 IS NOT NULL) AND (content_digest IS NOT NULL)))),
    CONSTRAINT training_file_versions_state_check CHECK ((state = ANY (ARRAY['building'::text, 'published'::text, 'failed'::text, 'cancelled'::text])))
);

COMMENT ON TABLE public.training_file_versions IS 'Every version of a training file that was begun. A published one never changes; its number is never used again.';

COMMENT ON COLUMN public.training_file_versions.file_name IS 'What the file was called when the version was begun: its artefacts say so, whenever they are built.';

COMMENT ON COLUMN public.training_file_versions.is_queued IS 'Built by a job: nobody waits for the answer, so its end is kept for those who ask.';

COMMENT ON COLUMN public.training_file_versions.build_token IS 'Fencing token of the build: whoever presents another one has been overtaken.';

COMMENT ON COLUMN public.training_file_versions.build_until IS 'After this time, unless the builder has beaten again, the build is lost: whoever comes next ends it.';

CREATE FUNCTION private.add_training_file_results(version public.training_file_versions, result jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  figures jsonb := result -> 'totals';
begin
  update public.training_file_sources as source set sha256 = pinned.sha256
  from jsonb_to_recordset(result -> 'sources') as pinned (conversation_id uuid, sha256 text)
  where source.version_id = version.id and source.conversation_id = pinned.conversation_id;
  insert into public.training_artifacts
    (org_id, version_id, format, options_hash, options, path, size_bytes, line_count, sha256)
  select version.org_id, version.id, artifact.format, artifact.options_hash, artifact.options,
    artifact.path, artifact.size_bytes, artifact.line_count, artifact.sha256
  from jsonb_to_recordset(result -> 'artifacts') as artifact (
    format text, options_hash text, options jsonb, path text, size_bytes bigint,
    line_count integer, sha256 text
  );
  delete from private.storage_outbox
  where bucket = 'training-files'
    and path in (select artifact.path from public.training_artifacts as artifact
      where artifact.version_id = version.id);

  update public.training_file_versions
  set state = 'published', progress = 1, published_at = now(),
      conversation_count = (figures ->> 'conversation_count')::integer,
      total_training_pairs = (figures ->> 'total_training_pairs')::integer,
      json_sha256 = result ->> 'json_sha256', jsonl_sha256 = result ->> 'jsonl_sha256',
      content_digest = result ->> 'content_digest', totals = figures
  where id = version.id;
end
$$;

COMMENT ON FUNCTION private.add_training_file_results(version public.training_file_versions, result jsonb) IS 'Publishes a version: hashes of its sources, artefacts, figures; the sweeper forgets its objects. The caller has locked the file and the version.';

CREATE FUNCTION private.add_usage(org_id uuid, job_id bigint, kind text, subject_id text, usage jsonb, is_wasted boolean) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $_$
  insert into public.usage_events (
    org_id, job_id, kind, subject_id, provider, model, input_tokens, output_tokens, is_wasted,
    cost_usd
  )
  select
    add_usage.org_id, add_usage.job_id, add_usage.kind, add_usage.subject_id,
    item.provider, item.model, item.input_tokens, item.output_tokens, add_usage.is_wasted,
    (item.input_tokens * price.input_price + item.output_tokens * price.output_price) / 1000000
  from (
    select
      coalesce(part ->> 'provider', 'unknown') as provider,
      part ->> 'model' as model,
      coalesce((part ->> 'input_tokens')::bigint, 0) as input_tokens,
      coalesce((part ->> 'output_tokens')::bigint, 0) as output_tokens
    -- One object is as good as an array of one.
    from jsonb_path_query(add_usage.usage, 'lax $[*]') as part
  ) as item
  left join private.model_prices as price
    on price.provider = item.provider and price.model = item.model
  where add_usage.org_id is not null and item.model is not null
    and item.input_tokens + item.output_tokens > 0
$_$;

COMMENT ON FUNCTION private.add_usage(org_id uuid, job_id bigint, kind text, subject_id text, usage jsonb, is_wasted boolean) IS 'Books what an attempt consumed, {provider, model, input_tokens?, output_tokens?} or an array of such, on an organisation. Leaves out what has no model or no tokens.';

CREATE TABLE public.vault_documents (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    org_id uuid NOT NULL,
    title text NOT NULL,
    storage_path text NOT NULL,
    mime_type text NOT NULL,
    language text,
    revision integer DEFAULT 1 NOT NULL,
    chunk_generation bigint,
    trained_revision integer,
    created_by uuid DEFAULT auth.uid(),
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    next_chunk_generation bigint,
    CONSTRAINT vault_documents_language_check CHECK ((language = ANY (ARRAY['simple'::text, 'arabic'::text, 'armenian'::text, 'basque'::text, 'catalan'::text, 'danish'::text, 'dutch'::text, 'english'::text, 'finnish'::text, 'french'::text, 'german'::text, 'greek'::text, 'hindi'::text, 'hungarian'::text, 'indonesian'::text, 'irish'::text, 'italian'::text, 'lithuanian'::text, 'nepali'::text, 'norwegian'::text, 'portuguese'::text, 'romanian'::text, 'russian'::text, 'serbian'::text, 'spanish'::text, 'swedish'::text, 'tamil'::text, 'turkish'::text, 'yiddish'::text]))),
    CONSTRAINT vault_documents_mime_type_check CHECK ((mime_type ~ '^[a-z]{1,50}/[a-z0-9.+-]{1,100}$'::text)),
    CONSTRAINT vault_documents_next_chunk_generation_check CHECK (((next_chunk_generation IS NULL) OR (chunk_generation IS NOT NULL))),
    CONSTRAINT vault_documents_storage_path_check CHECK ((starts_with(storage_path, (((org_id || '/'::text) || id) || '/'::text)) AND (substr(storage_path, 75) ~ '^[A-Za-z0-9_]([A-Za-z0-9_ .()+-]{0,198}[A-Za-z0-9_)])?$'::text))),
    CONSTRAINT vault_documents_title_check CHECK ((private.is_visible(title) AND (char_length(title) <= 500)))
);

COMMENT ON TABLE public.vault_documents IS 'Documents of an organisation. Upload to bucket documents at <org_id>/<id>/<filename>, then insert the row.';

COMMENT ON COLUMN public.vault_documents.storage_path IS 'Name of the object in bucket documents; <org_id>/<id>/<filename> of this very row.';

COMMENT ON COLUMN public.vault_documents.language IS 'The text-search configuration of PostgreSQL for its words; null to have the language told from the text.';

COMMENT ON COLUMN public.vault_documents.revision IS 'Goes up with every update by a user, since an update is how a replaced object is announced.';

COMMENT ON COLUMN public.vault_documents.chunk_generation IS 'The generation of mono_training_chunks that readers see; null until the document is trained.';

COMMENT ON COLUMN public.vault_documents.trained_revision IS 'The revision that the live generation was made of: another one than `revision` means that a change has not been trained.';

COMMENT ON COLUMN public.vault_documents.next_chunk_generation IS 'A complete copy of the live generation with vectors of the organisation''s next model, which no reader sees before the switch; null while there is none.';

CREATE FUNCTION private.add_vault_doc(document public.vault_documents) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
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

COMMENT ON FUNCTION private.add_vault_doc(document public.vault_documents) IS 'Ensures the set Vault and the document''s place in it; returns the place.';

CREATE FUNCTION private.add_wasted_usage(refs jsonb) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select private.add_stale_usage(item.job_id::bigint, item.lease_token, item.usage)
  from jsonb_to_recordset(add_wasted_usage.refs)
    as item (job_id text, lease_token uuid, usage jsonb)
$$;

COMMENT ON FUNCTION private.add_wasted_usage(refs jsonb) IS 'Books what attempts consumed that end without a report, [{job_id, lease_token, usage}]: their worker ends, or has lost them. Definer: the tables are private.';

CREATE FUNCTION private.assert_batch(batch jsonb) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $$
begin
  if jsonb_typeof(batch) = 'array' and jsonb_array_length(batch) > 10000 then
    perform private.raise_error('INVALID_REQUEST', 400, 'A batch has at most 10,000 items');
  end if;
end
$$;

COMMENT ON FUNCTION private.assert_batch(batch jsonb) IS 'Raises INVALID_REQUEST for an array of more than 10,000 items, which one statement might not end in time.';

CREATE FUNCTION private.assert_conversation_ids(conversation_ids uuid[]) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $$
begin
  if coalesce(cardinality(conversation_ids), 0) not between 1 and 80
    or cardinality(conversation_ids)
      <> (select count(distinct wanted.id) from unnest(conversation_ids) as wanted (id))
  then
    perform private.raise_error(
      'INVALID_REQUEST', 400, 'The request is not valid', null,
      'conversation_ids names 1 to 80 conversations, none of them twice'
    );
  end if;
end
$$;

COMMENT ON FUNCTION private.assert_conversation_ids(conversation_ids uuid[]) IS 'Passes for 1 to 80 ids, none null, none twice. Raises INVALID_REQUEST: whoever calls the functions below without the edge function meets the same rules.';

CREATE FUNCTION private.assert_conversations_exist(org_id uuid, conversation_ids uuid[]) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  missing uuid[];
begin
  select array_agg(wanted.id) into missing
  from unnest(conversation_ids) as wanted (id)
  where not exists (
    select from public.conversations as conversation
    where conversation.org_id = assert_conversations_exist.org_id
      and conversation.conversation_id = wanted.id
  );
  if missing is not null then
    perform private.raise_error(
      'CONVERSATION_NOT_FOUND', 404, format('%s conversations do not exist', cardinality(missing)),
      jsonb_build_object('conversation_ids', missing)
    );
  end if;
end
$$;

COMMENT ON FUNCTION private.assert_conversations_exist(org_id uuid, conversation_ids uuid[]) IS 'Passes when every conversation exists in the organisation. Raises CONVERSATION_NOT_FOUND.';

CREATE FUNCTION private.assert_conversations_ready(org_id uuid, conversation_ids uuid[]) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  unready jsonb;
begin
  select jsonb_agg(jsonb_build_object(
    'conversation_id', conversation.conversation_id,
    'reason', case
      when conversation.enrichment_status <> 'completed'
      then format('enrichment_status is ''%s'', must be ''completed''', conversation.enrichment_status)
      else 'enriched_file_path is missing'
    end
  ) order by conversation.conversation_id) into unready
  from public.conversations as conversation
  where conversation.org_id = assert_conversations_ready.org_id
    and conversation.conversation_id = any (conversation_ids)
    and (conversation.enrichment_status <> 'completed' or conversation.enriched_file_path is null);
  if unready is not null then
    perform private.raise_error(
      'CONVERSATION_NOT_READY', 400,
      format('%s conversations cannot be used', jsonb_array_length(unready)), unready,
      'Enrich them first'
    );
  end if;
end
$$;

COMMENT ON FUNCTION private.assert_conversations_ready(org_id uuid, conversation_ids uuid[]) IS 'Passes when every conversation is enriched. Raises CONVERSATION_NOT_READY.';

CREATE FUNCTION private.assert_conversations_small(org_id uuid, conversation_ids uuid[]) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  oversized jsonb;
begin
  -- The limit of shared/training-files/conversation: no build has to begin to meet it.
  select jsonb_agg(jsonb_build_object(
    'conversation_id', conversation.conversation_id,
    'size_bytes', (object.metadata ->> 'size')::bigint,
    'limit_bytes', 8388608
  ) order by conversation.conversation_id) into oversized
  from public.conversations as conversation
  join storage.objects as object
    on object.bucket_id = 'conversation-files' and object.name = conversation.enriched_file_path
  where conversation.org_id = assert_conversations_small.org_id
    and conversation.conversation_id = any (conversation_ids)
    and (object.metadata ->> 'size')::bigint > 8388608;
  if oversized is not null then
    perform private.raise_error(
      'CONVERSATION_TOO_LARGE', 413,
      format('%s conversations are larger than 8 MiB', jsonb_array_length(oversized)), oversized
    );
  end if;
end
$$;

COMMENT ON FUNCTION private.assert_conversations_small(org_id uuid, conversation_ids uuid[]) IS 'Passes when no conversation is larger than a build reads. Raises CONVERSATION_TOO_LARGE.';

CREATE FUNCTION private.assert_conversations_usable(org_id uuid, conversation_ids uuid[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  -- Locked in the order of their ids, so that two builds never wait for each other in a ring.
  perform from public.conversations as conversation
  where conversation.org_id = assert_conversations_usable.org_id
    and conversation.conversation_id = any (conversation_ids)
  order by conversation.conversation_id
  for share;
  perform private.assert_conversations_exist(
    assert_conversations_usable.org_id, assert_conversations_usable.conversation_ids
  );
  perform private.assert_conversations_ready(
    assert_conversations_usable.org_id, assert_conversations_usable.conversation_ids
  );
  perform private.assert_conversations_small(
    assert_conversations_usable.org_id, assert_conversations_usable.conversation_ids
  );
end
$$;

COMMENT ON FUNCTION private.assert_conversations_usable(org_id uuid, conversation_ids uuid[]) IS 'Passes when every conversation exists in the organisation, is enriched and not too large. Raises CONVERSATION_NOT_FOUND, CONVERSATION_NOT_READY, CONVERSATION_TOO_LARGE. Locks the conversations in the order of their ids.';

CREATE FUNCTION private.assert_enqueue_quotas(jobs jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  item record;
begin
  for item in
    select (job ->> 'org_id')::uuid as org_id, count(*) as added_count
    from jsonb_array_elements(assert_enqueue_quotas.jobs) as job
    where job ->> 'org_id' is not null
    group by job ->> 'org_id'
    order by job ->> 'org_id'
  loop
    perform private.assert_token_quota(item.org_id);
    perform private.assert_job_quota(item.org_id, item.added_count);
  end loop;
end
$$;

COMMENT ON FUNCTION private.assert_enqueue_quotas(jobs jsonb) IS 'Passes for jobs that their organisations may still have done, after they were enqueued. Raises QUOTA_EXCEEDED. Locks as assert_job_quota.';

CREATE FUNCTION private.assert_idempotency_key(key text, request_hash text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $$
begin
  if char_length(assert_idempotency_key.key) not between 1 and 255
    or assert_idempotency_key.request_hash is null
  then
    perform private.raise_error(
      'INVALID_REQUEST', 400, 'The request is not valid', null,
      'An idempotency key has 1 to 255 characters and comes with the hash of its request'
    );
  end if;
end
$$;

COMMENT ON FUNCTION private.assert_idempotency_key(key text, request_hash text) IS 'Passes for a key of 1 to 255 characters that comes with the hash of its request. Raises INVALID_REQUEST.';

CREATE FUNCTION private.assert_in_training_file(members uuid[], conversation_ids uuid[]) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $$
declare
  unknown uuid[] := array(
    select wanted.id from unnest(conversation_ids) as wanted (id)
    where wanted.id <> all (members)
  );
begin
  if cardinality(unknown) > 0 then
    perform private.raise_error(
      'CONVERSATIONS_NOT_IN_FILE', 400,
      'Conversations not in training file: ' || array_to_string(unknown, ', '),
      jsonb_build_object('conversation_ids', unknown)
    );
  end if;
end
$$;

COMMENT ON FUNCTION private.assert_in_training_file(members uuid[], conversation_ids uuid[]) IS 'Passes when each of the conversations is in the file. Raises CONVERSATIONS_NOT_IN_FILE.';

CREATE FUNCTION private.assert_invitation(email text, role text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $_$
begin
  perform private.assert_role_name(assert_invitation.role);
  if coalesce(
    assert_invitation.email !~ '^[^\s@]+@[^\s@]+$' or char_length(assert_invitation.email) > 254,
    true
  ) then
    perform private.raise_error(
      'INVALID_REQUEST', 400, 'This is no e-mail address',
      jsonb_build_array(jsonb_build_object('path', 'email', 'message', 'must be an e-mail address'))
    );
  end if;
end
$_$;

COMMENT ON FUNCTION private.assert_invitation(email text, role text) IS 'Passes for an address and a role that exists. Raises INVALID_REQUEST.';

CREATE FUNCTION private.assert_job_filter(filter jsonb) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $_$
begin
  if jsonb_typeof(filter) is distinct from 'object' or filter = '{}'
    or filter - array['job_ids', 'org_id', 'lane', 'kind', 'code'] <> '{}'
    or jsonb_typeof(coalesce(filter -> 'job_ids', '[]')) <> 'array'
    or jsonb_path_exists(filter, '$.job_ids[*] ? (@.type() != "string")')
  then
    perform private.raise_error(
      'INVALID_REQUEST', 400, 'The filter takes job_ids, org_id, lane, kind and code', null,
      'Name at least one of them'
    );
  end if;
end
$_$;

COMMENT ON FUNCTION private.assert_job_filter(filter jsonb) IS 'Raises INVALID_REQUEST for a filter that names nothing, or something unknown: a slip must not meet every job.';

CREATE FUNCTION private.assert_job_payloads(jobs jsonb) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $_$
begin
  if jsonb_path_exists(
    jobs,
    'lax $[*].payload.keyvalue() ? (
      (@.key like_regex "_id$" && (@.value.type() != "string" ||
        !(@.value like_regex "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" flag "i")))
      || (@.key == "generation" && @.value.type() != "number")
    )',
    silent => true
  ) then
    perform private.raise_error(
      'INVALID_REQUEST', 400, 'A payload names what it is about by uuid, and a generation by number'
    );
  end if;
end
$_$;

COMMENT ON FUNCTION private.assert_job_payloads(jobs jsonb) IS 'Raises INVALID_REQUEST for a payload whose ids are none: the triggers of jobs read them, and would fail every claim that meets the job.';

CREATE FUNCTION private.assert_job_quota(org_id uuid, added_count bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  max_count bigint := private.get_quota(assert_job_quota.org_id, 'open_jobs');
  open_count bigint;
begin
  if max_count is null then
    return;
  end if;
  for attempt in 1..2 loop
    select count(*) into open_count
    from (
      select from private.jobs as job where job.org_id = assert_job_quota.org_id
      -- Never more of the index than the answer needs.
      limit max_count + 1
    ) as counted;
    -- Far from the quota, fifty requests at once cannot exceed it unseen. Near it they take turns.
    exit when attempt = 2
      or (open_count < max_count / 2 and assert_job_quota.added_count <= max_count / 100);
    perform pg_advisory_xact_lock(hashtextextended('open_jobs' || assert_job_quota.org_id, 0));
  end loop;
  perform private.assert_quota(assert_job_quota.org_id, 'open_jobs', open_count, 30);
end
$$;

COMMENT ON FUNCTION private.assert_job_quota(org_id uuid, added_count bigint) IS 'Passes while the organisation has no more open jobs than it may, those that this transaction has added included. Locks the organisation''s jobs for its users when there are many. Raises QUOTA_EXCEEDED.';

CREATE TABLE private.lanes (
    lane text NOT NULL,
    max_in_flight integer NOT NULL,
    requests_per_minute integer,
    tokens_per_minute integer,
    request_budget double precision DEFAULT 0 NOT NULL,
    token_budget double precision DEFAULT 0 NOT NULL,
    refilled_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    paused_until timestamp with time zone,
    pause_reason text,
    reduced_cap integer,
    reduced_at timestamp with time zone,
    start_in_flight integer,
    CONSTRAINT lanes_max_in_flight_check CHECK (((max_in_flight >= 1) AND (max_in_flight <= 1000))),
    CONSTRAINT lanes_reduced_cap_check CHECK ((reduced_cap >= 1)),
    CONSTRAINT lanes_reduced_check CHECK (((reduced_cap IS NULL) = (reduced_at IS NULL))),
    CONSTRAINT lanes_requests_per_minute_check CHECK (((requests_per_minute >= 1) AND (requests_per_minute <= 1000000))),
    CONSTRAINT lanes_tokens_per_minute_check CHECK (((tokens_per_minute >= 1) AND (tokens_per_minute <= 1000000000)))
)
WITH (fillfactor='50');

COMMENT ON TABLE private.lanes IS 'One row for each provider or resource that jobs share. Its row lock makes the limit exact across all workers.';

COMMENT ON COLUMN private.lanes.max_in_flight IS 'How many jobs of the lane may hold a lease at once.';

COMMENT ON COLUMN private.lanes.requests_per_minute IS 'What the provider allows; null for no limit.';

COMMENT ON COLUMN private.lanes.tokens_per_minute IS 'What the provider allows; null for no limit.';

COMMENT ON COLUMN private.lanes.request_budget IS 'Requests that may start now: a token bucket as of refilled_at, see private.get_lane_budget. Below 0 it is in debt.';

COMMENT ON COLUMN private.lanes.token_budget IS 'Tokens that may be sent now, as request_budget.';

COMMENT ON COLUMN private.lanes.paused_until IS 'No job of the lane is claimed before this time.';

COMMENT ON COLUMN private.lanes.pause_reason IS 'A code, such as PROVIDER_RATE_LIMITED or OPERATOR.';

COMMENT ON COLUMN private.lanes.reduced_cap IS 'How many leases the lane may hold since the provider refused calls at reduced_at; one more for each minute after it.';

COMMENT ON COLUMN private.lanes.start_in_flight IS 'What the environment of the workers asked for when max_in_flight was last set by it.';

CREATE FUNCTION private.assert_lane(lane private.lanes) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  if lane.lane is null then
    perform private.raise_error('LANE_NOT_FOUND', 404, 'There is no such lane');
  end if;
end
$$;

COMMENT ON FUNCTION private.assert_lane(lane private.lanes) IS 'Raises LANE_NOT_FOUND for the row of no lane.';

CREATE FUNCTION private.assert_minute_count(org_id uuid, name text, quota text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  perform private.assert_quota(
    own.org_id, assert_minute_count.quota, own.used_count + 1, private.get_seconds_left()
  )
  from private.minute_counts as own
  where own.org_id = assert_minute_count.org_id and own.name = assert_minute_count.name
    and own.minute_at = date_trunc('minute', clock_timestamp());
end
$$;

COMMENT ON FUNCTION private.assert_minute_count(org_id uuid, name text, quota text) IS 'Passes while one more fits into the minute. Counts and locks nothing. Raises QUOTA_EXCEEDED.';

CREATE TABLE public.training_files (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    org_id uuid NOT NULL,
    name text NOT NULL,
    description text,
    json_file_path text,
    jsonl_file_path text,
    storage_bucket text DEFAULT 'training-files'::text NOT NULL,
    conversation_count integer DEFAULT 0 NOT NULL,
    total_training_pairs integer DEFAULT 0 NOT NULL,
    json_file_size bigint,
    jsonl_file_size bigint,
    avg_quality_score numeric(3,2),
    min_quality_score numeric(3,2),
    max_quality_score numeric(3,2),
    human_reviewed_count integer DEFAULT 0 NOT NULL,
    scaffolding_distribution jsonb DEFAULT '{"personas": {}, "emotional_arcs": {}, "training_topics": {}}'::jsonb NOT NULL,
    status text DEFAULT 'processing'::text NOT NULL,
    is_archived boolean DEFAULT false NOT NULL,
    version integer DEFAULT 0 NOT NULL,
    stale boolean DEFAULT false NOT NULL,
    stale_policy text DEFAULT 'mark_stale'::text NOT NULL,
    created_by uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT training_files_description_check CHECK ((char_length(description) <= 2000)),
    CONSTRAINT training_files_is_archived_check CHECK (((status = 'processing'::text) OR (is_archived = (status = 'archived'::text)))),
    CONSTRAINT training_files_name_check CHECK (((name = btrim(name)) AND ((char_length(name) >= 1) AND (char_length(name) <= 255)))),
    CONSTRAINT training_files_stale_policy_check CHECK ((stale_policy = ANY (ARRAY['ignore'::text, 'mark_stale'::text, 'rebuild'::text]))),
    CONSTRAINT training_files_status_check CHECK ((status = ANY (ARRAY['active'::text, 'archived'::text, 'processing'::text, 'failed'::text]))),
    CONSTRAINT training_files_storage_bucket_check CHECK ((storage_bucket = 'training-files'::text)),
    CONSTRAINT training_files_version_check CHECK (((version = 0) OR ((json_file_path = (((id || '/v'::text) || version) || '/training.json'::text)) AND (jsonl_file_path = (((id || '/v'::text) || version) || '/training.jsonl'::text)))))
);

COMMENT ON TABLE public.training_files IS 'Training files: a row shows the live version, with all its figures. Written by functions only.';

COMMENT ON COLUMN public.training_files.status IS 'processing while version 1, or a queued build, is under way; failed when there is no version and the last build ended without one; else active or archived.';

COMMENT ON COLUMN public.training_files.is_archived IS 'What status says again when a queued build has ended.';

COMMENT ON COLUMN public.training_files.version IS 'The live version; 0 until the first is built.';

COMMENT ON COLUMN public.training_files.stale IS 'A conversation was enriched again since the live version was built.';

COMMENT ON COLUMN public.training_files.stale_policy IS 'What re-enrichment does: nothing, mark the file stale, or build a new version by itself.';

CREATE FUNCTION private.assert_not_in_training_file(file public.training_files, members uuid[], conversation_ids uuid[]) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $$
declare
  known uuid[] := array(
    select wanted.id from unnest(conversation_ids) with ordinality as wanted (id, place)
    where wanted.id = any (members) order by wanted.place
  );
begin
  -- Before there is a version nothing is in the file: the same conversations are one more attempt.
  if file.version > 0 and cardinality(known) > 0 then
    perform private.raise_error(
      'CONVERSATIONS_ALREADY_IN_FILE', 400,
      'Conversations already in training file: ' || array_to_string(known, ', '),
      jsonb_build_object('conversation_ids', known)
    );
  end if;
end
$$;

COMMENT ON FUNCTION private.assert_not_in_training_file(file public.training_files, members uuid[], conversation_ids uuid[]) IS 'Passes when none of the conversations is in the file. Raises CONVERSATIONS_ALREADY_IN_FILE.';

CREATE FUNCTION private.assert_org_role(org_id uuid, min_role text) RETURNS void
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  member_role text := (
    select member.role
    from public.organization_members as member
    join auth.users as account on account.id = member.user_id
    where member.org_id = assert_org_role.org_id
      and member.user_id = (select auth.uid())
      and coalesce(account.banned_until <= now(), true)
  );
begin
  if member_role is null then
    perform private.raise_error('ORG_NOT_FOUND', 404, 'There is no such organisation, or you are not a member of it');
  end if;
  if private.get_role_rank(member_role) >= private.get_role_rank(assert_org_role.min_role) then
    return;
  end if;
  perform private.raise_error(
    'ROLE_TOO_LOW', 403,
    format('This needs the role %s or higher in the organisation', assert_org_role.min_role),
    jsonb_build_object('role', member_role, 'required_role', assert_org_role.min_role),
    'Ask an admin of the organisation'
  );
end
$$;

COMMENT ON FUNCTION private.assert_org_role(org_id uuid, min_role text) IS 'Passes when the caller has at least the given role. Raises ORG_NOT_FOUND for a stranger (for nobody and for a banned user, too), ROLE_TOO_LOW for a member with less. Definer: reads memberships.';

CREATE FUNCTION private.assert_org_role_locked(org_id uuid, min_role text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  -- A stranger waits for nobody, and lets nobody wait.
  perform private.assert_org_role(assert_org_role_locked.org_id, assert_org_role_locked.min_role);
  perform from public.organizations as own
  where own.id = assert_org_role_locked.org_id for no key update;
  -- Whoever held the lock may have taken the role away.
  perform private.assert_org_role(assert_org_role_locked.org_id, assert_org_role_locked.min_role);
end
$$;

COMMENT ON FUNCTION private.assert_org_role_locked(org_id uuid, min_role text) IS 'As assert_org_role, with the memberships locked from here on: locks the organisation, which all that changes them does first.';

CREATE FUNCTION private.assert_other_owner(member public.organization_members) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  if member.role = 'owner' and not exists (
    select from public.organization_members as other
    where other.org_id = member.org_id and other.role = 'owner' and other.user_id <> member.user_id
  ) then
    perform private.raise_error(
      'OWNER_REQUIRED', 409, 'An organisation keeps at least one owner', null,
      'Transfer the ownership first, or delete the organisation'
    );
  end if;
end
$$;

COMMENT ON FUNCTION private.assert_other_owner(member public.organization_members) IS 'Passes unless the member is the only owner. Raises OWNER_REQUIRED. The caller has locked the organisation.';

CREATE FUNCTION private.assert_project_role(project_id uuid, min_role text) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  own_org_id uuid;
begin
  select project.org_id into own_org_id from public.projects as project
  where project.id = assert_project_role.project_id
    and project.org_id in (select private.get_member_org_ids('viewer'));
  if own_org_id is null then
    perform private.raise_error('PROJECT_NOT_FOUND', 404, 'There is no such project');
  end if;
  perform private.assert_org_role(own_org_id, min_role);
end
$$;

COMMENT ON FUNCTION private.assert_project_role(project_id uuid, min_role text) IS 'Raises PROJECT_NOT_FOUND for a project that is not the caller''s, ROLE_TOO_LOW.';

CREATE FUNCTION private.assert_quota(org_id uuid, name text, used_count bigint, retry_after integer DEFAULT NULL::integer) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  max_count bigint := private.get_quota(assert_quota.org_id, assert_quota.name);
begin
  if assert_quota.used_count > max_count then
    perform private.raise_error(
      'QUOTA_EXCEEDED', 429,
      format('The quota %s of the organisation is used up', assert_quota.name),
      jsonb_build_object(
        'quota', assert_quota.name, 'max_count', max_count,
        'retry_after_seconds', assert_quota.retry_after
      ),
      'Delete something, wait where there is a Retry-After, or ask for a higher quota',
      case when assert_quota.retry_after is null then '{}'
        else json_build_object('Retry-After', assert_quota.retry_after::text)
      end
    );
  end if;
end
$$;

COMMENT ON FUNCTION private.assert_quota(org_id uuid, name text, used_count bigint, retry_after integer) IS 'Passes while no more is used than the organisation may. Raises QUOTA_EXCEEDED, with Retry-After where waiting helps.';

CREATE FUNCTION private.assert_role_name(role text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $$
begin
  if private.get_role_rank(assert_role_name.role) is null then
    perform private.raise_error(
      'INVALID_REQUEST', 400, 'There is no such role',
      jsonb_build_array(jsonb_build_object(
        'path', 'role', 'message', 'must be viewer, editor, admin or owner'
      ))
    );
  end if;
end
$$;

COMMENT ON FUNCTION private.assert_role_name(role text) IS 'Passes for a role that exists. Raises INVALID_REQUEST.';

CREATE FUNCTION private.assert_token_quota(org_id uuid) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  perform private.assert_quota(
    assert_token_quota.org_id, 'tokens_per_day',
    -- Used up is the last token, not the one after.
    private.get_tokens_today(assert_token_quota.org_id) + 1,
    ceil(extract(epoch from date_trunc('day', now(), 'UTC') + interval '1 day' - now()))::integer
  );
end
$$;

COMMENT ON FUNCTION private.assert_token_quota(org_id uuid) IS 'Passes until the organisation has consumed its tokens of the day (UTC). What is under way then is finished: it is booked at its end. Raises QUOTA_EXCEEDED.';

CREATE FUNCTION private.assert_training_file_changes(changes jsonb) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $$
begin
  if (case when jsonb_typeof(changes) = 'object' then
    changes - array['name', 'description', 'status', 'stale_policy'] = '{}'
    and (not changes ? 'name' or char_length(btrim(changes ->> 'name')) between 1 and 255)
    and coalesce(char_length(changes ->> 'description'), 0) <= 2000
    and (not changes ? 'status' or changes ->> 'status' in ('active', 'archived'))
    and (
      not changes ? 'stale_policy'
      or changes ->> 'stale_policy' in ('ignore', 'mark_stale', 'rebuild')
    )
  end) is not true then
    perform private.raise_error(
      'INVALID_REQUEST', 400, 'The request is not valid', null,
      'name has 1 to 255 characters, description at most 2000; status is active or archived; stale_policy is ignore, mark_stale or rebuild'
    );
  end if;
end
$$;

COMMENT ON FUNCTION private.assert_training_file_changes(changes jsonb) IS 'Passes for {name?, description?, status?, stale_policy?}; processing and failed are not a user''s to set. Raises INVALID_REQUEST.';

CREATE FUNCTION private.assert_training_file_options(options jsonb) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $$
begin
  if coalesce(
    options not in ('{}', '{"validation": "repair"}', '{"validation": "strict"}'), true
  ) then
    perform private.raise_error(
      'INVALID_REQUEST', 400, 'The request is not valid', null, 'validation is repair or strict'
    );
  end if;
end
$$;

COMMENT ON FUNCTION private.assert_training_file_options(options jsonb) IS 'Passes for what a build understands. Raises INVALID_REQUEST.';

CREATE FUNCTION private.assert_training_file_sources(version public.training_file_versions) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  if exists (
    select from public.training_file_sources as source
    where source.version_id = version.id and not exists (
      select from public.conversations as conversation
      where conversation.org_id = version.org_id
        and conversation.conversation_id = source.conversation_id
    )
  ) then
    perform private.raise_error(
      'SOURCE_CHANGED', 409, 'A conversation was deleted while the file was built'
    );
  end if;
end
$$;

COMMENT ON FUNCTION private.assert_training_file_sources(version public.training_file_versions) IS 'Passes when every conversation of the version is still there. Raises SOURCE_CHANGED.';

CREATE FUNCTION private.audit_builds() RETURNS TABLE(name text, subject text, detail text)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  with ended as materialized (
    select past.dedupe_key, count(*) filter (where past.outcome = 'completed') as completed_count,
      max(past.finished_at) as finished_at
    from private.job_history as past where past.kind = 'build_training_file'
    group by past.dedupe_key
  ),
  open as materialized (
    select job.dedupe_key from private.jobs as job where job.kind = 'build_training_file'
  )
  -- Cron ends lost builds every minute.
  select 'builds at work', version.id::text, 'building, and nobody builds it'
  from public.training_file_versions as version
  left join ended on ended.dedupe_key = version.id::text
  where version.state = 'building' and (
    version.build_until < now() - interval '2 minutes'
    or (
      version.is_queued and version.id::text not in (select open.dedupe_key from open)
      and coalesce(ended.finished_at < now() - interval '2 minutes', true)
    )
  )
  union all
  select 'builds at work', file.id::text, 'processing, and no version is being built'
  from public.training_files as file
  where file.status = 'processing' and not exists (
    select from public.training_file_versions as version
    where version.training_file_id = file.id and version.state = 'building'
  )
  union all
  select 'ended builds', version.id::text,
    format('%s, and %s jobs completed it', version.state, coalesce(ended.completed_count, 0))
  from public.training_file_versions as version
  left join ended on ended.dedupe_key = version.id::text
  where version.is_queued and version.state <> 'building'
    and case version.state
      when 'published' then ended.completed_count is distinct from 1
        and version.published_at > now() - interval '29 days'
      else ended.completed_count > 0
    end
$$;

COMMENT ON FUNCTION private.audit_builds() IS 'Builds that nobody carries out, files that wait for none, and queued versions whose jobs ended otherwise than they did.';

CREATE FUNCTION private.audit_chunks() RETURNS TABLE(name text, subject text, detail text)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  with stored as materialized (
    select chunk.org_id, chunk.vault_document_id, chunk.generation, count(*) as chunk_count,
      max(chunk.ordinal) + 1 as place_count, min(chunk.embedding_model) as model,
      count(distinct chunk.embedding_model) as model_count
    from public.mono_training_chunks as chunk
    group by chunk.org_id, chunk.vault_document_id, chunk.generation
  ),
  document as materialized (
    select own.id, own.org_id, own.chunk_generation, own.next_chunk_generation,
      own.trained_revision, own.revision, organization.embedding_model,
      organization.next_embedding_model
    from public.vault_documents as own
    join public.organizations as organization on organization.id = own.org_id
  )
  select 'trained revisions', document.id::text,
    format(
      'revision %s, trained %s, generation %s',
      document.revision, document.trained_revision, document.chunk_generation
    )
  from document
  where (document.trained_revision is null) <> (document.chunk_generation is null)
    or document.trained_revision > document.revision
  union all
  select 'live chunks', document.id::text, format('generation %s has none', document.chunk_generation)
  from document
  where document.chunk_generation is not null and not exists (
    select from stored
    where stored.org_id = document.org_id and stored.vault_document_id = document.id
      and stored.generation = document.chunk_generation
  )
  union all
  select 'positions of chunks', document.id::text,
    format('%s chunks at positions up to %s', stored.chunk_count, stored.place_count - 1)
  from document
  join stored on stored.org_id = document.org_id and stored.vault_document_id = document.id
    and stored.generation in (document.chunk_generation, document.next_chunk_generation)
  where stored.chunk_count <> stored.place_count
  union all
  select 'models of vectors', document.id::text,
    format('generation %s is of %s', stored.generation, stored.model)
  from document
  join stored on stored.org_id = document.org_id and stored.vault_document_id = document.id
    and stored.generation in (document.chunk_generation, document.next_chunk_generation)
  where stored.model_count > 1 or stored.model is distinct from case stored.generation
    when document.chunk_generation then document.embedding_model else document.next_embedding_model
  end
  union all
  select 'copies for a switch', document.id::text,
    format('%s of %s chunks are copied', coalesce(copy.chunk_count, 0), stored.chunk_count)
  from document
  join stored on stored.org_id = document.org_id and stored.vault_document_id = document.id
    and stored.generation = document.chunk_generation
  left join stored as copy
    on copy.org_id = document.org_id and copy.vault_document_id = document.id
    and copy.generation = document.next_chunk_generation
  where document.next_chunk_generation is not null
    and copy.chunk_count is distinct from stored.chunk_count
  union all
  select 'stray chunks', document.id::text,
    format('%s of generation %s', stored.chunk_count, stored.generation)
  from document
  join stored on stored.org_id = document.org_id and stored.vault_document_id = document.id
  where stored.generation is distinct from document.chunk_generation
    and stored.generation is distinct from document.next_chunk_generation
    -- Vectors of the next model are worth keeping until the switch is over.
    and stored.model is distinct from document.next_embedding_model
    and not exists (select from private.jobs as job where job.id = stored.generation / 1000)
    and not exists (
      select from private.stale_chunks as stale
      where stale.org_id = document.org_id and stale.vault_document_id = document.id
        and stale.embedding_model = stored.model
    )
  union all
  select 'stray chunks', kept.vault_document_id::text,
    format('%s vectors of an interrupted training', count(*))
  from private.interrupted_vectors as kept
  where not exists (
    select from private.jobs as job
    where job.kind = 'train_document' and job.dedupe_key = kept.vault_document_id::text
  )
  group by kept.vault_document_id
$$;

COMMENT ON FUNCTION private.audit_chunks() IS 'Documents whose live chunks are missing, have gaps, or are of another model than their organisation searches with, and chunks that are neither live nor being written, or vectors of them.';

CREATE FUNCTION private.audit_file_sources() RETURNS TABLE(name text, subject text, detail text)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  with source as materialized (
    select version.id as version_id, count(own.version_id) as source_count,
      coalesce(max(own.position) + 1, 0) as place_count,
      count(*) filter (where own.version_id is not null and known.sha256 is null) as unknown_count,
      coalesce(sum((known.snapshot #>> '{counts,target_pairs}')::bigint), 0) as pair_count,
      array_agg(own.conversation_id order by own.position) as conversation_ids
    from public.training_file_versions as version
    left join public.training_file_sources as own on own.version_id = version.id
    left join public.conversation_snapshots as known
      on known.org_id = own.org_id and known.sha256 = own.sha256
    where version.state = 'published'
    group by version.id
  )
  select 'sources of versions', version.id::text,
    format(
      '%s sources for %s conversations, %s of them without a snapshot; %s pairs for %s',
      source.source_count, version.conversation_count, source.unknown_count, source.pair_count,
      version.total_training_pairs
    )
  from public.training_file_versions as version
  join source on source.version_id = version.id
  where source.source_count <> version.conversation_count
    or source.source_count <> source.place_count
    or source.unknown_count > 0 or source.pair_count <> version.total_training_pairs
  union all
  select 'members of files', file.id::text, 'not the conversations of the live version, in order'
  from public.training_files as file
  join public.training_file_versions as version
    on version.training_file_id = file.id and version.version = file.version
  join source on source.version_id = version.id
  left join lateral (
    select array_agg(member.conversation_id order by member.position) as conversation_ids
    from public.training_file_conversations as member where member.training_file_id = file.id
  ) as member on true
  where member.conversation_ids is distinct from source.conversation_ids
$$;

COMMENT ON FUNCTION private.audit_file_sources() IS 'Versions whose counts are not those of their conversations'' snapshots, and files whose members are not those of their live version.';

CREATE FUNCTION private.audit_file_versions() RETURNS TABLE(name text, subject text, detail text)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  with published as materialized (
    select version.* from public.training_file_versions as version
    where version.state = 'published'
  ),
  native as materialized (
    select artifact.version_id, artifact.format, artifact.sha256, artifact.size_bytes
    from public.training_artifacts as artifact where artifact.options_hash = ''
  )
  select 'live versions', file.id::text,
    format(
      'version %s of %s published: %s conversations of %s, %s pairs of %s', file.version,
      newest.version, file.conversation_count, live.conversation_count,
      file.total_training_pairs, live.total_training_pairs
    )
  from public.training_files as file
  left join published as live
    on live.training_file_id = file.id and live.version = file.version
  left join native as json on json.version_id = live.id and json.format = 'json'
  left join native as jsonl on jsonl.version_id = live.id and jsonl.format = 'jsonl'
  left join (
    select published.training_file_id, max(published.version) as version
    from published group by published.training_file_id
  ) as newest on newest.training_file_id = file.id
  where file.version <> coalesce(newest.version, 0) or (
    file.version > 0 and (
      file.status = 'failed'
      or (file.conversation_count, file.total_training_pairs)
        is distinct from (live.conversation_count, live.total_training_pairs)
      or (file.json_file_size, file.jsonl_file_size)
        is distinct from (json.size_bytes, jsonl.size_bytes)
    )
  )
  union all
  select 'artefacts of versions', published.id::text,
    case when lacking.formats is not null then format('no %s', lacking.formats)
      else 'the version''s hashes are not those of its artefacts'
    end
  from published
  left join native as json on json.version_id = published.id and json.format = 'json'
  left join native as jsonl on jsonl.version_id = published.id and jsonl.format = 'jsonl'
  left join native as manifest on manifest.version_id = published.id and manifest.format = 'manifest'
  cross join lateral (
    select string_agg(wanted.format, ', ' order by wanted.format) as formats
    from (
      values ('json', json.version_id), ('jsonl', jsonl.version_id), ('manifest', manifest.version_id)
    ) as wanted (format, version_id)
    where wanted.version_id is null
  ) as lacking
  where lacking.formats is not null
    or (published.json_sha256, published.jsonl_sha256)
      is distinct from (json.sha256, jsonl.sha256)
$$;

COMMENT ON FUNCTION private.audit_file_versions() IS 'Files that do not show the figures of their newest version, and versions without their artefacts.';

CREATE FUNCTION private.audit_installation(part text DEFAULT NULL::text, grace interval DEFAULT '01:00:00'::interval) RETURNS TABLE(part text, "check" text, difference_count bigint, differences jsonb, hint text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  with difference as materialized (
    select found.*, row_number() over (partition by found.name order by found.subject) as place
    from private.list_differences(audit_installation.part, audit_installation.grace) as found
  )
  select asked.part, asked.name, count(difference.subject),
    coalesce(
      jsonb_agg(
        jsonb_build_object('id', difference.subject, 'detail', difference.detail)
        order by difference.place
      ) filter (where difference.place <= 1000),
      '[]'
    ),
    case when count(difference.subject) > 0 then asked.hint end
  from (
    values
      (100, 'objects', 'files of documents', 'Upload the file again, or delete the document'),
      (101, 'objects', 'rows of documents', 'Left by a browser that did not come back: delete the object through the Storage API'),
      (102, 'objects', 'files of pointer-crops', 'Upload the crop again, or delete its row'),
      (103, 'objects', 'rows of pointer-crops', 'Left by a browser that did not come back: delete the object through the Storage API'),
      (104, 'objects', 'files of conversation-files', 'Upload the conversation again; or remove it from the training files that hold it (delete those that hold no other), then delete its row'),
      (105, 'objects', 'rows of conversation-files', 'Its user''s own, left by a deleted conversation or a browser that did not come back: delete the object through the Storage API'),
      (106, 'objects', 'files of training-files', 'Bring the object back from the backup of the bucket, or rebuild the file: add or remove a conversation'),
      (107, 'objects', 'rows of training-files', 'Swept in the night after it is a day old: private.enqueue_orphaned_objects'),
      (200, 'chunks', 'trained revisions', 'Train the document again'),
      (201, 'chunks', 'live chunks', 'Train the document again'),
      (202, 'chunks', 'positions of chunks', 'Train the document again'),
      (203, 'chunks', 'models of vectors', 'Train the document again; of all: npm run embeddings -- status'),
      (204, 'chunks', 'copies for a switch', 'npm run embeddings -- cancel, then switch again'),
      (205, 'chunks', 'stray chunks', 'Train the document again, which removes them; no reader sees them'),
      (206, 'chunks', 'models of crops', 'select private.enqueue_pointers(array[<id>]::uuid[]), which keeps the reading; what a switch has left behind is replaced by the next'),
      (300, 'jobs', 'expired leases', 'npm run doctor: nobody ticks, or no worker comes'),
      (301, 'jobs', 'places in lanes', 'max_in_flight was lowered: wait until those end'),
      (302, 'jobs', 'open trainings', 'private.sweep_jobs queues it again within a minute; if not, npm run doctor'),
      (303, 'jobs', 'ended trainings', 'Train the document again'),
      (304, 'jobs', 'trained once', 'Report it: a job was carried out twice'),
      (305, 'jobs', 'trained documents', 'Train the document again'),
      (306, 'jobs', 'crops at work', 'POST /enrichment/pointers/:id/retry'),
      (307, 'jobs', 'read crops', 'POST /enrichment/pointers/:id/retry'),
      (308, 'jobs', 'builds at work', 'private.enqueue_storage_sweep ends lost builds every minute; if not, npm run doctor'),
      (309, 'jobs', 'ended builds', 'Rebuild the file: add or remove a conversation'),
      (310, 'jobs', 'usage of jobs', 'Report it: what was consumed is booked wrong'),
      (400, 'training_files', 'live versions', 'Rebuild the file: add or remove a conversation'),
      (401, 'training_files', 'artefacts of versions', 'Rebuild the file: add or remove a conversation'),
      (402, 'training_files', 'sources of versions', 'Rebuild the file: add or remove a conversation'),
      (403, 'training_files', 'members of files', 'Rebuild the file: add or remove a conversation'),
      (500, 'counts', 'rows of organisations', 'update private.row_counts to the number of rows'),
      (501, 'counts', 'chunks of search', 'select private.update_search_counts(<id>)'),
      (502, 'counts', 'words of search', 'select private.update_search_counts(<id>)')
  ) as asked (place, part, name, hint)
  left join difference on difference.name = asked.name
  where asked.part = coalesce(audit_installation.part, asked.part)
  group by asked.place, asked.part, asked.name, asked.hint
  order by asked.place
$$;

COMMENT ON FUNCTION private.audit_installation(part text, grace interval) IS 'One row for each check of the data: how many differences, the first thousand of them by id, and what to do about them. All in one snapshot, so that what is under way is none; objects younger than the grace may still get their row. Paste into the SQL editor: select * from private.audit_installation(). Changes nothing. Definer: reads every organisation, the job tables and storage.objects.';

CREATE FUNCTION private.audit_leases() RETURNS TABLE(name text, subject text, detail text)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select 'expired leases', job.id::text,
    format('%s, held by %s, expired', job.kind, job.worker_id)
  from private.jobs as job
  join private.lanes as lane on lane.lane = job.lane
  left join private.workers as worker on worker.id = job.worker_id
  where job.lease_token is not null
    -- A lease, a tick, and what the call takes that a tick makes.
    and job.visible_at < now() - make_interval(secs => coalesce(worker.lease_seconds, 45) + 10)
    and coalesce(lane.paused_until <= now(), true)
  union all
  select 'places in lanes', lane.lane,
    format('%s leases, and %s places', count(*), lane.max_in_flight)
  from private.lanes as lane
  join private.jobs as job on job.lane = lane.lane and job.lease_token is not null
  where job.visible_at > now()
  group by lane.lane
  having count(*) > lane.max_in_flight
$$;

COMMENT ON FUNCTION private.audit_leases() IS 'Jobs that nobody has taken over since their worker was lost, though their lane is open, and lanes with more leases than places.';

CREATE FUNCTION private.audit_objects(grace interval) RETURNS TABLE(name text, subject text, detail text)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  with named as materialized (select listed.* from private.list_named_objects() as listed),
  stored as materialized (
    select object.bucket_id as bucket, object.name, object.created_at,
      (object.metadata ->> 'size')::bigint as size_bytes
    from storage.objects as object
    where object.bucket_id in ('documents', 'pointer-crops', 'conversation-files', 'training-files')
  )
  select 'files of ' || named.bucket, named.owner,
    case when stored.name is null then format('no object at %s', named.name)
      else format(
        '%s has %s bytes, and was written with %s',
        named.name, stored.size_bytes, named.size_bytes
      )
    end
  from named
  left join stored on stored.bucket = named.bucket and stored.name = named.name
  where stored.name is null or stored.size_bytes <> named.size_bytes
  union all
  select 'rows of ' || stored.bucket, stored.name, 'no row names this object'
  from stored
  left join named on named.bucket = stored.bucket and named.name = stored.name
  left join private.storage_outbox as outbox
    on outbox.bucket = stored.bucket and outbox.path = stored.name
  where named.name is null and outbox.id is null
    -- A browser uploads first, and inserts its row then.
    and stored.created_at <= now() - audit_objects.grace
    and stored.name not like '%/.emptyFolderPlaceholder'
    and not (
      stored.bucket = 'conversation-files' and exists (
        select from public.conversations as conversation
        where stored.name in (conversation.file_path, conversation.raw_response_path)
      )
    )
$$;

COMMENT ON FUNCTION private.audit_objects(grace interval) IS 'Rows whose object is missing or has another size, and objects older than the grace that neither a row nor the sweeper''s list names.';

CREATE FUNCTION private.audit_pointer_vectors() RETURNS TABLE(name text, subject text, detail text)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select 'models of crops', pointer.id::text,
    format(
      'its vector is of %s, and its organisation searches with %s',
      pointer.embedding_model, organization.embedding_model
    )
  from public.pointers as pointer
  join public.organizations as organization on organization.id = pointer.org_id
  -- One that could not be read again keeps what it was found by.
  where pointer.enrichment_status = 'complete'
    -- Without a model of its own, it searches with that of the question.
    and pointer.embedding_model <> organization.embedding_model
    and not exists (
      select from private.jobs as job
      where job.kind = 'enrich_pointer' and job.dedupe_key = pointer.id::text
    )
  union all
  select 'models of crops', pointer.id::text,
    format('a vector of %s is kept, and no switch to it goes on', next_vector.embedding_model)
  from private.next_pointer_vectors as next_vector
  join public.pointers as pointer on pointer.id = next_vector.pointer_id
  join public.organizations as organization on organization.id = pointer.org_id
  where next_vector.embedding_model is distinct from organization.next_embedding_model
$$;

COMMENT ON FUNCTION private.audit_pointer_vectors() IS 'Crops whose vector is of another model than their organisation searches with, so that no search by meaning finds them, and vectors left over from a switch.';

CREATE FUNCTION private.audit_pointers() RETURNS TABLE(name text, subject text, detail text)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  with open as materialized (
    select job.dedupe_key, bool_or(job.lease_token is not null) as is_held
    from private.jobs as job where job.kind = 'enrich_pointer'
    group by job.dedupe_key
  ),
  ended as materialized (
    select distinct on (past.dedupe_key) past.dedupe_key, past.outcome
    from private.job_history as past where past.kind = 'enrich_pointer'
    order by past.dedupe_key, past.finished_at desc, past.id desc
  )
  select 'crops at work', pointer.id::text,
    format(
      '%s, and its job %s', pointer.enrichment_status,
      coalesce(case when open.is_held then 'is held' else 'waits' end, 'is gone')
    )
  from public.pointers as pointer
  left join open on open.dedupe_key = pointer.id::text
  where case pointer.enrichment_status
    -- While its owner changes it, a crop may still say pending.
    when 'pending' then open.dedupe_key is null
    when 'processing' then open.is_held is not true
    else open.dedupe_key is not null
  end
  union all
  select 'read crops', pointer.id::text,
    case when pointer.enrichment_status = 'complete' then 'complete, without a description'
      else format('%s, and its last job completed', pointer.enrichment_status)
    end
  from public.pointers as pointer
  left join open on open.dedupe_key = pointer.id::text
  left join ended on ended.dedupe_key = pointer.id::text
  where open.dedupe_key is null and case pointer.enrichment_status
    when 'complete' then pointer.description is null
    else ended.outcome = 'completed'
  end
$$;

COMMENT ON FUNCTION private.audit_pointers() IS 'Crops that do not say what their job does, and crops without what their job has read.';

CREATE FUNCTION private.audit_row_counts() RETURNS TABLE(name text, subject text, detail text)
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  counted_rows text := (
    select string_agg(format('select own.org_id from %s as own', fired.tgrelid::regclass), ' union all ')
    from pg_catalog.pg_trigger as fired
    where fired.tgfoid = 'private.tg_any__count_new()'::regprocedure
  );
begin
  -- Row by row into the columns: the linter takes those of a dynamic query for unset.
  for name, subject, detail in execute format(
    'select ''rows of organisations'', coalesce(counted.org_id, kept.org_id)::text,
       format(''%%s rows, %%s counted'', coalesce(counted.row_count, 0), coalesce(kept.row_count, 0))
     from (
       select listed.org_id, count(*) as row_count from (%s) as listed group by listed.org_id
     ) as counted
     full join private.row_counts as kept on kept.org_id = counted.org_id
     where coalesce(counted.row_count, 0) <> coalesce(kept.row_count, 0)',
    counted_rows
  ) loop
    return next;
  end loop;
end
$$;

COMMENT ON FUNCTION private.audit_row_counts() IS 'Organisations whose quota of rows is held against another number than they have, of the tables that count.';

CREATE FUNCTION private.audit_search_counts() RETURNS TABLE(name text, subject text, detail text)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  with settled as materialized (
    -- Others are to be counted anew, and are known to be wrong until then.
    select organization.id from public.organizations as organization
    where organization.id not in (select mark.org_id from private.search_recounts as mark)
  ),
  live as materialized (
    select chunk.org_id, chunk.language, chunk.search_vector
    from public.mono_training_chunks as chunk
    join public.vault_documents as document
      on document.org_id = chunk.org_id and document.id = chunk.vault_document_id
      and document.chunk_generation = chunk.generation
    where chunk.org_id in (select settled.id from settled)
  ),
  counted as (
    select live.org_id, count(*) as chunk_count, array_agg(distinct live.language) as languages
    from live group by live.org_id
  ),
  word as (
    select live.org_id, lexeme, count(*) as chunk_count
    from live cross join unnest(tsvector_to_array(live.search_vector)) as lexeme
    group by live.org_id, lexeme
  )
  select 'chunks of search', settled.id::text,
    format(
      '%s live chunks in %s, %s counted in %s', coalesce(counted.chunk_count, 0),
      array_to_string(counted.languages, ', '), coalesce(kept.chunk_count, 0),
      array_to_string(kept.languages, ', ')
    )
  from settled
  left join counted on counted.org_id = settled.id
  left join private.search_stats as kept on kept.org_id = settled.id
  where coalesce(counted.chunk_count, 0) <> coalesce(kept.chunk_count, 0)
    -- One that has gone is forgotten with the next count of all.
    or not coalesce(counted.languages, '{}') <@ coalesce(kept.languages, '{}')
  union all
  select 'words of search', coalesce(word.org_id, kept.org_id)::text,
    format('%s of its words are counted wrong', count(*))
  from word
  full join (
    select known.* from private.search_lexemes as known
    where known.org_id in (select settled.id from settled)
  ) as kept on kept.org_id = word.org_id and kept.lexeme = word.lexeme collate "C"
  where word.chunk_count is distinct from kept.chunk_count
  group by coalesce(word.org_id, kept.org_id)
$$;

COMMENT ON FUNCTION private.audit_search_counts() IS 'Organisations of whose live chunks, or the words in them, search has another count than there are.';

CREATE FUNCTION private.audit_trainings() RETURNS TABLE(name text, subject text, detail text)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  with open as materialized (
    select job.id, (job.payload ->> 'training_job_id')::uuid as training_id,
      job.lease_token is not null as is_held
    from private.jobs as job where job.kind = 'train_document'
  ),
  past as materialized (
    select past.id, past.outcome, past.finished_at, past.dedupe_key,
      (past.payload ->> 'training_job_id')::uuid as training_id
    from private.job_history as past where past.kind = 'train_document'
  ),
  ended as (
    select distinct on (past.training_id) past.* from past
    order by past.training_id, past.finished_at desc, past.id desc
  )
  select 'open trainings', training.id::text,
    format(
      '%s, and its job %s', training.status,
      coalesce(case when open.is_held then 'is held' else 'waits' end, 'is gone')
    )
  from public.mono_training_jobs as training
  left join open on open.training_id = training.id
  where training.status in ('queued', 'processing')
    and open.is_held is distinct from (training.status = 'processing')
  union all
  select 'ended trainings', training.id::text,
    format('%s, and its job %s', training.status, coalesce(ended.outcome, 'is open'))
  from public.mono_training_jobs as training
  left join ended on ended.training_id = training.id
  left join open on open.training_id = training.id
  where training.status in ('completed', 'failed', 'cancelled') and (
    open.id is not null
    or (ended.outcome = 'completed') <> (training.status = 'completed')
    or (ended.outcome = 'dead') <> (training.status = 'failed')
    -- History is kept for 30 days.
    or (ended.outcome is null and training.completed_at > now() - interval '29 days')
  )
  union all
  select 'trained once', past.training_id::text, format('%s jobs completed it', count(*))
  from past where past.outcome = 'completed'
  group by past.training_id having count(*) > 1
  union all
  select 'trained documents', document.id::text,
    format('generation %s, and job %s completed last', document.chunk_generation, latest.id)
  from public.vault_documents as document
  join (
    select distinct on (past.dedupe_key) past.dedupe_key, past.id from past
    where past.outcome = 'completed'
      -- A document that left its last set has lost its trainings with its chunks.
      and exists (
        select from public.mono_training_jobs as training where training.id = past.training_id
      )
    order by past.dedupe_key, past.finished_at desc, past.id desc
  ) as latest on latest.dedupe_key = document.id::text
  where document.chunk_generation / 1000 is distinct from latest.id and not exists (
    select from private.job_history as copy
    where copy.id = document.chunk_generation / 1000 and copy.kind = 'reembed_document'
      and copy.outcome = 'completed' and copy.id > latest.id
      and copy.payload ->> 'vault_document_id' = document.id::text
  )
$$;

COMMENT ON FUNCTION private.audit_trainings() IS 'Trainings that do not say what their job does, or did, and documents whose live chunks are not of the last job that completed.';

CREATE FUNCTION private.audit_usage() RETURNS TABLE(name text, subject text, detail text)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $_$
  with reported as (
    select past.id, past.kind, part ->> 'model' as model,
      sum(
        coalesce((part ->> 'input_tokens')::bigint, 0)
          + coalesce((part ->> 'output_tokens')::bigint, 0)
      ) as token_count
    from private.job_history as past
    cross join lateral jsonb_path_query(past.usage, 'lax $[*]') as part
    where past.outcome = 'completed' and past.org_id is not null
    group by past.id, past.kind, part ->> 'model'
  ),
  booked as (
    select event.job_id, event.model, sum(event.input_tokens + event.output_tokens) as token_count
    from public.usage_events as event where not event.is_wasted
    group by event.job_id, event.model
  )
  select 'usage of jobs', reported.id::text,
    format('%s tokens of %s, %s booked', reported.token_count, reported.model, coalesce(booked.token_count, 0))
  from reported
  left join booked on booked.job_id = reported.id and booked.model = reported.model
  where reported.model is not null and reported.token_count > 0 and case
    -- A crop's reading may be booked before its job ends, and more than one of them.
    when reported.kind = 'enrich_pointer' then coalesce(booked.token_count, 0) < reported.token_count
    else booked.token_count is distinct from reported.token_count
  end
$_$;

COMMENT ON FUNCTION private.audit_usage() IS 'Completed jobs whose consumption is not booked once.';

CREATE FUNCTION private.cancel_embedding_switch(organization public.organizations) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  job private.jobs;
begin
  update public.organizations set next_embedding_model = null where id = organization.id;
  update public.vault_documents as document set next_chunk_generation = null
  where document.org_id = organization.id and document.next_chunk_generation is not null;
  for job in
    select open_job.* from private.jobs as open_job
    where open_job.org_id = organization.id and open_job.kind = 'reembed_document'
    order by open_job.id
    for update
  loop
    perform private.complete_job(job, 'cancelled');
  end loop;
  delete from private.failed_reembeddings as failure where failure.org_id = organization.id;
  perform private.cancel_next_pointer_vectors(organization);
  insert into private.stale_chunks (org_id, vault_document_id, embedding_model)
  select document.org_id, document.id, organization.next_embedding_model
  from public.vault_documents as document
  where document.org_id = organization.id and document.chunk_generation is not null
  on conflict (org_id, vault_document_id, embedding_model) do nothing;
  perform private.delete_stale_chunks(10000);
end
$$;

COMMENT ON FUNCTION private.cancel_embedding_switch(organization public.organizations) IS 'Calls a switch off: its jobs end and its copies go. The caller has locked the organisation and seen that a switch is going on; locks documents, then their jobs, then crops, then theirs.';

CREATE FUNCTION private.cancel_embedding_switches(org_id uuid) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  organization public.organizations;
  cancelled_count bigint := 0;
begin
  for organization in
    select own.* from public.organizations as own
    where own.next_embedding_model is not null
      and (cancel_embedding_switches.org_id is null or own.id = cancel_embedding_switches.org_id)
    order by own.id
    for no key update
  loop
    perform private.cancel_embedding_switch(organization);
    cancelled_count := cancelled_count + 1;
  end loop;
  return cancelled_count;
end
$$;

COMMENT ON FUNCTION private.cancel_embedding_switches(org_id uuid) IS 'Calls the switch of an organisation off, or every one (null). Returns how many. Locks the organisations, documents, jobs. Definer: the job engine is private.';

CREATE FUNCTION private.cancel_jobs(filter jsonb) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
declare
  job private.jobs;
  cancelled_count bigint := 0;
  ids bigint[];
begin
  perform private.assert_job_filter(filter);
  ids := private.get_filter_job_ids(filter);
  ids := array(
    select open_job.id from private.jobs as open_job
    where (ids is null or open_job.id = any (ids))
      and private.is_job_match(
        cancel_jobs.filter, open_job.org_id, open_job.lane, open_job.kind, open_job.last_error
      )
  );
  -- First, as whoever changes what a job is about has it before his enqueue meets the job.
  perform private.claim_job_organizations(ids);
  perform private.claim_job_subjects(ids);
  for job in
    select open_job.* from private.jobs as open_job
    where open_job.id = any (ids)
      and private.is_job_match(
        cancel_jobs.filter, open_job.org_id, open_job.lane, open_job.kind, open_job.last_error
      )
    -- Held ones by their ids, as heartbeats do; waiting ones by their keys, as enqueues do.
    order by open_job.lease_token is null,
      case when open_job.lease_token is not null then open_job.id end,
      open_job.kind, open_job.dedupe_key
    for update
  loop
    perform private.complete_job(job, 'cancelled');
    cancelled_count := cancelled_count + 1;
  end loop;
  return cancelled_count;
end
$$;

COMMENT ON FUNCTION private.cancel_jobs(filter jsonb) IS 'Cancels open jobs by {job_ids?, org_id?, lane?, kind?, code?}; a worker that holds one learns it with its next heartbeat, and its result is thrown away. Returns how many. Raises INVALID_REQUEST. Locks their organisations, what the jobs are about, then the jobs. Definer: the tables are private.';

CREATE FUNCTION private.cancel_next_pointer_vectors(organization public.organizations) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  job private.jobs;
begin
  perform private.delete_next_pointer_vectors(organization);
  -- Crops before jobs, as everywhere.
  perform from public.pointers as pointer
  join private.pointer_readings as reading
    on reading.pointer_id = pointer.id and reading.input_hash = pointer.input_hash
  where pointer.org_id = organization.id
    and pointer.embedding_model = organization.embedding_model
  order by pointer.id
  for no key update of pointer;
  for job in
    select waiting.* from private.jobs as waiting
    join public.pointers as pointer on pointer.id::text = waiting.dedupe_key
    join private.pointer_readings as reading
      on reading.pointer_id = pointer.id and reading.input_hash = pointer.input_hash
    where waiting.org_id = organization.id and waiting.kind = 'enrich_pointer'
      and waiting.lane = 'embedding' and waiting.lease_token is null
      and pointer.org_id = organization.id
      and pointer.embedding_model = organization.embedding_model
    order by waiting.id
    for update of waiting
  loop
    perform private.complete_job(job, 'cancelled');
    delete from private.pointer_readings as own where own.pointer_id = job.dedupe_key::uuid;
  end loop;
end
$$;

COMMENT ON FUNCTION private.cancel_next_pointer_vectors(organization public.organizations) IS 'Ends the jobs that wait for what a switch has asked of crops, and forgets what it has made. The caller has locked the organisation; locks the crops, then the jobs.';

CREATE FUNCTION private.cancel_training_file_build(training_file_id uuid) RETURNS public.training_file_versions
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  file public.training_files := private.get_training_file_for_update(
    cancel_training_file_build.training_file_id, 'editor'
  );
  building public.training_file_versions;
  job private.jobs;
begin
  select version.* into building from public.training_file_versions as version
  where version.training_file_id = file.id and version.state = 'building'
  for update;
  if building.id is null then
    perform private.raise_error('BUILD_NOT_CANCELLABLE', 409, 'No build is under way');
  end if;
  select open_job.* into job from private.jobs as open_job
  where open_job.kind = 'build_training_file' and open_job.dedupe_key = building.id::text
  for update;
  if job.id is not null then
    perform private.complete_job(job, 'cancelled');
  end if;
  perform private.fail_training_file_version(building, 'cancelled', null, false);
  building.state := 'cancelled';
  return building;
end
$$;

COMMENT ON FUNCTION private.cancel_training_file_build(training_file_id uuid) IS 'Ends the build that is under way; the live version stays. Raises TRAINING_FILE_NOT_FOUND, ROLE_TOO_LOW, BUILD_NOT_CANCELLABLE. Locks the organisation, the file, the version, the job. Definer: see create_training_file.';

CREATE TABLE public.mono_training_jobs (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    org_id uuid NOT NULL,
    training_doc_id uuid NOT NULL,
    vault_document_id uuid NOT NULL,
    status text DEFAULT 'queued'::text NOT NULL,
    trigger text NOT NULL,
    error_message text,
    attempts integer DEFAULT 0 NOT NULL,
    progress real DEFAULT 0 NOT NULL,
    queued_at timestamp with time zone DEFAULT now() NOT NULL,
    started_at timestamp with time zone,
    completed_at timestamp with time zone,
    CONSTRAINT mono_training_jobs_progress_check CHECK (((progress >= (0)::double precision) AND (progress <= (1)::double precision))),
    CONSTRAINT mono_training_jobs_status_check CHECK ((status = ANY (ARRAY['queued'::text, 'processing'::text, 'completed'::text, 'failed'::text, 'cancelled'::text]))),
    CONSTRAINT mono_training_jobs_trigger_check CHECK ((trigger = ANY (ARRAY['manual'::text, 'auto'::text])))
);

COMMENT ON TABLE public.mono_training_jobs IS 'Every training of a document: asked for by a user, carried out by a job of kind train_document, which this row follows in the same transaction.';

COMMENT ON COLUMN public.mono_training_jobs.progress IS 'Share of the chunks that are stored, 0 to 1.';

COMMENT ON COLUMN public.mono_training_jobs.completed_at IS 'When the job ended, whatever its outcome.';

CREATE FUNCTION private.cancel_training_job(training_job_id uuid) RETURNS public.mono_training_jobs
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
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

COMMENT ON FUNCTION private.cancel_training_job(training_job_id uuid) IS 'Cancels an open training; a worker that holds it loses its lease, and its result is thrown away. Raises JOB_NOT_FOUND, ROLE_TOO_LOW, JOB_NOT_CANCELLABLE. Locks the document, then the job. Definer: see enqueue_document_training.';

CREATE FUNCTION private.claim_idempotency_key(key text, request_hash text) RETURNS public.training_file_versions
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  caller_id uuid := (select auth.uid());
  known private.idempotency_keys;
  version public.training_file_versions;
begin
  if claim_idempotency_key.key is null then
    return null;
  end if;
  perform private.assert_idempotency_key(claim_idempotency_key.key, claim_idempotency_key.request_hash);
  -- Two requests with one key take turns.
  perform pg_advisory_xact_lock(hashtextextended(caller_id || claim_idempotency_key.key, 0));
  perform private.fail_lost_build(begun.training_file_id, false)
  from private.idempotency_keys as own
  join public.training_file_versions as begun on begun.id = own.version_id
  where own.user_id = caller_id and own.key = claim_idempotency_key.key;
  -- A request that failed has left its key behind, and did nothing else: the key is free.
  delete from private.idempotency_keys as own
  using public.training_file_versions as begun
  where own.user_id = caller_id and own.key = claim_idempotency_key.key
    and begun.id = own.version_id
    and begun.state in ('failed', 'cancelled') and not begun.is_queued;
  select own.* into known from private.idempotency_keys as own
  where own.user_id = caller_id and own.key = claim_idempotency_key.key;
  if known.request_hash <> claim_idempotency_key.request_hash then
    perform private.raise_error(
      'IDEMPOTENCY_KEY_REUSED', 422, 'This Idempotency-Key belongs to another request'
    );
  end if;
  select begun.* into version from public.training_file_versions as begun
  where begun.id = known.version_id;
  return version;
end
$$;

COMMENT ON FUNCTION private.claim_idempotency_key(key text, request_hash text) IS 'The version that an earlier request of the caller has begun with this key; null when the key is free, or null. Ends that version first if its build is lost. Raises INVALID_REQUEST, IDEMPOTENCY_KEY_REUSED. Locks the key until the transaction ends, and what fail_lost_build locks.';

CREATE FUNCTION private.claim_job_organizations(job_ids bigint[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  perform from public.organizations as organization
  where organization.id = any (array(
    select job.org_id from private.jobs as job where job.id = any (claim_job_organizations.job_ids)
  ))
  order by organization.id
  for key share;
end
$$;

COMMENT ON FUNCTION private.claim_job_organizations(job_ids bigint[]) IS 'Keeps the organisations of some jobs from being deleted meanwhile. For whoever ends jobs, before they lock them: a deletion has the organisation before its jobs, and history refers to it.';

CREATE TABLE private.jobs (
    id bigint NOT NULL,
    org_id uuid,
    lane text NOT NULL,
    kind text NOT NULL,
    dedupe_key text NOT NULL,
    input_hash text,
    payload jsonb DEFAULT '{}'::jsonb NOT NULL,
    priority smallint DEFAULT 100 NOT NULL,
    turn bigint DEFAULT 0 NOT NULL,
    is_ready boolean DEFAULT true NOT NULL,
    visible_at timestamp with time zone DEFAULT now() NOT NULL,
    attempt smallint DEFAULT 0 NOT NULL,
    max_attempts smallint DEFAULT 5 NOT NULL,
    defer_count integer DEFAULT 0 NOT NULL,
    est_tokens integer DEFAULT 0 NOT NULL,
    progress real DEFAULT 0 NOT NULL,
    lease_token uuid,
    worker_id text,
    last_error jsonb,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    first_claimed_at timestamp with time zone,
    CONSTRAINT jobs_attempt_check CHECK (((attempt >= 0) AND (attempt <= max_attempts))),
    CONSTRAINT jobs_est_tokens_check CHECK ((est_tokens >= 0)),
    CONSTRAINT jobs_is_ready_check CHECK ((NOT (is_ready AND (lease_token IS NOT NULL)))),
    CONSTRAINT jobs_lease_check CHECK (((lease_token IS NULL) = (worker_id IS NULL))),
    CONSTRAINT jobs_max_attempts_check CHECK (((max_attempts >= 1) AND (max_attempts <= 100))),
    CONSTRAINT jobs_payload_check CHECK ((pg_column_size(payload) <= 65536)),
    CONSTRAINT jobs_progress_check CHECK (((progress >= (0)::double precision) AND (progress <= (1)::double precision)))
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.01', autovacuum_vacuum_threshold='500');

COMMENT ON TABLE private.jobs IS 'Work that is waiting or held. A finished job moves to private.job_history.';

COMMENT ON COLUMN private.jobs.org_id IS 'Null for the system''s own work.';

COMMENT ON COLUMN private.jobs.dedupe_key IS 'What the job is about. At most one waiting job of a kind has a given key; a held one does not block the next.';

COMMENT ON COLUMN private.jobs.input_hash IS 'Of what the job works from, where its kind has one: the same input is not worked on twice.';

COMMENT ON COLUMN private.jobs.priority IS 'Lower goes first.';

COMMENT ON COLUMN private.jobs.turn IS 'Place in the round robin of its organisation, within lane and priority: a newcomer''s first job has the turn that is being served, its next one the turn after. -1 for one that waits for visible_at, which gets its turn then.';

COMMENT ON COLUMN private.jobs.is_ready IS 'False for a job that is held or waits for visible_at. A claim reads ready jobs only, whatever number waits.';

COMMENT ON COLUMN private.jobs.visible_at IS 'When a waiting job is due, and when a held one''s lease ends: then it is due again without a reaper.';

COMMENT ON COLUMN private.jobs.defer_count IS 'How often a provider''s limit sent it back, which costs no attempt.';

COMMENT ON COLUMN private.jobs.est_tokens IS 'What it will send to the provider, for the lane''s token budget.';

COMMENT ON COLUMN private.jobs.lease_token IS 'Fencing token of the current lease. Whoever presents another one has lost the job.';

CREATE FUNCTION private.claim_job_place(job private.jobs, lane_name text, tokens integer) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  limits private.lanes;
  now_at timestamptz;
  place_count bigint;
begin
  -- After the job, as where a refusal pauses a lane: a claim that has the lane waits for no job.
  select own.* into limits from private.lanes as own where own.lane = lane_name for no key update;
  perform private.assert_lane(limits);
  now_at := clock_timestamp();
  select private.get_lane_cap(limits, now_at) - count(*) into place_count
  from private.jobs as held
  where held.lane = lane_name and held.lease_token is not null;
  if place_count > 0
    and coalesce(limits.paused_until <= now_at, true)
    and private.get_lane_budget(
      limits.requests_per_minute, limits.request_budget, now_at - limits.refilled_at
    ) >= 1
    and private.get_lane_budget(
      limits.tokens_per_minute, limits.token_budget, now_at - limits.refilled_at
    ) > 0
  then
    update private.jobs set lane = lane_name, est_tokens = tokens where id = job.id;
    perform private.update_lane_budget(lane_name, 1, tokens);
    return true;
  end if;
  return false;
end
$$;

COMMENT ON FUNCTION private.claim_job_place(job private.jobs, lane_name text, tokens integer) IS 'Moves a held job to another lane that has a place and the budget for a call of so many tokens, which is paid for; that frees its place in the first. Returns whether it has. Raises LANE_NOT_FOUND. The caller has locked the row; locks the lane.';

CREATE FUNCTION private.claim_job_subjects(job_ids bigint[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
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

COMMENT ON FUNCTION private.claim_job_subjects(job_ids bigint[]) IS 'Locks the rows that jobs are about, where their owners lock them before they enqueue, and the jobs'' ends write them. Replaced by whoever brings such a kind of job.';

CREATE FUNCTION private.claim_jobs(worker_id text, kinds text[] DEFAULT NULL::text[], max_jobs integer DEFAULT 10, lease_seconds integer DEFAULT 45, lanes text[] DEFAULT NULL::text[], max_tokens bigint DEFAULT NULL::bigint, moves jsonb DEFAULT NULL::jsonb) RETURNS TABLE(job_id text, lease_token uuid, org_id uuid, lane text, kind text, attempt integer, payload jsonb)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
declare
  own private.workers;
  work record;
  max_count constant integer := least(greatest(claim_jobs.max_jobs, 0), 100);
  wanted integer := max_count;
  seconds constant integer := least(greatest(claim_jobs.lease_seconds, 1), 3600);
  -- In a variable: a volatile function is never an index condition.
  now_at constant timestamptz := clock_timestamp();
  place_count integer;
  lease_end timestamptz;
  has_lane boolean := false;
  moved_lane text;
  -- A held job may have moved on to another lane than the next one with its key waits in.
  every_lane constant text[] := array(select own_lane.lane from private.lanes as own_lane);
begin
  -- A claim that a crash of the server forgets only makes the job be done again. Not waiting for
  -- the disk is what keeps the lane's lock short.
  perform set_config('synchronous_commit', 'off', true);
  select worker.* into own from private.workers as worker where worker.id = claim_jobs.worker_id;
  if own.is_draining then
    perform private.raise_error('WORKER_DRAINING', 409, 'The worker is asked to end');
  end if;
  if claim_jobs.moves is not null then
    moved_lane := private.update_job_lanes(claim_jobs.moves);
  end if;
  -- Waiting for no lane but the first, nor for one before those that moved jobs have locked, so that
  -- two workers never wait for each other in a ring.
  for work in
    select due.* from private.list_due_lanes(claim_jobs.lanes, now_at) as due
  loop
    exit when wanted = 0;
    if work.has_lost then
      perform private.complete_lost_jobs(work.lane);
    end if;
    if work.has_delayed then
      perform private.release_due_jobs(work.lane);
    end if;
    place_count := private.claim_lane_places(
      work.lane, claim_jobs.kinds, wanted, claim_jobs.max_tokens,
      not has_lane and work.lane >= coalesce(moved_lane, work.lane)
    );
    has_lane := true;
    continue when place_count < 1;
    lease_end := clock_timestamp() + make_interval(secs => seconds);
    return query
    with held as (
      update private.jobs as job
      set lease_token = gen_random_uuid(),
          worker_id = claim_jobs.worker_id,
          is_ready = false,
          attempt = job.attempt + 1,
          progress = 0,
          visible_at = lease_end,
          first_claimed_at = coalesce(job.first_claimed_at, clock_timestamp())
      -- By where the rows lie, since the select has just locked them there.
      where job.ctid = any (array(
        select due.ctid from private.jobs as due
        where due.lane = work.lane and due.is_ready
          -- Not through what earlier claims have left at the head of the index, which has been
          -- walked once to find this.
          and (due.priority, due.turn) >= (work.first_priority, work.first_turn)
          and (claim_jobs.kinds is null or due.kind = any (claim_jobs.kinds))
          -- A job follows the held one with its key, and never runs beside it.
          and due.kind || ':' || due.dedupe_key <> all (array(
            select other.kind || ':' || other.dedupe_key from private.jobs as other
            where other.lane = any (every_lane) and other.lease_token is not null
          ))
        order by due.priority, due.turn, due.id
        limit place_count
        for update skip locked
      ))
      returning job.*
    )
    select held.id::text, held.lease_token, held.org_id, held.lane, held.kind,
      held.attempt::integer, held.payload
    from held
    order by held.priority, held.turn, held.id;
    get diagnostics place_count = row_count;
    wanted := wanted - place_count;
    if work.is_limited then
      perform private.update_lane_budget(work.lane, place_count, (
        select coalesce(sum(job.est_tokens), 0) from private.jobs as job
        where job.lane = work.lane and job.lease_token is not null
          and job.worker_id = claim_jobs.worker_id and job.visible_at = lease_end
      ));
    end if;
  end loop;

  -- Seldom: a row that is written with every claim, or while waiting for work, would fill its table
  -- with dead versions.
  if own.id is null or (wanted < max_count and not own.has_claimed)
    or own.seen_at < clock_timestamp() - make_interval(secs => seconds / 3.0)
  then
    perform private.update_worker(claim_jobs.worker_id, seconds, wanted < max_count);
  end if;
end
$$;

COMMENT ON FUNCTION private.claim_jobs(worker_id text, kinds text[], max_jobs integer, lease_seconds integer, lanes text[], max_tokens bigint, moves jsonb) IS 'Leases up to max_jobs (at most 100) due jobs to a worker, of the given kinds and lanes or of all, within the limits of their lanes and max_tokens a lane (a first job may be larger); lowest priority number first, then by turns of their organisations, each in the order in which its jobs came. Held jobs whose call in their lane is over are moved on first (private.update_job_lanes): their places are to be had at once. Each lease has a new fencing token and ends by itself after lease_seconds. Raises WORKER_DRAINING for one that is asked to end, and INVALID_REQUEST. Locks lane rows in any order, waiting for those of moves and the first of its own only. Definer: the tables are private.';

CREATE FUNCTION private.claim_lane_places(lane_name text, kinds text[], max_jobs integer, max_tokens bigint, may_wait boolean) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  limits private.lanes;
  now_at timestamptz;
  place_count bigint;
  tokens double precision;
begin
  if may_wait then
    select own.* into limits from private.lanes as own
    where own.lane = lane_name for no key update;
  else
    select own.* into limits from private.lanes as own
    where own.lane = lane_name for no key update skip locked;
  end if;
  now_at := clock_timestamp();
  if limits.lane is null or limits.paused_until > now_at then
    return 0;
  end if;
  select count(*) into place_count from private.jobs as job
  where job.lane = lane_name and job.lease_token is not null;
  place_count := least(max_jobs, private.get_lane_cap(limits, now_at) - place_count);
  if limits.requests_per_minute is not null then
    place_count := least(place_count, floor(private.get_lane_budget(
      limits.requests_per_minute, limits.request_budget, now_at - limits.refilled_at
    )));
  end if;
  if limits.tokens_per_minute is null and max_tokens is null or place_count < 1 then
    return place_count;
  end if;
  tokens := private.get_lane_budget(
    limits.tokens_per_minute, limits.token_budget, now_at - limits.refilled_at
  );
  return case when least(tokens, max_tokens) > 0
    then private.get_job_count_within_tokens(
      lane_name, kinds, place_count::integer, tokens, max_tokens
    )
    else 0
  end;
end
$$;

COMMENT ON FUNCTION private.claim_lane_places(lane_name text, kinds text[], max_jobs integer, max_tokens bigint, may_wait boolean) IS 'How many jobs of a lane may be claimed now, within its cap, its budgets, max_jobs and max_tokens; 0 or less for none, or when another claim has the lane and may_wait is false. Locks the lane''s row to the end of the transaction: that makes both exact across all workers.';

CREATE FUNCTION private.claim_lane_requests(lane text, request_count integer, token_count integer) RETURNS double precision
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  own private.lanes;
  now_at timestamptz;
  age interval;
  seconds double precision;
  requests constant integer := greatest(request_count, 0);
begin
  perform set_config('synchronous_commit', 'off', true);
  select found.* into own from private.lanes as found where found.lane = claim_lane_requests.lane
  for no key update;
  perform private.assert_lane(own);
  now_at := clock_timestamp();
  age := now_at - own.refilled_at;
  seconds := greatest(
    0,
    extract(epoch from own.paused_until - now_at),
    -- What a bucket never holds goes when it is full, and leaves it in debt.
    (
      least(requests, private.get_lane_budget(own.requests_per_minute, 0, 'infinity'))
        - private.get_lane_budget(own.requests_per_minute, own.request_budget, age)
    ) * 60 / own.requests_per_minute,
    -private.get_lane_budget(own.tokens_per_minute, own.token_budget, age)
      * 60 / own.tokens_per_minute
  );
  if seconds = 0 then
    perform private.update_lane_budget(
      own.lane, requests, greatest(claim_lane_requests.token_count, 0)
    );
  end if;
  return least(seconds, 3600);
end
$$;

COMMENT ON FUNCTION private.claim_lane_requests(lane text, request_count integer, token_count integer) IS 'Takes what a further call of a held job needs out of its lane''s buckets and returns 0, or takes nothing and returns how many seconds to wait (at most 3600). Raises LANE_NOT_FOUND. Locks the lane. Definer: the tables are private.';

CREATE FUNCTION private.claim_pointer_result(job_id text, lease_token uuid, source_hash text, usage jsonb) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  job private.jobs;
  own_id uuid;
  own_org_id uuid;
begin
  select (held.payload ->> 'pointer_id')::uuid, held.org_id into own_id, own_org_id
  from private.jobs as held
  where held.id = claim_pointer_result.job_id::bigint and held.kind = 'enrich_pointer';
  -- The organisation before what goes with it, as its deletion has it: what is booked asks for it.
  perform from public.organizations as organization
  where organization.id = own_org_id for key share;
  -- Page and crop first, as whoever changes them: a change waits, or is seen here.
  perform from public.pages as page
  join public.pointers as pointer on pointer.page_id = page.id
  where pointer.id = own_id for share of page;
  perform from public.pointers as pointer where pointer.id = own_id for no key update;
  select held.* into job from private.jobs as held
  where held.id = claim_pointer_result.job_id::bigint
    and held.lease_token = claim_pointer_result.lease_token and held.kind = 'enrich_pointer'
  for update;
  if job.id is null then
    perform private.add_stale_usage(
      claim_pointer_result.job_id::bigint, claim_pointer_result.lease_token,
      claim_pointer_result.usage
    );
    return 'stale_lease';
  end if;
  if (select source.source_hash from private.get_pointer_source(own_id) as source)
    is distinct from claim_pointer_result.source_hash
  then
    perform private.retry_stale_pointer(job, claim_pointer_result.usage);
    return 'stale_input';
  end if;
  return 'held';
end
$$;

COMMENT ON FUNCTION private.claim_pointer_result(job_id text, lease_token uuid, source_hash text, usage jsonb) IS 'Whether a worker may write what it has made of a crop. Returns held; stale_lease when the job was overtaken; stale_input when crop or context changed since source_hash was read: then the job waits again. What was consumed for nothing is booked. Locks organisation, page, crop, job.';

CREATE FUNCTION private.claim_question(org_id uuid) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  meant_org_id uuid := private.get_org_id(claim_question.org_id, 'viewer');
begin
  perform private.assert_token_quota(meant_org_id);
  perform private.add_minute_count(meant_org_id, 'questions', 'searches_per_minute');
  return meant_org_id;
end
$$;

COMMENT ON FUNCTION private.claim_question(org_id uuid) IS 'The organisation that a request means, which from now on has one question less to embed in this minute. Raises ORG_REQUIRED, ORG_NOT_FOUND, QUOTA_EXCEEDED. Definer: the counts are private.';

CREATE FUNCTION private.claim_training_file_build(version_id uuid, build_token uuid) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  version public.training_file_versions;
begin
  -- A job has no token of an earlier builder: it takes the build over, and the old token is worth nothing.
  update public.training_file_versions
  set build_token = case
        when claim_training_file_build.build_token is null then gen_random_uuid()
        else training_file_versions.build_token
      end
  where id = claim_training_file_build.version_id and state = 'building'
    and coalesce(claim_training_file_build.build_token, training_file_versions.build_token)
      = training_file_versions.build_token
  returning * into version;
  if version.id is null then
    return null;
  end if;
  return jsonb_build_object(
    'version_id', version.id,
    'build_token', version.build_token,
    'org_id', version.org_id,
    'training_file_id', version.training_file_id,
    'version', version.version,
    'change', version.change,
    'options', version.options,
    'name', version.file_name,
    'created_at', version.created_at,
    -- When the file was begun, though version 1 may have failed.
    'first_created_at', (
      select first.created_at from public.training_file_versions as first
      where first.training_file_id = version.training_file_id and first.version = 1
    ),
    'sources', (
      select jsonb_agg(jsonb_build_object(
        'position', source.position,
        'conversation_id', source.conversation_id,
        'path', conversation.enriched_file_path,
        'batch_id', (
          select item.batch_job_id from public.batch_items as item
          where item.org_id = version.org_id and item.conversation_id = source.conversation_id
          order by item.created_at, item.id limit 1
        )
      ) order by source.position)
      from public.training_file_sources as source
      -- One that was deleted since the build began has no path: the builder says so.
      left join public.conversations as conversation
        on conversation.org_id = version.org_id
        and conversation.conversation_id = source.conversation_id
      where source.version_id = version.id
    )
  );
end
$$;

COMMENT ON FUNCTION private.claim_training_file_build(version_id uuid, build_token uuid) IS 'What a builder needs to know of a version; null when it is not being built, or by another. Without a token (a job) the build is taken over under a new one. Definer: reads across tables for the service role in one answer, past the row limit of the API.';

CREATE FUNCTION private.complete_document_job(job_id text, lease_token uuid, revision integer, chunk_count integer, usage jsonb) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  organization public.organizations;
  document public.vault_documents;
  job private.jobs;
  new_generation bigint;
  stored_count bigint;
  stored_model text;
  has_other_model boolean;
begin
  -- Organisation, document, job: in this order in every function that locks them.
  organization := private.get_organization_for_training((
    select held.org_id from private.jobs as held
    where held.id = complete_document_job.job_id::bigint
  ));
  select found.* into document from public.vault_documents as found
  where found.id = (
    select (held.payload ->> 'vault_document_id')::uuid from private.jobs as held
    where held.id = complete_document_job.job_id::bigint and held.kind = 'train_document'
  )
  for no key update;
  select held.* into job from private.jobs as held
  where held.id = complete_document_job.job_id::bigint
    and held.lease_token = complete_document_job.lease_token
    and held.kind = 'train_document'
  for update;
  -- Locked, so that a document that leaves its last set meanwhile is seen, or sees what is trained.
  perform from public.mono_training_jobs as own
  where own.id = (job.payload ->> 'training_job_id')::uuid
  for no key update;
  if not found then
    perform private.complete_job(job, 'cancelled');
    perform private.add_stale_usage(
      complete_document_job.job_id::bigint, complete_document_job.lease_token,
      complete_document_job.usage
    );
    return 'stale_lease';
  end if;
  new_generation := job.id * 1000 + job.attempt;
  select count(*), min(chunk.embedding_model),
    coalesce(bool_or(chunk.embedding_model <> organization.embedding_model), false)
  into stored_count, stored_model, has_other_model
  from public.mono_training_chunks as chunk
  where chunk.org_id = document.org_id and chunk.vault_document_id = document.id
    and chunk.generation = new_generation;
  if document.revision is distinct from complete_document_job.revision or has_other_model then
    perform private.add_stale_usage(job.id, job.lease_token, complete_document_job.usage);
    perform private.retry_job(job, clock_timestamp(), job.attempt - 1);
    return 'stale_input';
  end if;
  if stored_count is distinct from complete_document_job.chunk_count then
    perform private.raise_error(
      'CHUNKS_INCOMPLETE', 409,
      format('%s of %s chunks are stored', stored_count, complete_document_job.chunk_count)
    );
  end if;

  update public.vault_documents
  set chunk_generation = new_generation, trained_revision = document.revision,
      next_chunk_generation = null
  where id = document.id;
  perform private.complete_job(job, 'completed', null, complete_document_job.usage);
  perform private.update_search_stats(
    document.org_id, document.id, document.chunk_generation, new_generation
  );
  delete from public.mono_training_chunks as chunk
  where chunk.org_id = document.org_id and chunk.vault_document_id = document.id
    and chunk.generation <> new_generation
    -- The copy that this overtakes still has vectors for what has not changed.
    and chunk.embedding_model is distinct from organization.next_embedding_model;
  if organization.embedding_model is null then
    update public.organizations set embedding_model = stored_model where id = organization.id;
  elsif organization.next_embedding_model is not null then
    delete from private.failed_reembeddings as failure
    where failure.vault_document_id = document.id;
    perform private.enqueue_reembeddings(organization.id, document.id, 1);
  end if;
  return 'done';
end
$$;

COMMENT ON FUNCTION private.complete_document_job(job_id text, lease_token uuid, revision integer, chunk_count integer, usage jsonb) IS 'Makes the stored chunks the document''s live generation, removes all others and ends the job, in one transaction; the first training sets the organisation''s model, and one during a switch is queued for the next model. Returns done; stale_lease when the job was overtaken, or its training is gone with its document: then the job ends; stale_input when the document changed since the given revision, or the organisation to another model: then the chunks are dropped and the job waits again. Raises CHUNKS_INCOMPLETE. Locks the organisation, the document, the job, the training, then the organisation''s search_stats. Definer: the job is private.';

CREATE FUNCTION private.complete_embedding_switch(organization public.organizations) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  -- Whoever changes a generation has locked the organisation.
  if organization.next_embedding_model is null or exists (
    select from public.vault_documents as document
    where document.org_id = organization.id
      and document.chunk_generation is not null and document.next_chunk_generation is null
  ) or private.get_missing_pointer_count(organization) > 0 then
    return false;
  end if;
  perform from public.vault_documents as document
  where document.org_id = organization.id and document.chunk_generation is not null
  order by document.id
  for no key update;
  insert into private.stale_chunks (org_id, vault_document_id, embedding_model)
  select document.org_id, document.id, organization.embedding_model
  from public.vault_documents as document
  where document.org_id = organization.id and document.chunk_generation is not null
  on conflict (org_id, vault_document_id, embedding_model) do nothing;
  update public.vault_documents as document
  set chunk_generation = document.next_chunk_generation, next_chunk_generation = null
  where document.org_id = organization.id and document.next_chunk_generation is not null;
  perform private.update_pointer_vectors(organization);
  update public.organizations as own
  set embedding_model = own.next_embedding_model, next_embedding_model = null
  where own.id = organization.id;
  perform private.delete_stale_chunks(10000);
  return true;
end
$$;

COMMENT ON FUNCTION private.complete_embedding_switch(organization public.organizations) IS 'Makes the next generation of every document and the next vector of every crop live, and the next model the organisation''s, at once, when none lacks one that is trained or found by the present model. Returns whether it did. The caller has locked the organisation; locks the documents, then the crops.';

CREATE FUNCTION private.complete_embedding_switches() RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  organization public.organizations;
begin
  for organization in
    select own.* from public.organizations as own
    where own.next_embedding_model is not null
    order by own.id
    for no key update skip locked
  loop
    perform private.complete_embedding_switch(organization);
  end loop;
  perform private.enqueue_reembeddings(null, null, 10000);
  perform private.delete_stale_chunks(20000);
end
$$;

COMMENT ON FUNCTION private.complete_embedding_switches() IS 'Completes switches that ended with a crop, whose last document was deleted rather than embedded, and those of large organisations, queues what a switch still needs, deletes what switches have left.';

CREATE FUNCTION private.complete_job(job private.jobs, outcome text, error jsonb DEFAULT NULL::jsonb, usage jsonb DEFAULT NULL::jsonb) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  with gone as (
    delete from private.jobs where id = (complete_job.job).id returning *
  )
  insert into private.job_history (
    id, org_id, lane, kind, dedupe_key, input_hash, payload, priority, attempt, max_attempts,
    est_tokens, outcome, error, usage, lease_token, created_at, first_claimed_at
  )
  select
    gone.id, gone.org_id, gone.lane, gone.kind, gone.dedupe_key, gone.input_hash, gone.payload,
    gone.priority, gone.attempt, gone.max_attempts, gone.est_tokens,
    complete_job.outcome, complete_job.error, complete_job.usage,
    gone.lease_token, gone.created_at, gone.first_claimed_at
  from gone
$$;

COMMENT ON FUNCTION private.complete_job(job private.jobs, outcome text, error jsonb, usage jsonb) IS 'Moves a job to history with its outcome; its usage is booked with it. The caller has locked the row.';

CREATE FUNCTION private.complete_jobs(refs jsonb) RETURNS TABLE(job_id text, outcome text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    SET enable_bitmapscan TO 'off'
    AS $$
#variable_conflict use_column
begin
  perform private.claim_job_organizations(array(
    select (item.ref ->> 'job_id')::bigint from jsonb_array_elements(complete_jobs.refs) as item (ref)
  ));
  return query
  with ref as (
    select item.job_id, item.lease_token, item.usage, item.job_id::bigint as id
    from jsonb_to_recordset(complete_jobs.refs) as item (job_id text, lease_token uuid, usage jsonb)
  ),
  gone as (
    -- By the primary key, which finds an array's ids in their order, as everywhere: so that this and
    -- a heartbeat never wait in a ring. Behind coalesce, no index of leases can be taken instead.
    delete from private.jobs as job
    where job.id = any (array(select ref.id from ref))
      and coalesce(job.lease_token = any (array(select ref.lease_token from ref)), false)
    returning job.*
  ),
  past as (
    insert into private.job_history (
      id, org_id, lane, kind, dedupe_key, input_hash, payload, priority, attempt, max_attempts,
      est_tokens, outcome, usage, lease_token, created_at, first_claimed_at
    )
    select
      gone.id, gone.org_id, gone.lane, gone.kind, gone.dedupe_key, gone.input_hash, gone.payload,
      gone.priority, gone.attempt, gone.max_attempts, gone.est_tokens, 'completed',
      (select ref.usage from ref where ref.id = gone.id limit 1),
      gone.lease_token, gone.created_at, gone.first_claimed_at
    from gone
    returning id
  ),
  judged as (
    select ref.id, ref.job_id, ref.lease_token, ref.usage,
      case when ref.id = any (array(select past.id from past)) then 'done' else 'stale_lease' end
        as outcome
    from ref
  ),
  late as materialized (
    select private.add_stale_usage(judged.id, judged.lease_token, judged.usage)
    from judged where judged.outcome = 'stale_lease' and judged.usage is not null
  )
  select judged.job_id, judged.outcome from judged
  -- Or the planner would leave the late ones out.
  where (select count(*) from late) >= 0;
end
$$;

COMMENT ON FUNCTION private.complete_jobs(refs jsonb) IS 'Ends held jobs whose work has no result of its own to apply, [{job_id, lease_token, usage?}]. Outcome done or stale_lease; what was consumed is booked all the same. Definer: the tables are private.';

CREATE FUNCTION private.complete_lost_jobs(lane_name text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    SET lock_timeout TO '100ms'
    AS $$
declare
  lost private.jobs;
  now_at constant timestamptz := clock_timestamp();
begin
  for lost in
    select job.* from private.jobs as job
    where job.lane = lane_name and job.lease_token is not null and job.visible_at <= now_at
    order by job.id
    for update skip locked
  loop
    begin
      if lost.attempt >= lost.max_attempts then
        perform private.complete_job(lost, 'dead', jsonb_build_object(
          'code', 'WORKER_LOST',
          'message', 'Every worker that took this job stopped before finishing it'
        ));
      else
        perform private.retry_job(lost, now_at, lost.attempt);
      end if;
    exception
      -- Whoever is enqueueing a newer one with its key, or changes what it is about, has not
      -- committed: the next claim sees.
      when lock_not_available then null;
    end;
  end loop;
end
$$;

COMMENT ON FUNCTION private.complete_lost_jobs(lane_name text) IS 'Takes the jobs of a lane from workers whose lease has expired: ready again, dead without attempts left, superseded when a newer job with their key waits.';

CREATE FUNCTION private.complete_pointer_job(job_id text, lease_token uuid, source_hash text, result jsonb, usage jsonb) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
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

COMMENT ON FUNCTION private.complete_pointer_job(job_id text, lease_token uuid, source_hash text, result jsonb, usage jsonb) IS 'Shows what was read of a crop with its vector, {embedding, embedding_model}, and ends its job, in one transaction. Without a vector, which an embedder may refuse to make, words find the crop; a job that has read nothing leaves it as it is. Returns done; stale_lease when the job was overtaken; stale_input when crop or context changed since source_hash was read: then nothing is written and the job waits again; so it does when the organisation has changed to another model, and then what is new is shown without a vector. During a switch, a crop that is found already gets its vector for the next model, and one that is new is queued for that. The first vector sets the organisation''s model. Locks organisation, page, crop, job. Definer: the job is private.';

CREATE FUNCTION private.complete_rebuild_job(job_id text, lease_token uuid) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
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

COMMENT ON FUNCTION private.complete_rebuild_job(job_id text, lease_token uuid) IS 'Begins a new version of a stale file from the same conversations, queues its build and ends the job, in one transaction; while another build is under way, the job waits another minute, with its attempt. Returns done, waiting or stale_lease. Locks the organisation, the file, then the job. Definer: the job is private.';

CREATE FUNCTION private.complete_reembed_job(job_id text, lease_token uuid, usage jsonb) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  organization public.organizations;
  document public.vault_documents;
  job private.jobs;
  is_complete boolean;
begin
  -- Organisation, document, job: in this order in every function that locks them. Exclusively, so
  -- that of two that end at once one sees that it is the last.
  select own.* into organization from public.organizations as own
  where own.id = (
    select held.org_id from private.jobs as held
    where held.id = complete_reembed_job.job_id::bigint
  )
  for no key update;
  select found.* into document from public.vault_documents as found
  where found.id = (
    select (held.payload ->> 'vault_document_id')::uuid from private.jobs as held
    where held.id = complete_reembed_job.job_id::bigint
  )
  for no key update;
  select held.* into job from private.jobs as held
  where held.id = complete_reembed_job.job_id::bigint
    and held.lease_token = complete_reembed_job.lease_token and held.kind = 'reembed_document'
  for update;
  if document.chunk_generation is null or organization.next_embedding_model is null
    or document.chunk_generation is distinct from (job.payload ->> 'generation')::bigint
  then
    perform private.complete_job(job, 'superseded');
    perform private.add_stale_usage(
      complete_reembed_job.job_id::bigint, complete_reembed_job.lease_token,
      complete_reembed_job.usage
    );
    return 'stale_lease';
  end if;

  select count(*) filter (where chunk.generation = document.chunk_generation)
    = count(*) filter (where chunk.generation = job.id * 1000)
  into is_complete
  from public.mono_training_chunks as chunk
  where chunk.org_id = document.org_id and chunk.vault_document_id = document.id
    and chunk.generation in (document.chunk_generation, job.id * 1000);
  if not is_complete then
    perform private.raise_error('CHUNKS_INCOMPLETE', 409, 'Some chunks are not stored yet');
  end if;

  update public.vault_documents set next_chunk_generation = job.id * 1000 where id = document.id;
  delete from private.failed_reembeddings as failure where failure.vault_document_id = document.id;
  delete from public.mono_training_chunks as chunk
  where chunk.org_id = document.org_id and chunk.vault_document_id = document.id
    and chunk.embedding_model = organization.next_embedding_model
    and chunk.generation <> job.id * 1000;
  perform private.complete_job(job, 'completed', null, complete_reembed_job.usage);
  -- To look through all documents each time would take the square of their number. The sweep has
  -- minutes for an organisation that takes longer than this call may: 20,000 documents take 4 s.
  if not exists (
    select from private.jobs as other
    where other.org_id = organization.id and other.kind = 'reembed_document'
  ) and not exists (
    select from public.vault_documents as one
    where one.org_id = organization.id and one.chunk_generation is not null
    offset 10000
  ) then
    perform private.complete_embedding_switch(organization);
  end if;
  return 'done';
end
$$;

COMMENT ON FUNCTION private.complete_reembed_job(job_id text, lease_token uuid, usage jsonb) IS 'Makes the stored copies the document''s next generation and ends the job; with the last document of the organisation, all of them go live, or within a minute where they are more than 10,000. Returns done, or stale_lease as add_reembedded_chunks does. Raises CHUNKS_INCOMPLETE. Locks the organisation, the document, then the job. Definer: the job is private.';

CREATE FUNCTION private.complete_sweep_job(job_id text, lease_token uuid, deleted_ids text[]) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  job private.jobs;
begin
  delete from private.storage_outbox where id in (
    select listed.id from private.storage_outbox as listed
    where listed.id::text = any (deleted_ids)
    -- What a row is being inserted for leaves the list with it.
    for update skip locked
  );
  select held.* into job from private.jobs as held
  where held.id = complete_sweep_job.job_id::bigint
    and held.lease_token = complete_sweep_job.lease_token
  for update;
  if job.id is null then
    return 'stale_lease';
  end if;
  perform private.complete_job(job, 'completed');
  return 'done';
end
$$;

COMMENT ON FUNCTION private.complete_sweep_job(job_id text, lease_token uuid, deleted_ids text[]) IS 'Takes deleted objects off the list and ends the sweep. Returns done or stale_lease. Definer: the outbox is private.';

CREATE FUNCTION private.complete_training_file_build(version_id uuid, build_token uuid, result jsonb) RETURNS public.training_files
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  file public.training_files;
  version public.training_file_versions;
  job private.jobs;
begin
  -- As its deletion has it before what goes with it: the members would refer to it.
  perform from public.organizations as organization
  where organization.id = (
    select building.org_id from public.training_file_versions as building
    where building.id = complete_training_file_build.version_id
  )
  for key share;
  select own.* into file from public.training_files as own
  where own.id = (
    select building.training_file_id from public.training_file_versions as building
    where building.id = complete_training_file_build.version_id
  )
  for update;
  select building.* into version from public.training_file_versions as building
  where building.id = complete_training_file_build.version_id and building.state = 'building'
    and building.build_token = complete_training_file_build.build_token
  for update;
  if version.id is null or version.parent_version <> file.version then
    perform private.raise_error('BUILD_LOST', 409, 'The build was cancelled or overtaken');
  end if;
  perform private.assert_training_file_sources(version);
  perform private.add_training_file_results(version, result);
  perform private.update_training_file_members(version);
  file := private.update_published_training_file(version, result);
  perform private.enqueue_training_file_rebuild(file);

  select held.* into job from private.jobs as held
  where held.kind = 'build_training_file' and held.dedupe_key = version.id::text
  for update;
  if job.id is not null then
    perform private.complete_job(job, 'completed');
  end if;
  return file;
end
$$;

COMMENT ON FUNCTION private.complete_training_file_build(version_id uuid, build_token uuid, result jsonb) IS 'Publishes a version: its artefacts, members and figures, and the file''s row, in one transaction, which also ends the build''s job and queues the rebuild of a file that is stale already. Raises BUILD_LOST when the build was cancelled or overtaken, SOURCE_CHANGED when a conversation is gone. Locks the organisation, the file, the version, the job; of the conversations those that nobody else holds. Definer: see claim_training_file_build.';

CREATE FUNCTION private.complete_unknown_jobs() RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select private.complete_job(job, 'dead', jsonb_build_object(
    'code', 'JOB_UNKNOWN', 'message', 'No worker has known such a job for a day'
  ))
  from private.jobs as job
  join private.lanes as lane on lane.lane = job.lane
  where job.is_ready and job.first_claimed_at is null
    and job.visible_at < now() - interval '1 day'
    and (lane.paused_until is null or lane.paused_until < now() - interval '1 day')
    and not exists (
      select from private.jobs as held where held.kind = job.kind and held.lease_token is not null
    )
    and not exists (
      select from private.job_history as past
      where past.kind = job.kind and past.finished_at > now() - interval '1 day'
    )
$$;

COMMENT ON FUNCTION private.complete_unknown_jobs() IS 'Buries jobs that have been ready for a day without a worker for their kind: until then a newer worker may come.';

CREATE FUNCTION private.create_embedding_index(model text) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO ''
    SET lock_timeout TO '2s'
    AS $$
begin
  perform pg_advisory_xact_lock(hashtextextended('private.create_embedding_index', 0));
  if private.get_embedding_index(create_embedding_index.model) is not null then
    return false;
  end if;
  execute format(
    'create index mono_training_chunks_embedding_%s_idx on public.mono_training_chunks
       using hnsw (embedding extensions.halfvec_cosine_ops) with (m = 16, ef_construction = 64)
       where embedding_model = %L',
    left(md5(create_embedding_index.model), 12), create_embedding_index.model
  );
  return true;
exception
  when lock_not_available then
    return false;
end
$$;

COMMENT ON FUNCTION private.create_embedding_index(model text) IS 'Makes the HNSW index of a model, unless there is one or a writer of chunks keeps it waiting for two seconds. Returns whether it did. Until the end of the transaction nobody writes chunks: call it in one that has locked nothing.';

CREATE FUNCTION private.create_organization(name text) RETURNS public.organizations
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
declare
  trimmed_name text := regexp_replace(create_organization.name, '^\s+|\s+$', '', 'g');
  created public.organizations;
begin
  if coalesce(private.is_visible(trimmed_name), false) is false
    or char_length(trimmed_name) > 255
  then
    perform private.raise_error(
      'INVALID_REQUEST', 400, 'The name of an organisation has 1 to 255 characters',
      jsonb_build_array(jsonb_build_object('path', 'name', 'message', 'must have 1 to 255 characters'))
    );
  end if;
  if (select auth.uid()) is null then
    perform private.raise_error('USER_REQUIRED', 401, 'Sign in to create an organisation');
  end if;
  -- Whoever can have a new account with every request would have a new organisation, too.
  if private.get_account_id() is null then
    perform private.raise_error(
      'ACCOUNT_REQUIRED', 403, 'An organisation needs an account that is neither anonymous nor closed',
      null, 'Sign up first'
    );
  end if;
  -- Every organisation has quotas of its own. Two requests of one user take turns.
  perform pg_advisory_xact_lock(hashtextextended('organizations' || (select auth.uid()), 0));
  perform private.assert_quota(null, 'owned_organizations', (
    select count(*) + 1 from public.organization_members as member
    where member.user_id = (select auth.uid()) and member.role = 'owner'
  ));

  insert into public.organizations (name)
  values (trimmed_name)
  returning * into created;

  insert into public.organization_members (org_id, user_id, role)
  values (created.id, (select auth.uid()), 'owner');
  return created;
end
$_$;

COMMENT ON FUNCTION private.create_organization(name text) IS 'Makes an organisation with the caller as its owner, in one transaction. Raises INVALID_REQUEST, USER_REQUIRED, ACCOUNT_REQUIRED, QUOTA_EXCEEDED. Locks the user''s making of organisations. Definer: users have no insert right on either table.';

CREATE FUNCTION private.create_training_file(org_id uuid, name text, description text, conversation_ids uuid[], options jsonb, idempotency_key text, request_hash text) RETURNS TABLE(file_id uuid, version_id uuid, build_token uuid, is_new boolean, is_queued boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  meant_org_id uuid := private.get_org_id(create_training_file.org_id, 'editor');
  caller_id uuid := (select auth.uid());
  earlier public.training_file_versions;
  file public.training_files;
begin
  perform private.assert_conversation_ids(create_training_file.conversation_ids);
  perform private.assert_training_file_options(create_training_file.options);
  perform private.assert_training_file_changes(jsonb_build_object(
    'name', create_training_file.name, 'description', create_training_file.description
  ));
  earlier := private.claim_idempotency_key(
    create_training_file.idempotency_key, create_training_file.request_hash
  );
  if earlier.id is not null then
    -- A later attempt may have made the file after all.
    return query
    select made.id, earlier.id, null::uuid, false, earlier.is_queued and made.version = 0
    from public.training_files as made where made.id = earlier.training_file_id;
    return;
  end if;

  -- Before the conversations are locked: a file comes first wherever both are.
  perform private.fail_lost_build(namesake.id, false)
  from public.training_files as namesake
  where namesake.org_id = meant_org_id and namesake.version = 0
    and namesake.name = btrim(create_training_file.name);
  perform private.assert_conversations_usable(meant_org_id, create_training_file.conversation_ids);
  insert into public.training_files (org_id, name, description, created_by)
  values (meant_org_id, btrim(create_training_file.name), create_training_file.description, caller_id)
  on conflict (org_id, name) do nothing
  returning * into file;
  if file.id is null then
    perform private.raise_error(
      'NAME_TAKEN', 409, 'There is a training file with this name already', null, 'Choose another name'
    );
  end if;
  return query select * from private.create_training_file_build(
    file, 'created', create_training_file.conversation_ids, create_training_file.options,
    create_training_file.idempotency_key, create_training_file.request_hash
  );
end
$$;

COMMENT ON FUNCTION private.create_training_file(org_id uuid, name text, description text, conversation_ids uuid[], options jsonb, idempotency_key text, request_hash text) IS 'Begins a training file; the caller builds version 1, or a job does (is_queued). Answers with the earlier file when the idempotency key has made one. Raises INVALID_REQUEST, ORG_REQUIRED, ORG_NOT_FOUND, ROLE_TOO_LOW, CONVERSATION_NOT_FOUND, CONVERSATION_NOT_READY, CONVERSATION_TOO_LARGE, NAME_TAKEN, IDEMPOTENCY_KEY_REUSED. Definer: users have no write right on files; it asks for the editor role first.';

CREATE FUNCTION private.create_training_file_build(file public.training_files, change text, conversation_ids uuid[], options jsonb, idempotency_key text, request_hash text) RETURNS TABLE(file_id uuid, version_id uuid, build_token uuid, is_new boolean, is_queued boolean)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  begun public.training_file_versions := private.create_training_file_version(
    file, change, conversation_ids, options
  );
begin
  perform private.add_idempotency_key(idempotency_key, request_hash, begun.id);
  return query
  select file.id, begun.id, begun.build_token, true, private.enqueue_training_file_build(begun, false);
end
$$;

COMMENT ON FUNCTION private.create_training_file_build(file public.training_files, change text, conversation_ids uuid[], options jsonb, idempotency_key text, request_hash text) IS 'Begins a version for a request, notes its key, and queues the build if it is too large for the request. Answers as the functions below do. Raises TRAINING_FILE_BUSY. The caller has locked the file and ended a lost build.';

CREATE FUNCTION private.create_training_file_version(file public.training_files, change text, conversation_ids uuid[], options jsonb) RETURNS public.training_file_versions
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  begun public.training_file_versions;
begin
  if exists (
    select from public.training_file_versions as version
    where version.training_file_id = file.id and version.state = 'building'
  ) then
    perform private.raise_error(
      'TRAINING_FILE_BUSY', 409, 'Another change of this training file is under way', null,
      'Try again when it has ended'
    );
  end if;

  insert into public.training_file_versions
    (org_id, training_file_id, version, parent_version, file_name, change, options, created_by)
  select file.org_id, file.id, coalesce(max(known.version), 0) + 1, file.version, file.name,
    create_training_file_version.change, create_training_file_version.options, (select auth.uid())
  from public.training_file_versions as known
  where known.training_file_id = file.id
  returning * into begun;
  update public.training_files set status = 'processing' where id = file.id and version = 0;
  insert into public.training_file_sources (org_id, version_id, position, conversation_id)
  select begun.org_id, begun.id, wanted.ordinality - 1, wanted.id
  from unnest(conversation_ids) with ordinality as wanted (id, ordinality);
  -- If the build dies, its objects are swept; if it ends, its names are taken off this list.
  insert into private.storage_outbox (bucket, path, due_at)
  select 'training-files', file.id || '/v' || begun.version || '/' || object, now() + interval '1 day'
  from unnest(array['training.json', 'training.jsonl', 'manifest.json']) as object;
  return begun;
end
$$;

COMMENT ON FUNCTION private.create_training_file_version(file public.training_files, change text, conversation_ids uuid[], options jsonb) IS 'Begins a version of a file with the given conversations, in order. Raises TRAINING_FILE_BUSY while another is being built. The caller has locked the file and ended a lost build.';

CREATE FUNCTION private.defer_document_job(job_id text, lease_token uuid, lane text, usage jsonb) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
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

COMMENT ON FUNCTION private.defer_document_job(job_id text, lease_token uuid, lane text, usage jsonb) IS 'Gives a training back, with its attempt, to go on in a lane: in pass2 its scanned pages are read, in embedding it is trained, so that each provider''s limits and pauses hold for what is sent to it. Books what was consumed. Returns waiting, or stale_lease when the job was overtaken. Raises INVALID_REQUEST. Locks the job. Definer: the job is private.';

CREATE FUNCTION private.defer_job(job private.jobs, error jsonb, seconds double precision, scope text) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  outcome text;
begin
  if job.first_claimed_at < clock_timestamp() - interval '1 day' then
    perform private.complete_job(job, 'dead', error);
    return 'dead';
  end if;
  outcome := private.retry_job(
    job,
    -- In a paused lane it keeps its turn; alone, it waits by itself.
    clock_timestamp() + make_interval(secs => case scope when 'lane' then 0 else seconds end),
    job.attempt - 1, error
  );
  update private.jobs set defer_count = defer_count + 1 where id = job.id;
  return outcome;
end
$$;

COMMENT ON FUNCTION private.defer_job(job private.jobs, error jsonb, seconds double precision, scope text) IS 'Gives a job back with its attempt; dead when its first attempt was over a day ago. The caller has locked the row. Returns waiting, superseded or dead.';

CREATE FUNCTION private.defer_jobs(refs jsonb, retry_after double precision DEFAULT NULL::double precision, scope text DEFAULT 'lane'::text) RETURNS TABLE(job_id text, outcome text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  ref record;
  job private.jobs;
  seconds double precision;
  pauses jsonb := jsonb_build_object();
  reason text;
begin
  if defer_jobs.scope is null or defer_jobs.scope not in ('job', 'lane') then
    perform private.raise_error('INVALID_REQUEST', 400, 'scope must be job or lane');
  end if;
  perform private.claim_job_organizations(array(
    select (item.ref ->> 'job_id')::bigint from jsonb_array_elements(defer_jobs.refs) as item (ref)
  ));
  for ref in
    select item.* from jsonb_to_recordset(defer_jobs.refs)
      as item (job_id text, lease_token uuid, code text, message text, usage jsonb)
    order by item.job_id::bigint
  loop
    job_id := ref.job_id;
    perform private.add_stale_usage(ref.job_id::bigint, ref.lease_token, ref.usage);
    select held.* into job from private.jobs as held
    where held.id = ref.job_id::bigint and held.lease_token = ref.lease_token
    for update;
    if job.id is null then
      outcome := 'stale_lease';
    else
      seconds := greatest(1, least(600, coalesce(
        defer_jobs.retry_after, 5 * 2 ^ least(job.defer_count, 7)
      ))) * (1 + random() / 10);
      if defer_jobs.scope = 'lane' then
        pauses := pauses || jsonb_build_object(
          job.lane, greatest(seconds, (pauses ->> job.lane)::double precision)
        );
        reason := ref.code;
      end if;
      outcome := private.defer_job(
        job, jsonb_build_object('code', ref.code, 'message', left(ref.message, 2000)),
        seconds, defer_jobs.scope
      );
    end if;
    return next;
  end loop;
  -- After the jobs: a claim takes those whose worker was lost before it takes their lane.
  perform private.update_lane_pause(pause.lane, pause.seconds, reason)
  from (
    select item.key as lane, item.value::double precision as seconds
    from jsonb_each_text(pauses) as item order by item.key
  ) as pause;
end
$$;

COMMENT ON FUNCTION private.defer_jobs(refs jsonb, retry_after double precision, scope text) IS 'A provider has refused for now: [{job_id, lease_token, code, message, usage?}] go back with their attempts. Their lane pauses for retry_after seconds (1 to 600; without it 5 s, doubled with each time that the job was sent back) and may hold half as many leases, one more with each minute; scope job leaves the lane alone. A job whose first attempt was over a day ago is dead. Outcome waiting, superseded, dead or stale_lease. Raises INVALID_REQUEST. Locks organisations, jobs, then lanes. Definer: the tables are private.';

CREATE FUNCTION private.delete_next_pointer_vectors(organization public.organizations) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  delete from private.next_pointer_vectors as next_vector
  using public.pointers as pointer
  where pointer.org_id = organization.id and next_vector.pointer_id = pointer.id
$$;

COMMENT ON FUNCTION private.delete_next_pointer_vectors(organization public.organizations) IS 'Forgets what a switch has made for crops.';

CREATE FUNCTION private.delete_old_audit_events() RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  delete from public.audit_events where created_at < now() - interval '400 days'
$$;

COMMENT ON FUNCTION private.delete_old_audit_events() IS 'From cron every night: forgets what is older than 400 days. Definer: nobody may delete events.';

CREATE FUNCTION private.delete_old_invitations() RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  delete from public.organization_invitations
  where coalesce(ended_at, expires_at) < now() - interval '90 days'
$$;

COMMENT ON FUNCTION private.delete_old_invitations() IS 'From cron every night: forgets addresses whose invitation ended or expired 90 days ago. Definer: nobody else may delete them.';

CREATE FUNCTION private.delete_stale_chunks(max_chunks integer) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  stale private.stale_chunks;
  row_count bigint;
  deleted_count bigint := 0;
begin
  for stale in
    select own.* from private.stale_chunks as own
    order by own.org_id, own.vault_document_id
    for update skip locked
  loop
    exit when deleted_count >= max_chunks;
    delete from public.mono_training_chunks as chunk
    using public.vault_documents as document
    where chunk.org_id = stale.org_id and chunk.vault_document_id = stale.vault_document_id
      and chunk.embedding_model = stale.embedding_model
      and document.org_id = stale.org_id and document.id = stale.vault_document_id
      and chunk.generation is distinct from document.chunk_generation
      and chunk.generation is distinct from document.next_chunk_generation
      -- A job at work ends as overtaken, and not as one whose chunks are missing.
      and not exists (
        select from private.jobs as job where job.id = chunk.generation / 1000
      );
    get diagnostics row_count = row_count;
    deleted_count := deleted_count + row_count;
    delete from private.stale_chunks as own
    where own.org_id = stale.org_id and own.vault_document_id = stale.vault_document_id
      and own.embedding_model = stale.embedding_model;
  end loop;
  return deleted_count;
end
$$;

COMMENT ON FUNCTION private.delete_stale_chunks(max_chunks integer) IS 'Deletes what switches have left, document by document, until about so many chunks are gone. Returns how many.';

CREATE FUNCTION private.delete_training_file(training_file_id uuid) RETURNS text[]
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  file public.training_files := private.get_training_file_for_update(training_file_id, 'admin');
  paths text[];
begin
  perform private.complete_job(job, 'cancelled')
  from private.jobs as job
  where (job.kind = 'rebuild_training_file' and job.dedupe_key = file.id::text)
    or (job.kind = 'build_training_file' and job.dedupe_key in (
      select version.id::text from public.training_file_versions as version
      where version.training_file_id = file.id and version.state = 'building'
    ));
  select array_agg(distinct object.path) into paths
  from (
    select artifact.path
    from public.training_artifacts as artifact
    join public.training_file_versions as version on version.id = artifact.version_id
    where version.training_file_id = file.id
    union all
    select outbox.path from private.storage_outbox as outbox
    where outbox.bucket = 'training-files' and outbox.path like file.id || '/%'
  ) as object;
  insert into private.storage_outbox (bucket, path)
  select 'training-files', path from unnest(paths) as path
  on conflict (bucket, path) do update set due_at = now();
  delete from public.training_files where id = file.id;
  return coalesce(paths, '{}');
end
$$;

COMMENT ON FUNCTION private.delete_training_file(training_file_id uuid) IS 'Deletes a file with all versions, cancels its jobs and hands its objects to the sweeper; returns their names. Raises TRAINING_FILE_NOT_FOUND, ROLE_TOO_LOW. Locks the organisation, the file. Definer: users have no delete right and may not see the outbox.';

CREATE FUNCTION private.drain_workers(worker_id text DEFAULT NULL::text) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  with asked as (
    update private.workers as worker
    set is_draining = true
    where worker.id = coalesce(drain_workers.worker_id, worker.id)
    returning 1
  )
  select count(*) from asked
$$;

COMMENT ON FUNCTION private.drain_workers(worker_id text) IS 'Asks a worker, or every one that runs now, to finish what it holds and end. Returns how many. Definer: the tables are private.';

CREATE FUNCTION private.enqueue_auto_trainings(vault_document_ids uuid[]) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
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

COMMENT ON FUNCTION private.enqueue_auto_trainings(vault_document_ids uuid[]) IS 'Queues a training, trigger auto, for each of the documents whose sets ask for it, that is not trained as it is now, and that has no training open. Returns how many. Locks the documents. Definer: whoever changes a document may not write jobs.';

CREATE FUNCTION private.enqueue_document_training(org_id uuid, vault_document_id uuid, trigger text) RETURNS TABLE(job jsonb, is_new boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
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

COMMENT ON FUNCTION private.enqueue_document_training(org_id uuid, vault_document_id uuid, trigger text) IS 'Queues a training of the document, or returns the one that is open. Raises INVALID_REQUEST, ORG_REQUIRED, ORG_NOT_FOUND, ROLE_TOO_LOW, DOCUMENT_NOT_FOUND. Locks the organisation, then the document, so that two requests at once make one job. Definer: users may not write sets'' jobs nor the engine''s tables; it asks for the editor role first.';

CREATE FUNCTION private.enqueue_jobs(jobs jsonb) RETURNS TABLE(job_id text, dedupe_key text, outcome text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  -- One for all of them: what comes without a time goes in the order of the array.
  now_at constant timestamptz := clock_timestamp();
begin
  return query
  with item as (
    select distinct on (given.kind, given.dedupe_key)
      given.org_id, given.lane, given.kind, given.dedupe_key, given.input_hash,
      coalesce(given.payload, '{}') as payload,
      min(coalesce(given.priority, 100::smallint)) over same_key as priority,
      min(coalesce(given.visible_at, now_at)) over same_key as visible_at,
      coalesce(given.max_attempts, 5) as max_attempts,
      coalesce(given.est_tokens, 0) as est_tokens,
      given.position
    from rows from (
      jsonb_to_recordset(enqueue_jobs.jobs) as (
        org_id uuid, lane text, kind text, dedupe_key text, input_hash text, payload jsonb,
        priority smallint, visible_at timestamptz, max_attempts smallint, est_tokens integer
      )
    ) with ordinality as given (
      org_id, lane, kind, dedupe_key, input_hash, payload, priority, visible_at, max_attempts,
      est_tokens, position
    )
    window same_key as (partition by given.kind, given.dedupe_key)
    order by given.kind, given.dedupe_key, given.position desc
  ),
  judged as (
    select item.*,
      case when item.input_hash is null then false
        else private.is_input_known(item.lane, item.kind, item.dedupe_key, item.input_hash)
      end as is_known
    from item
  ),
  placed as (
    select judged.*,
      judged.visible_at <= now_at as is_ready,
      row_number() over (
        partition by judged.lane, judged.priority, judged.org_id
        order by judged.visible_at, judged.position
      ) as place
    from judged
    where not judged.is_known
  ),
  queued as (
    insert into private.jobs as job (
      org_id, lane, kind, dedupe_key, input_hash, payload, priority, visible_at, is_ready,
      max_attempts, est_tokens, turn
    )
    select
      placed.org_id, placed.lane, placed.kind, placed.dedupe_key, placed.input_hash,
      placed.payload, placed.priority, placed.visible_at, placed.is_ready,
      placed.max_attempts, placed.est_tokens,
      case when placed.is_ready then placed.place - 1 + max(
        case when placed.place = 1
          then private.get_next_turn(placed.lane, placed.priority, placed.org_id)
        end
      ) over (partition by placed.lane, placed.priority, placed.org_id) else -1 end
    from placed
    -- Two enqueues of the same keys must not wait for each other in a ring.
    order by placed.kind, placed.dedupe_key
    on conflict (kind, dedupe_key) where lease_token is null do update
      set payload = excluded.payload,
          input_hash = excluded.input_hash,
          est_tokens = excluded.est_tokens,
          lane = excluded.lane,
          priority = least(job.priority, excluded.priority),
          -- Turns count within lane and priority: the old one may be far behind among the new.
          turn = case
            when not job.is_ready and not excluded.is_ready then -1
            when job.is_ready and excluded.lane = job.lane and excluded.priority >= job.priority
              then job.turn
            when excluded.is_ready then excluded.turn
            else private.get_next_turn(
              excluded.lane, least(job.priority, excluded.priority), job.org_id
            )
          end,
          visible_at = least(job.visible_at, excluded.visible_at),
          is_ready = job.is_ready or excluded.is_ready
    returning job.id::text, job.dedupe_key,
      case when job.xmax = 0 then 'inserted' else 'merged' end as outcome
  )
  select queued.id, queued.dedupe_key, queued.outcome from queued
  union all
  select null, judged.dedupe_key, 'unchanged' from judged where judged.is_known;
  -- What the system itself has to do is not a user's to use up.
  if (select auth.uid()) is not null then
    perform private.assert_enqueue_quotas(enqueue_jobs.jobs);
  end if;
end
$$;

COMMENT ON FUNCTION private.enqueue_jobs(jobs jsonb) IS 'Enqueues an array of {org_id, lane, kind, dedupe_key, input_hash?, payload?, priority?, visible_at?, max_attempts?, est_tokens?}. A waiting job with the same kind and key, in the table or earlier in the array, is merged: newest payload and lane, lower priority number, earlier time. Outcome inserted, merged, or unchanged (then without an id): the same input is being worked on, or was the last that was. Raises QUOTA_EXCEEDED in a user''s request. Definer: the tables are private.';

CREATE FUNCTION private.enqueue_lost_trainings() RETURNS bigint
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select count(*) from private.enqueue_jobs((
    select coalesce(jsonb_agg(jsonb_build_object(
      'org_id', lost.org_id, 'lane', 'embedding', 'kind', 'train_document',
      'dedupe_key', lost.vault_document_id,
      'payload', jsonb_build_object(
        'training_job_id', lost.id, 'vault_document_id', lost.vault_document_id
      )
    )), '[]')
    from public.mono_training_jobs as lost
    where lost.status in ('queued', 'processing') and not exists (
      select from private.jobs as job
      where job.kind = 'train_document' and job.dedupe_key = lost.vault_document_id::text
    )
  ))
$$;

COMMENT ON FUNCTION private.enqueue_lost_trainings() IS 'Queues trainings that users see as open and that no job carries out, as after a partial restore. Returns how many.';

CREATE FUNCTION private.enqueue_next_pointer_vectors(organization public.organizations, pointer_id uuid DEFAULT NULL::uuid) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  ids uuid[];
begin
  -- As if they had just been read: bytes and the vision provider have nothing to do with it.
  with known as (
    insert into private.pointer_readings as own (
      pointer_id, source_hash, input_hash, description, cross_references, enrichment_metadata
    )
    select pointer.id, source.source_hash, pointer.input_hash, pointer.description,
      pointer.cross_references, pointer.enrichment_metadata
    from public.pointers as pointer
    cross join lateral private.get_pointer_source(pointer.id) as source
    where pointer.org_id = organization.id
      and pointer.id = coalesce(enqueue_next_pointer_vectors.pointer_id, pointer.id)
      -- What is not will be embedded for both when it is.
      and pointer.enrichment_status = 'complete' and source.next_embedding_model is not null
    order by pointer.id
    on conflict (pointer_id) do update
      set source_hash = excluded.source_hash, input_hash = excluded.input_hash,
          description = excluded.description, cross_references = excluded.cross_references,
          enrichment_metadata = excluded.enrichment_metadata
    returning own.pointer_id
  )
  select array_agg(known.pointer_id) into ids from known;
  return (select count(*) from private.enqueue_jobs((
    select coalesce(jsonb_agg(jsonb_build_object(
      'org_id', pointer.org_id, 'lane', 'embedding', 'kind', 'enrich_pointer',
      'dedupe_key', pointer.id, 'priority', 200,
      'payload', jsonb_build_object(
        'pointer_id', pointer.id, 'png_path', pointer.png_path, 'revision', pointer.revision
      )
    )), '[]')
    from public.pointers as pointer where pointer.id = any (ids)
  )));
end
$$;

COMMENT ON FUNCTION private.enqueue_next_pointer_vectors(organization public.organizations, pointer_id uuid) IS 'Queues the crops, or one of them, that have no vector yet for the switch that is going on, behind all trainings: they are not read again. Returns how many.';

CREATE FUNCTION private.enqueue_object_deletion(bucket text, path text, delay interval) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  insert into private.storage_outbox (bucket, path, due_at)
  values (enqueue_object_deletion.bucket, enqueue_object_deletion.path, now() + enqueue_object_deletion.delay)
  on conflict (bucket, path) do update set due_at = excluded.due_at
$$;

COMMENT ON FUNCTION private.enqueue_object_deletion(bucket text, path text, delay interval) IS 'Lists an object that is about to be written: unless a row names it in time, it is swept. Definer: the outbox is private.';

CREATE FUNCTION private.enqueue_orphaned_objects() RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  with listed as (
    insert into private.storage_outbox (bucket, path)
    select object.bucket_id, object.name
    from storage.objects as object
    where object.bucket_id = 'training-files' and object.updated_at < now() - interval '1 day'
      and not exists (
        select from public.training_artifacts as artifact where artifact.path = object.name
      )
    order by object.updated_at
    limit 10000
    on conflict (bucket, path) do nothing
    returning 1
  )
  select count(*) from listed
$$;

COMMENT ON FUNCTION private.enqueue_orphaned_objects() IS 'From cron every night: lists for the sweeper the objects that no row names, such as one that a cancelled builder wrote after its sweep, or those of a deleted organisation. Returns how many. Definer: the outbox is private.';

CREATE FUNCTION private.enqueue_pointers(pointer_ids uuid[]) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
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

COMMENT ON FUNCTION private.enqueue_pointers(pointer_ids uuid[]) IS 'Queues crops to be read, oldest first; one that waits already stays where it is. Returns how many. Locks the crops, then the jobs. Definer: whoever changes a crop may not write jobs.';

CREATE FUNCTION private.enqueue_reembeddings(org_id uuid, vault_document_id uuid, max_jobs integer) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO ''
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
begin
  return (select count(*) from private.enqueue_jobs((
    select coalesce(jsonb_agg(missing.job), '[]')
    from (
      select jsonb_build_object(
        'org_id', document.org_id, 'lane', 'embedding', 'kind', 'reembed_document',
        -- A job copies one generation: what it has stored is never continued with another.
        'dedupe_key', format('%s:%s', document.id, document.chunk_generation),
        'priority', 200,
        'payload', jsonb_build_object(
          'vault_document_id', document.id, 'generation', document.chunk_generation
        )
      ) as job
      from public.organizations as organization
      join public.vault_documents as document on document.org_id = organization.id
      where organization.next_embedding_model is not null
        and (enqueue_reembeddings.org_id is null or organization.id = enqueue_reembeddings.org_id)
        and (enqueue_reembeddings.vault_document_id is null
          or document.id = enqueue_reembeddings.vault_document_id)
        and document.chunk_generation is not null and document.next_chunk_generation is null
        and not exists (
          select from private.jobs as job
          where job.kind = 'reembed_document'
            and job.dedupe_key = format('%s:%s', document.id, document.chunk_generation)
        )
        and not exists (
          select from private.failed_reembeddings as failure
          where failure.vault_document_id = document.id
        )
      limit max_jobs
    ) as missing
  )));
end
$$;

COMMENT ON FUNCTION private.enqueue_reembeddings(org_id uuid, vault_document_id uuid, max_jobs integer) IS 'Queues the documents, of one organisation or of all (null), or one of them, that a switch still needs and that have not failed. Returns how many.';

CREATE FUNCTION private.enqueue_storage_sweep() RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform private.fail_lost_builds();
  if not exists (select from private.storage_outbox where due_at <= now()) then
    return 0;
  end if;
  return (
    select count(*) from private.enqueue_jobs(
      '[{"lane": "storage", "kind": "sweep_storage", "dedupe_key": "storage"}]'
    )
  );
end
$$;

COMMENT ON FUNCTION private.enqueue_storage_sweep() IS 'From cron every minute: ends builds that stopped without a word, and queues a sweep when objects are due. Returns how many jobs were queued. Definer: the tables are private.';

CREATE FUNCTION private.enqueue_training_file_build(version public.training_file_versions, is_forced boolean) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  source_count bigint;
  source_bytes bigint;
begin
  select count(*), sum((object.metadata ->> 'size')::bigint) into source_count, source_bytes
  from public.training_file_sources as source
  join public.conversations as conversation
    on conversation.org_id = version.org_id and conversation.conversation_id = source.conversation_id
  left join storage.objects as object
    on object.bucket_id = 'conversation-files' and object.name = conversation.enriched_file_path
  where source.version_id = version.id;
  if not is_forced and source_count <= 80 and coalesce(source_bytes, 0) <= 5 * 1024 * 1024 then
    return false;
  end if;

  perform private.enqueue_jobs(jsonb_build_array(jsonb_build_object(
    'org_id', version.org_id, 'lane', 'training-files', 'kind', 'build_training_file',
    'dedupe_key', version.id, 'payload', jsonb_build_object('version_id', version.id)
  )));
  update public.training_file_versions
  set is_queued = true, build_until = now() + interval '1 day'
  where id = version.id;
  update public.training_files set status = 'processing' where id = version.training_file_id;
  return true;
end
$$;

COMMENT ON FUNCTION private.enqueue_training_file_build(version public.training_file_versions, is_forced boolean) IS 'Queues the build of a version that nobody waits for, or that is too large for a request (more than 80 conversations or 5 MB of sources); false when it is not.';

CREATE FUNCTION private.enqueue_training_file_rebuild(file public.training_files) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
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

COMMENT ON FUNCTION private.enqueue_training_file_rebuild(file public.training_files) IS 'Queues the rebuild of a file that was found stale, told to rebuild or taken out of the archive after its conversations were enriched again. Raises QUOTA_EXCEEDED in a user''s request. The caller has locked the organisation and the file.';

CREATE FUNCTION private.enqueue_training_file_rebuilds(training_file_ids uuid[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
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

COMMENT ON FUNCTION private.enqueue_training_file_rebuilds(training_file_ids uuid[]) IS 'Queues the rebuild of those of the files that are stale, are to be rebuilt by themselves and are not archived. Raises QUOTA_EXCEEDED in a user''s request. The caller has locked the files.';

CREATE FUNCTION private.enqueue_training_job(document public.vault_documents, trigger text) RETURNS public.mono_training_jobs
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
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

COMMENT ON FUNCTION private.enqueue_training_job(document public.vault_documents, trigger text) IS 'Ensures the document''s place in a set, for a manual training in the set Vault, and queues one training, in one transaction. The caller has locked the document and checked that no job is open.';

CREATE FUNCTION private.fail_arguments(state text, message text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  -- It may quote what was sent, and names our tables: for operators alone.
  raise log 'arguments refused with %: %', state, left(fail_arguments.message, 1000);
  perform private.raise_error(
    'INVALID_REQUEST', 400, 'The arguments are not valid', jsonb_build_object('sqlstate', state)
  );
end
$$;

COMMENT ON FUNCTION private.fail_arguments(state text, message text) IS 'Raises INVALID_REQUEST in place of what PostgreSQL said of arguments that it could not cast or store; that goes to the log.';

CREATE FUNCTION private.fail_job(job private.jobs, error jsonb, is_permanent boolean, retry_after double precision) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  delay_seconds double precision;
begin
  if is_permanent or job.attempt >= job.max_attempts then
    perform private.complete_job(job, 'dead', error);
    return 'dead';
  end if;
  delay_seconds := least(600, 2 * 2 ^ (job.attempt - 1)) * (0.5 + random() / 2);
  return private.retry_job(
    job,
    clock_timestamp()
      + make_interval(secs => greatest(delay_seconds, fail_job.retry_after)),
    job.attempt, error
  );
end
$$;

COMMENT ON FUNCTION private.fail_job(job private.jobs, error jsonb, is_permanent boolean, retry_after double precision) IS 'Ends an attempt that failed: dead when permanent or out of attempts, else waiting again. The caller has locked the row. Returns dead, waiting or superseded.';

CREATE FUNCTION private.fail_jobs(refs jsonb) RETURNS TABLE(job_id text, outcome text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  ref record;
  job private.jobs;
begin
  perform private.claim_job_organizations(array(
    select (item.ref ->> 'job_id')::bigint from jsonb_array_elements(fail_jobs.refs) as item (ref)
  ));
  for ref in
    select item.* from jsonb_to_recordset(fail_jobs.refs) as item (
      job_id text, lease_token uuid, code text, message text, is_permanent boolean,
      retry_after double precision, usage jsonb
    )
    order by item.job_id::bigint
  loop
    job_id := ref.job_id;
    perform private.add_stale_usage(ref.job_id::bigint, ref.lease_token, ref.usage);
    select held.* into job from private.jobs as held
    where held.id = ref.job_id::bigint and held.lease_token = ref.lease_token
    for update;
    outcome := case when job.id is null then 'stale_lease'
      else private.fail_job(
        job, jsonb_build_object('code', ref.code, 'message', left(ref.message, 2000)),
        ref.is_permanent, case when ref.retry_after > 0 then least(ref.retry_after, 3600) end
      )
    end;
    return next;
  end loop;
end
$$;

COMMENT ON FUNCTION private.fail_jobs(refs jsonb) IS 'Reports failed attempts [{job_id, lease_token, code, message, is_permanent, retry_after?, usage?}]. Permanent or out of attempts: dead. Otherwise waiting again after 2 s doubled with each attempt, at most 600 s, times a random 0.5 to 1, and not before retry_after seconds (at most 3600). Outcome dead, waiting, superseded or stale_lease. Definer: the tables are private.';

CREATE FUNCTION private.fail_lost_build(training_file_id uuid, keeps_file boolean) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  lost public.training_file_versions;
begin
  -- Whoever holds the file is ending its build, or has just begun one.
  perform from public.training_files as file
  where file.id = fail_lost_build.training_file_id
  for update skip locked;
  if not found then
    return;
  end if;
  select building.* into lost from public.training_file_versions as building
  where building.training_file_id = fail_lost_build.training_file_id
    and building.state = 'building' and private.is_build_lost(building)
  for update;
  if lost.id is null then
    return;
  end if;
  perform private.complete_job(job, 'cancelled')
  from private.jobs as job
  where job.kind = 'build_training_file' and job.dedupe_key = lost.id::text;
  perform private.fail_training_file_version(
    lost, 'failed',
    coalesce(
      (
        select past.error from private.job_history as past
        where past.kind = 'build_training_file' and past.dedupe_key = lost.id::text
        order by past.id desc limit 1
      ),
      '{"code": "BUILD_LOST", "message": "The build stopped before its end"}'
    ),
    keeps_file
  );
end
$$;

COMMENT ON FUNCTION private.fail_lost_build(training_file_id uuid, keeps_file boolean) IS 'Ends the build of a file if it stopped without a word, with the reason of its job where that gave one. A file goes with the request that made it, unless the caller keeps it. Locks the file, then the version; does nothing to a file that another holds.';

CREATE FUNCTION private.fail_lost_builds() RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  perform private.fail_lost_build(building.training_file_id, false)
  from public.training_file_versions as building
  where building.state = 'building' and private.is_build_lost(building);
end
$$;

COMMENT ON FUNCTION private.fail_lost_builds() IS 'Ends the builds that stopped without a word. Locks as fail_lost_build does.';

CREATE FUNCTION private.fail_training_file_build(version_id uuid, build_token uuid, error jsonb) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  version public.training_file_versions;
begin
  perform from public.training_files as file
  where file.id = (
    select building.training_file_id from public.training_file_versions as building
    where building.id = fail_training_file_build.version_id
  )
  for update;
  select building.* into version from public.training_file_versions as building
  where building.id = fail_training_file_build.version_id and building.state = 'building'
    and building.build_token = fail_training_file_build.build_token
  for update;
  if version.id is null then
    return false;
  end if;
  perform private.fail_training_file_version(version, 'failed', error, false);
  return true;
end
$$;

COMMENT ON FUNCTION private.fail_training_file_build(version_id uuid, build_token uuid, error jsonb) IS 'Ends a build that cannot succeed; false when it was overtaken. Locks the file, then the version. Definer: see claim_training_file_build.';

CREATE FUNCTION private.fail_training_file_version(version public.training_file_versions, state text, error jsonb, keeps_file boolean) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  update private.storage_outbox set due_at = now()
  where bucket = 'training-files'
    and path like version.training_file_id || '/v' || version.version || '/%';
  if version.change = 'created' and not version.is_queued and not keeps_file then
    -- Whoever made the file is told now: the request has failed as a whole.
    delete from public.training_files where id = version.training_file_id and training_files.version = 0;
    return;
  end if;
  update public.training_file_versions
  set state = fail_training_file_version.state, error = fail_training_file_version.error
  where id = version.id;
  update public.training_files as file
  set status = case
    when file.version = 0 then 'failed'
    when file.is_archived then 'archived'
    else 'active'
  end
  where file.id = version.training_file_id and file.status = 'processing';
end
$$;

COMMENT ON FUNCTION private.fail_training_file_version(version public.training_file_versions, state text, error jsonb, keeps_file boolean) IS 'Ends a build without a result and hands its objects to the sweeper. A file goes with the request that made it, unless the caller keeps it; one whose first build was queued stays, failed. The caller has locked the file and the version.';

CREATE FUNCTION private.get_account_id() RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select account.id
  from auth.users as account
  where account.id = (select auth.uid())
    and not account.is_anonymous
    and coalesce(account.banned_until <= now(), true)
$$;

COMMENT ON FUNCTION private.get_account_id() IS 'The caller''s user id; null for an account that is gone, banned or anonymous, whose token is good all the same. Definer: reads the accounts.';

CREATE FUNCTION private.get_actor() RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO ''
    RETURN CASE WHEN ((SELECT auth.uid() AS uid) IS NOT NULL) THEN 'user'::text WHEN (current_setting('role'::text, true) = 'service_role'::text) THEN 'service_role'::text ELSE 'system'::text END;

COMMENT ON FUNCTION private.get_actor() IS 'Who acts, as audit_events.actor has it. A definer function keeps the role that PostgREST has set.';

CREATE FUNCTION private.get_conversation_snapshots(org_id uuid, sha256s text[]) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select coalesce(jsonb_object_agg(
    known.sha256, jsonb_build_object('snapshot', known.snapshot, 'fingerprint', known.fingerprint)
  ), '{}')
  from public.conversation_snapshots as known
  where known.org_id = get_conversation_snapshots.org_id
    and known.sha256 = any (get_conversation_snapshots.sha256s)
$$;

COMMENT ON FUNCTION private.get_conversation_snapshots(org_id uuid, sha256s text[]) IS 'The snapshots of an organisation with these hashes, by hash. Definer: see claim_training_file_build.';

CREATE FUNCTION private.get_crop_path_org_id(name text) RETURNS uuid
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    RETURN CASE WHEN (name ~ '^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/){2}[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.png$'::text) THEN (split_part(name, '/'::text, 1))::uuid ELSE NULL::uuid END;

COMMENT ON FUNCTION private.get_crop_path_org_id(name text) IS 'The organisation of an object name <org_id>/<project_id>/<pointer_id>.png; null for any other form.';

CREATE FUNCTION private.get_document_path_org_id(name text) RETURNS uuid
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    RETURN CASE WHEN (name ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/[A-Za-z0-9_]([A-Za-z0-9_ .()+-]{0,198}[A-Za-z0-9_)])?$'::text) THEN (split_part(name, '/'::text, 1))::uuid ELSE NULL::uuid END;

COMMENT ON FUNCTION private.get_document_path_org_id(name text) IS 'The organisation of an object name <org_id>/<document_id>/<filename>; null for any other form, so that a policy built on it refuses .., //, back-slashes and names outside ASCII.';

CREATE FUNCTION private.get_embedding_index(model text) RETURNS regclass
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  return to_regclass(format(
    'public.mono_training_chunks_embedding_%s_idx', left(md5(get_embedding_index.model), 12)
  ));
end
$$;

COMMENT ON FUNCTION private.get_embedding_index(model text) IS 'The HNSW index of a model; null while there is none.';

CREATE FUNCTION private.get_filter_job_ids(filter jsonb) RETURNS bigint[]
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $_$
  select case when filter ? 'job_ids' then array(
    select named.id::bigint from jsonb_array_elements_text(filter -> 'job_ids') as named (id)
    where named.id ~ '^[0-9]{1,18}$'
  ) end
$_$;

COMMENT ON FUNCTION private.get_filter_job_ids(filter jsonb) IS 'The job ids that a filter names, null when it names none; what is no number names no job.';

CREATE FUNCTION private.get_job_count_within_tokens(lane_name text, kinds text[], max_jobs integer, tokens double precision, max_tokens bigint) RETURNS integer
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select count(*)::integer from (
    select due.est_tokens,
      sum(due.est_tokens) over (order by due.priority, due.turn, due.id) as tokens_so_far
    from (
      select job.id, job.est_tokens, job.priority, job.turn
      from private.jobs as job
      where job.lane = lane_name and job.is_ready
        and (kinds is null or job.kind = any (kinds))
      order by job.priority, job.turn, job.id
      limit max_jobs
    ) as due
  ) as granted
  -- One job that is larger than the whole bucket still goes, and leaves it in debt.
  where granted.tokens_so_far - granted.est_tokens < tokens
    -- What a worker asked for is not exceeded, except by a first job that no worker could take.
    and (
      granted.tokens_so_far <= coalesce(max_tokens, granted.tokens_so_far)
      or granted.tokens_so_far = granted.est_tokens
    )
$$;

COMMENT ON FUNCTION private.get_job_count_within_tokens(lane_name text, kinds text[], max_jobs integer, tokens double precision, max_tokens bigint) IS 'How many of the next jobs of a lane a token budget, and what a worker asked for, have room for: at least one while both are above 0.';

CREATE FUNCTION private.get_job_health() RETURNS TABLE(is_healthy boolean, last_tick_at timestamp with time zone, tick_age_seconds double precision, oldest_ready_seconds double precision, worker_count bigint, dead_last_day bigint, has_secrets boolean)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select
    coalesce(
      seen.has_secrets and seen.tick_age_seconds < 60
        and coalesce(seen.oldest_ready_seconds, 0) < 900,
      false
    ),
    seen.*
  from (
    select tick.last_tick_at,
      extract(epoch from now() - tick.last_tick_at)::double precision as tick_age_seconds,
      (
        select extract(epoch from now() - min(job.visible_at))::double precision
        from private.jobs as job
        join private.lanes as lane on lane.lane = job.lane
        where job.is_ready and (lane.paused_until is null or lane.paused_until <= now())
      ) as oldest_ready_seconds,
      (
        select count(*) from private.workers as worker
        where worker.seen_at > now() - make_interval(secs => worker.lease_seconds)
      ) as worker_count,
      (
        select count(*) from private.job_history as past
        where past.outcome = 'dead' and past.finished_at > now() - interval '1 day'
      ) as dead_last_day,
      (
        select count(*) = 2 from vault.decrypted_secrets as secret
        where secret.name in ('project_url', 'cron_secret_key')
          and coalesce(secret.decrypted_secret, '') <> ''
      ) as has_secrets
    from (
      select max(run.start_time) as last_tick_at
      from cron.job_run_details as run
      join cron.job as cron_job on cron_job.jobid = run.jobid
      where cron_job.jobname = 'maestro-tick-jobs' and run.status in ('succeeded', 'running')
    ) as tick
  ) as seen
$$;

COMMENT ON FUNCTION private.get_job_health() IS 'One row: healthy when cron has ticked within a minute, both Vault secrets are set, and no job outside a paused lane has been ready for 15 minutes. Definer: the tables and the secrets are private; no secret is returned.';

CREATE FUNCTION private.get_key(text text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    RETURN NULLIF(upper(regexp_replace(text, '[^A-Za-z0-9]'::text, ''::text, 'g'::text)), ''::text);

COMMENT ON FUNCTION private.get_key(text text) IS 'A sheet or detail number in capitals without spaces and punctuation: references write S-501, S501 and s 501 for one sheet.';

CREATE FUNCTION private.get_lane_budget(per_minute integer, budget double precision, age interval) RETURNS double precision
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $$
begin
  -- Two seconds' worth at most: a full bucket must not take a provider's minute past its limit.
  return case when per_minute is null then 'infinity'::double precision
    else least(
      greatest(1, per_minute / 30.0),
      budget + per_minute / 60.0 * least(extract(epoch from age), 3600)
    )
  end;
end
$$;

COMMENT ON FUNCTION private.get_lane_budget(per_minute integer, budget double precision, age interval) IS 'What a token bucket holds after `age` (RFC 2697 without the excess bucket): filled at its rate a minute, up to two seconds'' worth, at least 1. Infinite without a rate.';

CREATE FUNCTION private.get_lane_cap(lane private.lanes, now_at timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $$
begin
  return least(
    lane.max_in_flight,
    lane.reduced_cap + floor(extract(epoch from now_at - lane.reduced_at) / 60)::integer
  );
end
$$;

COMMENT ON FUNCTION private.get_lane_cap(lane private.lanes, now_at timestamp with time zone) IS 'How many leases a lane may hold: its limit, or what a refusal has left of it and one more for each minute since.';

CREATE TABLE private.search_settings (
    id boolean DEFAULT true NOT NULL,
    depth integer DEFAULT 50 NOT NULL,
    exact_factor real DEFAULT 6 NOT NULL,
    least_candidates integer DEFAULT 64 NOT NULL,
    word_candidates integer DEFAULT 500 NOT NULL,
    fusion text DEFAULT 'scores'::text NOT NULL,
    meaning_weight real DEFAULT 0.4 NOT NULL,
    words_weight real DEFAULT 0.6 NOT NULL,
    lead_power real DEFAULT 1.5 NOT NULL,
    rank_constant integer DEFAULT 10 NOT NULL,
    CONSTRAINT search_settings_depth_check CHECK (((depth >= 50) AND (depth <= 500))),
    CONSTRAINT search_settings_fusion_check CHECK ((fusion = ANY (ARRAY['scores'::text, 'ranks'::text]))),
    CONSTRAINT search_settings_id_check CHECK (id),
    CONSTRAINT search_settings_lead_power_check CHECK (((lead_power >= (0)::double precision) AND (lead_power <= (4)::double precision))),
    CONSTRAINT search_settings_least_candidates_check CHECK (((least_candidates >= 1) AND (least_candidates <= 1000))),
    CONSTRAINT search_settings_word_candidates_check CHECK ((word_candidates >= depth))
);

COMMENT ON TABLE private.search_settings IS 'How search weighs and cuts. One row.';

COMMENT ON COLUMN private.search_settings.depth IS 'How many matches each arm brings to the fusion.';

COMMENT ON COLUMN private.search_settings.exact_factor IS 'n chunks are compared one by one while n² is at most this × depth × the chunks that share their graph.';

COMMENT ON COLUMN private.search_settings.least_candidates IS 'How many chunks a walk of the graph keeps in view at least (hnsw.ef_search); four times as many as are asked for, if that is more.';

COMMENT ON COLUMN private.search_settings.word_candidates IS 'Words are looked up from rare to frequent until they stand in so many chunks; twice as many are ranked at most.';

COMMENT ON COLUMN private.search_settings.fusion IS 'scores: both arms'' scores, each from 0 to 1, weighed and added. ranks: weight / (rank_constant + rank).';

COMMENT ON COLUMN private.search_settings.lead_power IS 'With scores an arm''s weight is multiplied by this power of its lead in the question: how many standard deviations its best match stands above the mean of its matches. 0 leaves the weights as they are.';

CREATE FUNCTION private.get_lead(scores double precision[], least_count integer, settings private.search_settings) RETURNS double precision
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $$
declare
  best double precision;
  mean double precision;
  mean_square double precision;
begin
  select max(score), sum(score) / greatest(count(*), least_count),
    sum(score * score) / greatest(count(*), least_count)
  into best, mean, mean_square
  from unnest(scores) as score;
  if best is null then
    return null;
  end if;
  return power(
    coalesce((best - mean) / nullif(sqrt(greatest(mean_square - mean ^ 2, 0)), 0), 1),
    settings.lead_power
  );
end
$$;

COMMENT ON FUNCTION private.get_lead(scores double precision[], least_count integer, settings private.search_settings) IS 'How far the best of some scores stands out: in standard deviations above their mean, to the power of lead_power. Fewer than least_count are filled up with 0. 1 where all are the same; null where there are none.';

CREATE FUNCTION private.get_member_for_change(org_id uuid, user_id uuid) RETURNS public.organization_members
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  member public.organization_members;
begin
  select own.* into member from public.organization_members as own
  where own.org_id = get_member_for_change.org_id and own.user_id = get_member_for_change.user_id
  for update;
  if member.user_id is null then
    perform private.raise_error(
      'MEMBER_NOT_FOUND', 404, 'The organisation has no such member'
    );
  end if;
  return member;
end
$$;

COMMENT ON FUNCTION private.get_member_for_change(org_id uuid, user_id uuid) IS 'The membership, locked. Raises MEMBER_NOT_FOUND. The caller has locked the organisation.';

CREATE FUNCTION private.get_member_org_ids(min_role text) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select member.org_id
  from public.organization_members as member
  join auth.users as account on account.id = member.user_id
  where member.user_id = (select auth.uid())
    and private.get_role_rank(member.role) >= private.get_role_rank(get_member_org_ids.min_role)
    -- The token of a banned user is good until it expires; what it opens is closed at once.
    and coalesce(account.banned_until <= now(), true)
$$;

COMMENT ON FUNCTION private.get_member_org_ids(min_role text) IS 'Organisations in which the caller has at least the given role; none for a caller without a user id, or who is banned. Definer: reads memberships for policies, which could not read their own table without recursion.';

CREATE FUNCTION private.get_missing_pointer_count(organization public.organizations) RETURNS bigint
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select count(*) from public.pointers as pointer
  where pointer.org_id = organization.id
    and private.get_next_pointer_model(pointer, organization, pointer.input_hash) is not null
$$;

COMMENT ON FUNCTION private.get_missing_pointer_count(organization public.organizations) IS 'How many crops have no vector yet for the switch that is going on.';

CREATE FUNCTION private.get_missing_worker_count(now_at timestamp with time zone) RETURNS integer
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select least(
    least(4, ceil(sum(due.job_count) / 10)) - (
      select count(*) from private.workers as worker
      where worker.seen_at > now_at - make_interval(secs => worker.lease_seconds / 2.0)
        and not worker.is_draining
    ),
    -- Jobs wait for a place in a full lane, or for its budget, which another worker would not bring.
    sum(least(
      due.job_count,
      greatest(0, private.get_lane_cap(own, now_at) - held.job_count),
      greatest(0, ceil(private.get_lane_budget(
        own.tokens_per_minute, own.token_budget, now_at - own.refilled_at
      ))),
      greatest(0, floor(private.get_lane_budget(
        own.requests_per_minute, own.request_budget, now_at - own.refilled_at
      )))
    ))
  )::integer
  from private.lanes as own
  cross join lateral (
    select count(*) as job_count from (
      (select from private.jobs as job where job.lane = own.lane and job.is_ready limit 40)
      union all
      (
        select from private.jobs as job
        where job.lane = own.lane and not job.is_ready and job.lease_token is null
          and job.visible_at <= now_at
        limit 40
      )
      union all
      (
        select from private.jobs as job
        where job.lane = own.lane and job.lease_token is not null and job.visible_at <= now_at
        limit 40
      )
    ) as first_due
  ) as due
  cross join lateral (
    select count(*) as job_count from private.jobs as job
    where job.lane = own.lane and job.lease_token is not null and job.visible_at > now_at
  ) as held
  where own.paused_until is null or own.paused_until <= now_at
$$;

COMMENT ON FUNCTION private.get_missing_worker_count(now_at timestamp with time zone) IS 'How many workers the due jobs need beyond those alive: one for ten jobs, four at most, none for lanes that are paused, full or out of their budgets. Null or below 1 when none is missing.';

CREATE FUNCTION private.get_search_vector(language text, content text) RETURNS tsvector
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $$
declare
  config constant regconfig := ('pg_catalog.' || get_search_vector.language)::regconfig;
  -- Han, kana and Hangul.
  letters constant text :=
    '[\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003134f]+';
  -- As people type them: an accent is part of its letter, and where a word may be broken nothing is.
  words text := replace(get_search_vector.content, U&'\00ad', '');
begin
  if octet_length(words) > char_length(words) then
    words := normalize(words, nfkc);
  end if;
  if strpos(words, '/') > 0 then
    -- Of kitchen/bathroom the parser makes the name of a file, which is neither word.
    words := regexp_replace(words, '([^\s\d[:punct:]]{2})/(?=[^\s\d[:punct:]]{2})', '\1 ', 'g');
  end if;
  if words !~ letters then
    return to_tsvector(config, words);
  end if;
  return to_tsvector(config, regexp_replace(words, letters, ' ', 'g')) || (
    select to_tsvector(config, string_agg(concat_ws(' ', part.letter, part.letter || part.next), ' '))
    from regexp_matches(words, letters, 'g') as found (run)
    cross join lateral (
      select own.letter, lead(own.letter) over (order by own.place) as next
      from unnest(string_to_array(found.run[1], null)) with ordinality as own (letter, place)
    ) as part
  );
end
$$;

COMMENT ON FUNCTION private.get_search_vector(language text, content text) IS 'The stems of a text by PostgreSQL''s own configuration of that name; of Chinese, Japanese and Korean each letter and each pair of neighbours, since no space parts their words. Immutable as long as those configurations are, which a generated column needs; a column of type regconfig would keep pg_upgrade from the database.';

CREATE TABLE public.pointers (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    org_id uuid DEFAULT '00000000-0000-0000-0000-000000000000'::uuid NOT NULL,
    project_id uuid DEFAULT '00000000-0000-0000-0000-000000000000'::uuid NOT NULL,
    page_id uuid NOT NULL,
    title text NOT NULL,
    png_path text NOT NULL,
    bbox jsonb,
    description text,
    cross_references jsonb,
    enrichment_metadata jsonb,
    enrichment_status character varying(20) DEFAULT 'pending'::character varying NOT NULL,
    error_message text,
    attempts integer DEFAULT 0 NOT NULL,
    revision integer DEFAULT 1 NOT NULL,
    input_hash text,
    embedding_model text,
    embedding extensions.halfvec(1024),
    search_vector tsvector GENERATED ALWAYS AS ((setweight(private.get_search_vector('english'::text, title), 'A'::"char") || private.get_search_vector('english'::text, COALESCE(description, ''::text)))) STORED NOT NULL,
    detail_key text GENERATED ALWAYS AS (private.get_key((enrichment_metadata ->> 'detail_number'::text))) STORED,
    created_by uuid DEFAULT auth.uid(),
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT pointers_bbox_check CHECK (((jsonb_typeof(bbox) = 'object'::text) AND ((bbox - ARRAY['x'::text, 'y'::text, 'width'::text, 'height'::text]) = '{}'::jsonb) AND (NOT jsonb_path_exists(bbox, '$.*?((@.type() != "number" || @ < 0) || @ > 1)'::jsonpath)) AND (bbox ?& ARRAY['x'::text, 'y'::text, 'width'::text, 'height'::text]))),
    CONSTRAINT pointers_cross_references_check CHECK ((jsonb_typeof(cross_references) = 'array'::text)),
    CONSTRAINT pointers_embedding_check CHECK ((extensions.l2_norm(embedding) > (0)::double precision)),
    CONSTRAINT pointers_embedding_model_check CHECK (((embedding IS NULL) = (embedding_model IS NULL))),
    CONSTRAINT pointers_enrichment_metadata_check CHECK ((jsonb_typeof(enrichment_metadata) = 'object'::text)),
    CONSTRAINT pointers_enrichment_status_check CHECK (((enrichment_status)::text = ANY ((ARRAY['pending'::character varying, 'processing'::character varying, 'complete'::character varying, 'failed'::character varying])::text[]))),
    CONSTRAINT pointers_png_path_check CHECK ((png_path = (((((org_id || '/'::text) || project_id) || '/'::text) || id) || '.png'::text))),
    CONSTRAINT pointers_title_check CHECK ((private.is_visible(title) AND (char_length(title) <= 500)))
);
ALTER TABLE ONLY public.pointers ALTER COLUMN embedding SET STORAGE PLAIN;

COMMENT ON TABLE public.pointers IS 'Crops of drawings. Upload to bucket pointer-crops at <org_id>/<project_id>/<id>.png, then insert the row: it is read by itself.';

COMMENT ON COLUMN public.pointers.bbox IS 'Where the crop is on its page: {x, y, width, height} as fractions of the page.';

COMMENT ON COLUMN public.pointers.description IS 'Everything that the crop says, as Markdown.';

COMMENT ON COLUMN public.pointers.cross_references IS 'What the crop refers to: [{kind, sheet, detail, raw}]; see the view pointer_links.';

COMMENT ON COLUMN public.pointers.enrichment_metadata IS 'What was read beside the description: detail number, dimensions, spec callouts, table rows, ambiguities, model, prompt version.';

COMMENT ON COLUMN public.pointers.error_message IS 'Why the last attempt failed.';

COMMENT ON COLUMN public.pointers.revision IS 'Goes up with every update by a user, since an update is how a replaced crop is announced.';

COMMENT ON COLUMN public.pointers.input_hash IS 'SHA-256 of what the description was made from: crop, context, title, model, prompt version.';

COMMENT ON COLUMN public.pointers.detail_key IS 'The detail''s number as it was read, in capitals without spaces and punctuation.';

CREATE FUNCTION private.get_next_pointer_model(pointer public.pointers, organization public.organizations, input_hash text) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  -- Asked for every crop that is read: nearly always nothing is going on.
  if organization.next_embedding_model is null then
    return null;
  end if;
  return (
    select organization.next_embedding_model
    where pointer.embedding_model = organization.embedding_model
      and pointer.enrichment_status <> 'failed'
      and pointer.input_hash = get_next_pointer_model.input_hash
      and not exists (
        select from private.next_pointer_vectors as next_vector
        where next_vector.pointer_id = pointer.id
          and next_vector.embedding_model = organization.next_embedding_model
      )
  );
end
$$;

COMMENT ON FUNCTION private.get_next_pointer_model(pointer public.pointers, organization public.organizations, input_hash text) IS 'The model that the organisation switches to, where a reading, by its input_hash, is the one that the crop is found by, and has no vector of that model yet; else null. A crop that could not be read again waits for nothing.';

CREATE FUNCTION private.get_next_turn(lane text, priority smallint, org_id uuid) RETURNS bigint
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select greatest(
    (
      select served.turn from private.jobs as served
      where served.lane = get_next_turn.lane and served.priority = get_next_turn.priority
        and served.is_ready
      order by served.turn limit 1
    ),
    (
      select own.turn + 1 from private.jobs as own
      where own.org_id = get_next_turn.org_id and own.lane = get_next_turn.lane
        and own.priority = get_next_turn.priority
      order by own.turn desc limit 1
    ),
    0
  )
$$;

COMMENT ON FUNCTION private.get_next_turn(lane text, priority smallint, org_id uuid) IS 'The turn of an organisation''s next job: after its own last one, and not before the one being served. Two enqueues at once may get the same, which only lets both go earlier.';

CREATE FUNCTION private.get_object_usage(owner_id uuid, max_objects bigint) RETURNS TABLE(object_count bigint, byte_count numeric)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select count(*), coalesce(sum(object.size), 0)
  from (
    select (own.metadata ->> 'size')::bigint as size
    from storage.objects as own
    -- By bytes, as the platform's index on names has them, whatever the database's collation.
    where own.name operator(pg_catalog.~>=~) (get_object_usage.owner_id || '/')
      and own.name operator(pg_catalog.~<~) (get_object_usage.owner_id || '0')
    limit get_object_usage.max_objects
  ) as object
$$;

COMMENT ON FUNCTION private.get_object_usage(owner_id uuid, max_objects bigint) IS 'Objects and bytes under the first folder of their names, an organisation or in conversation-files a user; no more of them than are asked for.';

CREATE TABLE public.organization_invitations (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    org_id uuid NOT NULL,
    email text NOT NULL,
    role text NOT NULL,
    status text DEFAULT 'open'::text NOT NULL,
    invited_by uuid,
    accepted_by uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone DEFAULT (now() + '7 days'::interval) NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT organization_invitations_email_check CHECK (((email = lower(email)) AND (email ~ '^[^\s@]+@[^\s@]+$'::text) AND (char_length(email) <= 254))),
    CONSTRAINT organization_invitations_ended_at_check CHECK (((status = 'open'::text) = (ended_at IS NULL))),
    CONSTRAINT organization_invitations_role_check CHECK ((role = ANY (ARRAY['viewer'::text, 'editor'::text, 'admin'::text, 'owner'::text]))),
    CONSTRAINT organization_invitations_status_check CHECK ((status = ANY (ARRAY['open'::text, 'accepted'::text, 'revoked'::text])))
);

COMMENT ON TABLE public.organization_invitations IS 'Who was invited into an organisation, and what became of it. Written by functions only; admins read it. What has ended goes after 90 days.';

COMMENT ON COLUMN public.organization_invitations.email IS 'In lower case.';

COMMENT ON COLUMN public.organization_invitations.status IS 'revoked, too, when another invitation of the address took its place, or the inviter lost the right to it. An open one is good until expires_at.';

CREATE FUNCTION private.get_open_invitation(token text) RETURNS public.organization_invitations
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select own.*
  from private.invitation_tokens as known
  join public.organization_invitations as own on own.id = known.invitation_id
  where known.token_hash = sha256(convert_to(get_open_invitation.token, 'UTF8'))
    and own.status = 'open' and own.expires_at > now()
    and own.email = private.get_verified_email()
$$;

COMMENT ON FUNCTION private.get_open_invitation(token text) IS 'The invitation that the caller may accept with a token; null for every reason alike.';

CREATE FUNCTION private.get_org_id(org_id uuid, min_role text) RETURNS uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  own_org_ids uuid[] := array(select private.get_member_org_ids('viewer'));
  chosen_org_id uuid := coalesce(get_org_id.org_id, own_org_ids[1]);
begin
  if get_org_id.org_id is null and cardinality(own_org_ids) > 1 then
    perform private.raise_error(
      'ORG_REQUIRED', 400, 'You belong to several organisations: say which one is meant',
      jsonb_build_object('org_ids', own_org_ids), 'Send orgId'
    );
  end if;
  perform private.assert_org_role(chosen_org_id, get_org_id.min_role);
  return chosen_org_id;
end
$$;

COMMENT ON FUNCTION private.get_org_id(org_id uuid, min_role text) IS 'The organisation that a request means: the given one, or the caller''s only one. Raises ORG_REQUIRED, ORG_NOT_FOUND, ROLE_TOO_LOW. Definer: reads memberships.';

CREATE FUNCTION private.get_organization_for_training(org_id uuid) RETURNS public.organizations
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  organization public.organizations;
begin
  select own.* into organization from public.organizations as own
  where own.id = get_organization_for_training.org_id and own.embedding_model is not null
  for share;
  -- The first training sets the model: two of them at once, sharing, would wait for each other.
  if organization.id is null then
    select own.* into organization from public.organizations as own
    where own.id = get_organization_for_training.org_id
    for no key update;
  end if;
  return organization;
end
$$;

COMMENT ON FUNCTION private.get_organization_for_training(org_id uuid) IS 'The organisation, locked so that its models stay as they are until the transaction ends. Trainings share the lock, except before the first.';

CREATE FUNCTION private.get_pointer_source(pointer_id uuid) RETURNS TABLE(title text, revision integer, page_name text, sheet_reflection text, discipline_name text, source_hash text, is_read boolean, input_hash text, description text, embedding_text text, embedding_model text, org_embedding_model text, next_embedding_model text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
begin
  return query
  select pointer.title, pointer.revision, page.page_name, page.sheet_reflection, discipline.name,
    now_hash.source_hash,
    coalesce(reading.source_hash = now_hash.source_hash, false),
    coalesce(reading.input_hash, pointer.input_hash),
    coalesce(reading.description, pointer.description),
    coalesce(reading.enrichment_metadata, pointer.enrichment_metadata) ->> 'embedding_text',
    case when reading.pointer_id is null then pointer.embedding_model end,
    organization.embedding_model,
    private.get_next_pointer_model(
      pointer, organization, coalesce(reading.input_hash, pointer.input_hash)
    )
  from public.pointers as pointer
  join public.pages as page on page.id = pointer.page_id
  join public.organizations as organization on organization.id = pointer.org_id
  left join public.disciplines as discipline on discipline.id = page.discipline_id
  left join private.pointer_readings as reading on reading.pointer_id = pointer.id
  cross join lateral (
    select encode(sha256(convert_to(jsonb_build_array(
      pointer.revision, pointer.title, page.page_name, page.sheet_reflection, discipline.name
    )::text, 'UTF8')), 'hex') as source_hash
  ) as now_hash
  where pointer.id = get_pointer_source.pointer_id;
end
$$;

COMMENT ON FUNCTION private.get_pointer_source(pointer_id uuid) IS 'What a crop is read from: its title, revision and context; source_hash changes with whatever of this changes. With the last reading, if there was one: input_hash, description, embedding_text, and the model of its vector; is_read when it was read from just this and only its vector is missing. With the model that the organisation searches with, and the next, where this reading has no vector of that yet. No row for a crop that is gone. Definer: workers reach crops through functions only.';

CREATE FUNCTION private.get_quota(org_id uuid, name text) RETURNS bigint
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  return (
    select case when own.name is null then base.max_count else own.max_count end
    from private.quotas as base
    left join public.organization_quotas as own
      on own.org_id = get_quota.org_id and own.name = base.name
    where base.name = get_quota.name
  );
end
$$;

COMMENT ON FUNCTION private.get_quota(org_id uuid, name text) IS 'How much the organisation may have; null for no limit.';

CREATE FUNCTION private.get_role_rank(role text) RETURNS integer
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $$
begin
  return array_position(array['viewer', 'editor', 'admin', 'owner'], get_role_rank.role);
end
$$;

COMMENT ON FUNCTION private.get_role_rank(role text) IS 'Position of a role in the order of rights, 1 (viewer) to 4 (owner); null for an unknown role.';

CREATE FUNCTION private.get_searched_model(org_id uuid, embedding_model text) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  pinned_model text := (
    select own.embedding_model from public.organizations as own
    where own.id = get_searched_model.org_id
  );
begin
  if pinned_model <> get_searched_model.embedding_model then
    perform private.raise_error(
      'EMBEDDING_MODEL_CHANGED', 409, 'The organisation searches with another embedding model',
      jsonb_build_object('embedding_model', pinned_model), 'Embed the question with that model'
    );
  end if;
  return coalesce(pinned_model, get_searched_model.embedding_model);
end
$$;

COMMENT ON FUNCTION private.get_searched_model(org_id uuid, embedding_model text) IS 'The model whose vectors a question may be compared with, by that of the question; null for a question that does not say is taken for the right one. Raises EMBEDDING_MODEL_CHANGED.';

CREATE FUNCTION private.get_seconds_left() RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  return greatest(1, ceil(60 - extract(second from clock_timestamp()))::integer);
end
$$;

COMMENT ON FUNCTION private.get_seconds_left() IS 'Seconds until the next minute begins, 1 to 60.';

CREATE FUNCTION private.get_tokens_today(org_id uuid) RETURNS bigint
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select coalesce(sum(event.input_tokens + event.output_tokens), 0)::bigint
  from public.usage_events as event
  where event.org_id = get_tokens_today.org_id
    and event.created_at >= date_trunc('day', now(), 'UTC')
$$;

COMMENT ON FUNCTION private.get_tokens_today(org_id uuid) IS 'What the organisation has consumed at providers since midnight, UTC.';

CREATE FUNCTION private.get_training_file_entries(version_id uuid, has_fingerprints boolean) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'position', source.position,
    'conversation_id', source.conversation_id,
    'path', conversation.enriched_file_path,
    'batch_id', (
      select item.batch_job_id from public.batch_items as item
      where item.org_id = source.org_id and item.conversation_id = source.conversation_id
      order by item.created_at, item.id limit 1
    ),
    'snapshot', known.snapshot,
    'fingerprint', case when has_fingerprints then known.fingerprint end
  ) order by source.position), '[]')
  from public.training_file_sources as source
  join public.conversation_snapshots as known
    on known.org_id = source.org_id and known.sha256 = source.sha256
  left join public.conversations as conversation
    on conversation.org_id = source.org_id
    and conversation.conversation_id = source.conversation_id
  where source.version_id = get_training_file_entries.version_id
$$;

COMMENT ON FUNCTION private.get_training_file_entries(version_id uuid, has_fingerprints boolean) IS 'The conversations of a published version with their snapshots, in order, past the row limit of the API. Definer: see claim_training_file_build.';

CREATE FUNCTION private.get_training_file_for_update(training_file_id uuid, min_role text) RETURNS public.training_files
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  file public.training_files;
begin
  -- As its deletion has it before its files: versions and jobs refer to it.
  perform from public.organizations as organization
  where organization.id = (
    select own.org_id from public.training_files as own
    where own.id = training_file_id
      and own.org_id in (select private.get_member_org_ids('viewer'))
  )
  for key share;
  select own.* into file from public.training_files as own
  where own.id = training_file_id
    and own.org_id in (select private.get_member_org_ids('viewer'))
  for update;
  if file.id is null then
    perform private.raise_error('TRAINING_FILE_NOT_FOUND', 404, 'There is no such training file');
  end if;
  perform private.assert_org_role(file.org_id, min_role);
  return file;
end
$$;

COMMENT ON FUNCTION private.get_training_file_for_update(training_file_id uuid, min_role text) IS 'A training file that the caller may act on, locked after its organisation. Raises TRAINING_FILE_NOT_FOUND, ROLE_TOO_LOW.';

CREATE FUNCTION private.get_training_file_members(file public.training_files) RETURNS uuid[]
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select case
    when (get_training_file_members.file).version > 0 then array(
      select member.conversation_id from public.training_file_conversations as member
      where member.training_file_id = (get_training_file_members.file).id
      order by member.position
    )
    else array(
      select source.conversation_id from public.training_file_sources as source
      where source.version_id = (
        select attempt.id from public.training_file_versions as attempt
        where attempt.training_file_id = (get_training_file_members.file).id
        order by attempt.version desc limit 1
      )
      order by source.position
    )
  end
$$;

COMMENT ON FUNCTION private.get_training_file_members(file public.training_files) IS 'The conversations of a file in order; before there is a version, those of the last attempt at one.';

CREATE FUNCTION private.get_training_job_for_update(training_job_id uuid) RETURNS public.mono_training_jobs
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
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

COMMENT ON FUNCTION private.get_training_job_for_update(training_job_id uuid) IS 'A training job that the caller may act on, with its document locked. Raises JOB_NOT_FOUND, ROLE_TOO_LOW.';

CREATE FUNCTION private.get_verified_email() RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select lower(account.email)
  from auth.users as account
  where account.id = (select auth.uid())
    and account.email_confirmed_at is not null
    and not account.is_anonymous
    and coalesce(account.banned_until <= now(), true)
$$;

COMMENT ON FUNCTION private.get_verified_email() IS 'The caller''s address in lower case, from the account and not from the token; null unless it is verified. Definer: reads the accounts.';

CREATE FUNCTION private.has_object_room(owner_id uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER COST 10000
    SET search_path TO ''
    AS $$
declare
  max_objects bigint := private.get_quota(has_object_room.owner_id, 'objects');
  max_bytes bigint := private.get_quota(has_object_room.owner_id, 'bytes');
begin
  return (
    select coalesce(used.object_count < max_objects, true)
      and coalesce(used.byte_count < max_bytes, true)
    from private.get_object_usage(has_object_room.owner_id, max_objects) as used
  );
end
$$;

COMMENT ON FUNCTION private.has_object_room(owner_id uuid) IS 'Whether an organisation, or a user in conversation-files, may upload one more object. Counts what is stored, since triggers on the platform''s table are not ours to make: uploads that begin at once may each see room for one. Definer: a member sees one bucket''s objects, and the quota is of all.';

CREATE FUNCTION private.heartbeat_jobs(worker_id text, refs jsonb, lease_seconds integer DEFAULT 45) RETURNS TABLE(job_id text, state text, is_draining boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
begin
  return query
  with seen as (
    update private.workers as worker
    set seen_at = clock_timestamp(),
        lease_seconds = least(greatest(heartbeat_jobs.lease_seconds, 1), 3600)
    where worker.id = heartbeat_jobs.worker_id
    returning worker.is_draining
  ),
  ref as (
    select item.job_id, item.lease_token, item.progress
    from jsonb_to_recordset(heartbeat_jobs.refs)
      as item (job_id text, lease_token uuid, progress real)
  ),
  -- In the order of their ids, as everywhere, so that this and a release never wait in a ring.
  held as (
    select job.id, ref.progress
    from private.jobs as job
    join ref on ref.job_id = job.id::text and ref.lease_token = job.lease_token
    where job.id = any (array(select ref.job_id::bigint from ref))
    order by job.id
    for update of job
  ),
  extended as (
    update private.jobs as job
    set visible_at = clock_timestamp()
          + make_interval(secs => least(greatest(heartbeat_jobs.lease_seconds, 1), 3600)),
        progress = least(greatest(coalesce(held.progress, job.progress), job.progress), 1)
    from held
    where job.id = held.id
    returning job.id
  )
  select ref.job_id,
    case
      when extended.id is not null then 'ok'
      when past.outcome = 'cancelled' then 'cancel'
      else 'lost'
    end,
    coalesce((select seen.is_draining from seen), false)
  from ref
  left join extended on extended.id = ref.job_id::bigint
  left join private.job_history as past on past.id = ref.job_id::bigint;
end
$$;

COMMENT ON FUNCTION private.heartbeat_jobs(worker_id text, refs jsonb, lease_seconds integer) IS 'Extends the leases of [{job_id, lease_token, progress?}] and records progress (0 to 1, never backwards). State ok, cancel when the job was cancelled, or lost when another worker or an end has overtaken the lease; is_draining when the worker is asked to end. Definer: the tables are private.';

CREATE FUNCTION private.heartbeat_training_file_build(version_id uuid, build_token uuid, progress real) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  update public.training_file_versions
  set progress = least(greatest(heartbeat_training_file_build.progress, 0), 1),
      build_until = greatest(
        build_until,
        -- A queued build has its job's lease besides.
        clock_timestamp() + case when is_queued then interval '5 minutes' else interval '30 seconds' end
      )
  where id = heartbeat_training_file_build.version_id and state = 'building'
    and build_token = heartbeat_training_file_build.build_token
  returning true
$$;

COMMENT ON FUNCTION private.heartbeat_training_file_build(version_id uuid, build_token uuid, progress real) IS 'Records progress, 0 to 1, and that the builder lives: for 30 s nobody takes its place, for 5 minutes that of a job. Null when the build was cancelled or overtaken. Definer: see claim_training_file_build.';

CREATE FUNCTION private.invite_member(org_id uuid, email text, role text) RETURNS TABLE(invitation_id uuid, token text, expires_at timestamp with time zone)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  address text := lower(btrim(invite_member.email));
begin
  perform private.assert_invitation(address, invite_member.role);
  perform private.assert_org_role_locked(invite_member.org_id, 'admin');
  -- Nobody gives more than they have.
  perform private.assert_org_role(invite_member.org_id, invite_member.role);
  if exists (
    select from public.organization_members as member
    join auth.users as account on account.id = member.user_id
    where member.org_id = invite_member.org_id and lower(account.email) = address
  ) then
    perform private.raise_error('ALREADY_MEMBER', 409, 'Somebody with this address is a member');
  end if;

  update public.organization_invitations as own
  set status = 'revoked', ended_at = now()
  where own.org_id = invite_member.org_id and own.email = address and own.status = 'open';
  perform private.assert_quota(invite_member.org_id, 'open_invitations', (
    select count(*) + 1 from public.organization_invitations as own
    where own.org_id = invite_member.org_id and own.status = 'open' and own.expires_at > now()
  ));
  insert into public.organization_invitations as own (org_id, email, role, invited_by)
  values (invite_member.org_id, address, invite_member.role, (select auth.uid()))
  returning own.id, own.expires_at into invitation_id, expires_at;
  -- 244 bits of the server's strong randomness.
  token := replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '');
  insert into private.invitation_tokens (token_hash, invitation_id)
  values (sha256(convert_to(token, 'UTF8')), invite_member.invitation_id);
  return next;
end
$$;

COMMENT ON FUNCTION private.invite_member(org_id uuid, email text, role text) IS 'Invites an address for seven days, in place of an open invitation of it, and returns the token, which is nowhere else. Raises INVALID_REQUEST, ORG_NOT_FOUND, ROLE_TOO_LOW for a role above the caller''s, ALREADY_MEMBER, QUOTA_EXCEEDED. Locks the organisation. Definer: users have no write right on invitations; it asks for the admin role first.';

CREATE FUNCTION private.is_build_lost(version public.training_file_versions) RETURNS boolean
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select (is_build_lost.version).state = 'building' and (
    (is_build_lost.version).build_until < clock_timestamp()
    -- Its job has failed for good, or was never told of the end.
    or (
      exists (
        select from private.job_history as past
        where past.kind = 'build_training_file'
          and past.dedupe_key = (is_build_lost.version).id::text
      ) and not exists (
        select from private.jobs as job
        where job.kind = 'build_training_file'
          and job.dedupe_key = (is_build_lost.version).id::text
      )
    )
  )
$$;

COMMENT ON FUNCTION private.is_build_lost(version public.training_file_versions) IS 'Whether a build has stopped without a word: its builder no longer beats, or its job is over.';

CREATE FUNCTION private.is_conversation_path_of(name text, user_id uuid) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    RETURN COALESCE((name ~ (('^'::text || user_id) || '/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/[A-Za-z0-9_]([A-Za-z0-9_.-]{0,98}[A-Za-z0-9_])?$'::text)), false);

COMMENT ON FUNCTION private.is_conversation_path_of(name text, user_id uuid) IS 'Whether an object name is <user_id>/<conversation_id>/<filename> of this user.';

CREATE FUNCTION private.is_header_value(value text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    RETURN (value ~ '^[!-~]+$'::text);

COMMENT ON FUNCTION private.is_header_value(value text) IS 'Whether a secret can be sent as a header: visible characters of ASCII, no line of its own.';

CREATE FUNCTION private.is_input_known(lane text, kind text, dedupe_key text, input_hash text) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select is_input_known.input_hash is not null
    and not exists (
      select from private.jobs as waiting
      where waiting.kind = is_input_known.kind and waiting.dedupe_key = is_input_known.dedupe_key
        and waiting.lease_token is null
    )
    -- Never null, which would be neither known nor unknown.
    and is_input_known.input_hash is not distinct from coalesce(
      (
        select held.input_hash from private.jobs as held
        where held.lane = is_input_known.lane and held.lease_token is not null
          and held.kind = is_input_known.kind and held.dedupe_key = is_input_known.dedupe_key
        order by held.id desc limit 1
      ),
      (
        select past.input_hash from private.job_history as past
        where past.kind = is_input_known.kind and past.dedupe_key = is_input_known.dedupe_key
          and past.outcome = 'completed' and past.input_hash is not null
        order by past.id desc limit 1
      )
    )
$$;

COMMENT ON FUNCTION private.is_input_known(lane text, kind text, dedupe_key text, input_hash text) IS 'True when nothing waits for the key and this input is the one being worked on, or the last one that was completed.';

CREATE FUNCTION private.is_job_match(filter jsonb, org_id uuid, lane text, kind text, error jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
  select coalesce(filter ->> 'org_id' = is_job_match.org_id::text, filter -> 'org_id' is null)
    and coalesce(filter ->> 'lane' = is_job_match.lane, filter -> 'lane' is null)
    and coalesce(filter ->> 'kind' = is_job_match.kind, filter -> 'kind' is null)
    and coalesce(filter ->> 'code' = is_job_match.error ->> 'code', filter -> 'code' is null)
$$;

COMMENT ON FUNCTION private.is_job_match(filter jsonb, org_id uuid, lane text, kind text, error jsonb) IS 'True when a job has everything that the filter names beside its id.';

CREATE TABLE private.storage_outbox (
    id bigint NOT NULL,
    bucket text NOT NULL,
    path text NOT NULL,
    due_at timestamp with time zone DEFAULT now() NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE private.storage_outbox IS 'Objects that no row names, or that will not be named unless their build ends in time: the sweeper deletes them through the Storage API.';

CREATE FUNCTION private.is_object_kept(listed private.storage_outbox) RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  org_id uuid := case listed.bucket
    when 'documents' then private.get_document_path_org_id(listed.path)
    when 'pointer-crops' then private.get_crop_path_org_id(listed.path)
  end;
begin
  if listed.bucket = 'training-files' then
    return exists (
      select from public.training_artifacts as artifact where artifact.path = listed.path
    );
  end if;
  -- Of a deleted one nobody can name an object any more.
  if not exists (select from public.organizations as owner where owner.id = org_id) then
    return false;
  end if;
  -- A browser uploads first, and inserts its row then.
  return exists (
      select from storage.objects as object
      where object.bucket_id = listed.bucket and object.name = listed.path
        and greatest(object.created_at, object.updated_at) > listed.created_at
    )
    or case listed.bucket
      when 'documents' then exists (
        select from public.vault_documents as document
        where document.id = split_part(listed.path, '/', 2)::uuid
          and document.storage_path = listed.path
      )
      else exists (
        select from public.pointers as pointer
        where pointer.id = left(split_part(listed.path, '/', 3), 36)::uuid
          and pointer.png_path = listed.path
      )
    end;
end
$$;

COMMENT ON FUNCTION private.is_object_kept(listed private.storage_outbox) IS 'Whether a listed object must stay: a row names it, or it was written after it was listed and may be named any moment. An artefact is listed before it is written.';

CREATE FUNCTION private.is_of_other_bucket(condition text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    RETURN COALESCE(((condition !~ '''(documents|pointer-crops|conversation-files|training-files)''::text'::text) AND ((condition ~ '^\(\(bucket_id = ''[^'']+''::text\) AND '::text) OR ((condition ~ '\(bucket_id = ''[^'']+''::text\)'::text) AND (condition !~ '\mOR\M'::text)))), true);

COMMENT ON FUNCTION private.is_of_other_bucket(condition text) IS 'Whether a policy''s condition lets nobody at our buckets: it asks for another one by name. True for none.';

CREATE FUNCTION private.is_project_url(url text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    RETURN (url ~ '^(https://[A-Za-z0-9.-]+|http://(127[.]0[.]0[.]1|localhost|kong|host[.]docker[.]internal))(:[0-9]{1,5})?/?$'::text);

COMMENT ON FUNCTION private.is_project_url(url text) IS 'Whether the worker''s key may travel there: https, or http on this machine.';

CREATE FUNCTION private.is_scan_reading_allowed(vault_document_id uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select exists (
    select from public.vault_documents as document
    join public.mono_training_docs as doc
      on doc.org_id = document.org_id and doc.vault_document_id = document.id
    join public.mono_training_sets as training_set on training_set.id = doc.training_set_id
    where document.id = is_scan_reading_allowed.vault_document_id and training_set.reads_scans
  )
$$;

COMMENT ON FUNCTION private.is_scan_reading_allowed(vault_document_id uuid) IS 'Whether a set that holds the document lets its scanned pages be read. Definer: for workers, who reach documents through functions.';

CREATE FUNCTION private.is_small_scope(org_id uuid, document_ids uuid[], metadata jsonb, settings private.search_settings) RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  scope_count bigint := (
    select stats.chunk_count from private.search_stats as stats
    where stats.org_id = is_small_scope.org_id
  );
  most_chunks bigint;
begin
  if coalesce(scope_count, 0) <= settings.exact_factor * settings.depth then
    return true;
  end if;
  most_chunks := sqrt(settings.exact_factor * settings.depth * (
    select greatest(part.reltuples, scope_count) from pg_catalog.pg_class as part
    where part.oid = (
      select chunk.tableoid from public.mono_training_chunks as chunk
      where chunk.org_id = is_small_scope.org_id
      order by chunk.id
      limit 1
    )
  ));
  if scope_count > most_chunks and (document_ids is not null or metadata is not null) then
    select count(*) into scope_count from (
      select from public.mono_training_chunks as chunk
      where chunk.org_id = is_small_scope.org_id
        and (document_ids is null or chunk.vault_document_id = any (document_ids))
        and (is_small_scope.metadata is null or chunk.metadata @> is_small_scope.metadata)
      limit most_chunks + 1
    ) as counted;
  end if;
  return scope_count <= most_chunks;
end
$$;

COMMENT ON FUNCTION private.is_small_scope(org_id uuid, document_ids uuid[], metadata jsonb, settings private.search_settings) IS 'Whether to compare every chunk of the organisation that the filters let through is faster than to walk the graph that it shares with others.';

CREATE FUNCTION private.is_training_file_version_stale(version public.training_file_versions) RETURNS boolean
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  with unchanged as materialized (
    select source.position
    from public.training_file_sources as source
    join public.conversations as conversation
      on conversation.org_id = source.org_id
      and conversation.conversation_id = source.conversation_id
    where source.version_id = (is_training_file_version_stale.version).id
      and conversation.enriched_at <= (is_training_file_version_stale.version).created_at
    -- Whoever enriches from now on finds the file. Who does at this moment looked for it too early:
    -- to wait for them would be a ring, since they wait for files.
    for share of conversation skip locked
  )
  select (select count(*) from unchanged) < (
    select count(*) from public.training_file_sources as source
    where source.version_id = (is_training_file_version_stale.version).id
  )
$$;

COMMENT ON FUNCTION private.is_training_file_version_stale(version public.training_file_versions) IS 'Whether a conversation of the version was enriched again since it was begun, or is being changed at this moment: the version may hold the older content. Locks the conversations that nobody else holds. The caller has locked the file.';

CREATE FUNCTION private.leave_organization(org_id uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  member public.organization_members;
begin
  perform private.assert_org_role_locked(leave_organization.org_id, 'viewer');
  member := private.get_member_for_change(leave_organization.org_id, (select auth.uid()));
  perform private.assert_other_owner(member);
  delete from public.organization_members as own
  where own.org_id = member.org_id and own.user_id = member.user_id;
end
$$;

COMMENT ON FUNCTION private.leave_organization(org_id uuid) IS 'Takes the caller out of the organisation. Raises ORG_NOT_FOUND, OWNER_REQUIRED. Locks organisation, member. Definer: as set_member_role; it touches the caller''s own membership alone.';

CREATE FUNCTION private.list_checks() RETURNS TABLE(place integer, name text, ok boolean, detail text, hint text)
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  return query select server.* from private.list_server_checks() as server;
  return query select role.* from private.list_role_checks() as role;
  -- Somebody switched an extension off: its line says so, and the rest could not be read.
  if to_regclass('cron.job') is null or to_regclass('vault.decrypted_secrets') is null then
    return query
    select 100, 'everything else'::text, null::boolean, 'not without the extensions'::text, null::text;
    return;
  end if;
  return query select object.* from private.list_object_checks() as object;
  return query select cron.* from private.list_cron_checks() as cron;
  return query select work.* from private.list_work_checks() as work;
end
$$;

COMMENT ON FUNCTION private.list_checks() IS 'Every check of the installation that can be made with the extensions that are there.';

CREATE FUNCTION private.list_conversation_paths(org_id uuid, conversation_ids uuid[]) RETURNS TABLE(conversation_id uuid, path text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  meant_org_id uuid := private.get_org_id(list_conversation_paths.org_id, 'viewer');
  wanted uuid[] := list_conversation_paths.conversation_ids;
begin
  perform private.assert_conversation_ids(wanted);
  perform private.assert_conversations_exist(meant_org_id, wanted);
  perform private.assert_conversations_ready(meant_org_id, wanted);
  perform private.assert_conversations_small(meant_org_id, wanted);
  return query
  select conversation.conversation_id, conversation.enriched_file_path
  from public.conversations as conversation
  where conversation.org_id = meant_org_id and conversation.conversation_id = any (wanted)
  order by array_position(wanted, conversation.conversation_id);
end
$$;

COMMENT ON FUNCTION private.list_conversation_paths(org_id uuid, conversation_ids uuid[]) IS 'Where the conversations are that a preview reads, in the order asked for, by the rules of a file. Raises INVALID_REQUEST, ORG_REQUIRED, ORG_NOT_FOUND, ROLE_TOO_LOW, CONVERSATION_NOT_FOUND, CONVERSATION_NOT_READY, CONVERSATION_TOO_LARGE. Definer: the rules are private; it asks for the viewer role first.';

CREATE FUNCTION private.list_cron_checks() RETURNS TABLE(place integer, name text, ok boolean, detail text, hint text)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select 300, 'cron ticks',
    case when ticking.is_scheduled then coalesce(health.tick_age_seconds < 60, false) end,
    case when not ticking.is_scheduled then 'no such job'
      else coalesce(round(health.tick_age_seconds) || ' s ago', 'never')
    end,
    'After a deployment wait ten seconds. Otherwise pg_cron is not running: restart the project, and look at cron.job_run_details'
  from private.get_job_health() as health
  cross join (
    select exists (
      select from cron.job as job where job.jobname = 'maestro-tick-jobs' and job.active
    ) as is_scheduled
  ) as ticking
  union all
  select 310, 'cron runs', count(*) filter (where last_run.status = 'failed') = 0,
    coalesce(
      string_agg(
        format('%s: %s', last_run.jobname, left(last_run.return_message, 100)), '; '
        order by last_run.jobname
      ) filter (where last_run.status = 'failed'),
      'none has failed'
    ),
    'select * from cron.job_run_details order by start_time desc'
  from (
    select distinct on (job.jobid) job.jobname, run.status, run.return_message
    from cron.job as job
    join cron.job_run_details as run on run.jobid = job.jobid
    where job.jobname like 'maestro-%' and run.status in ('succeeded', 'failed')
    order by job.jobid, run.start_time desc
  ) as last_run
  union all
  select 320, 'secrets', bool_and(wanted.is_usable),
    string_agg(
      wanted.name || case when wanted.is_usable then ' set' when wanted.is_set then ' unusable' else ' missing' end,
      ', ' order by wanted.name
    ),
    'select vault.create_secret(value, name): project_url is https://<ref>.supabase.co, cron_secret_key the secret key named cron'
  from (
    select needed.name, coalesce(secret.decrypted_secret, '') <> '' as is_set,
      coalesce(
        case needed.name when 'project_url' then private.is_project_url(secret.decrypted_secret)
          else private.is_header_value(secret.decrypted_secret) end,
        false
      ) as is_usable
    from (values ('project_url'), ('cron_secret_key')) as needed (name)
    left join vault.decrypted_secrets as secret on secret.name = needed.name
  ) as wanted
$$;

COMMENT ON FUNCTION private.list_cron_checks() IS 'Whether cron ticks, and has what it calls workers with. No secret is in what it returns.';

CREATE FUNCTION private.list_dead_jobs() RETURNS TABLE(job_id text, org_id uuid, lane text, kind text, dedupe_key text, code text, message text, attempt integer, created_at timestamp with time zone, finished_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select past.id::text, past.org_id, past.lane, past.kind, past.dedupe_key,
    past.error ->> 'code', past.error ->> 'message', past.attempt::integer,
    past.created_at, past.finished_at
  from private.job_history as past
  where past.outcome = 'dead'
$$;

COMMENT ON FUNCTION private.list_dead_jobs() IS 'Dead letters: jobs that failed for good, until retry_dead_jobs queues them again. Definer: the tables are private.';

CREATE FUNCTION private.list_default_experience() RETURNS TABLE(path text, content text)
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $_$
  values
    ('routing_rules.md', $md$# Routing rules

Which sheets and details answer which kind of question in this project.

## Default Routes

- Dimensions, sections and connections: the detail that a plan refers to, before the plan itself.
- Products, finishes and tolerances: the specification section that the drawing names.
- Quantities and types of doors, windows, fixtures: the schedule, before the plan.
- What two drawings say differently: the larger scale, and a note in `gaps.md`.

## Extended Knowledge

Documents beside the drawing set, and what they are good for.

## Learned Patterns

Routes that have proven right, with the question that they answered.
$md$),
    ('corrections.md', $md$# Corrections

What somebody has put right: what was said, what is true, who says so, and where it is written.
$md$),
    ('preferences.md', $md$# Preferences

How the people of this project want to be answered: units, level of detail, format, language.
$md$),
    ('schedule.md', $md$# Schedule

Dates, milestones and the order of work, each with its source.
$md$),
    ('gaps.md', $md$# Gaps

What the drawings do not say, or say in two ways, with the sheets concerned and who was asked.
$md$)
$_$;

COMMENT ON FUNCTION private.list_default_experience() IS 'The five files that every project begins with.';

CREATE FUNCTION private.list_differences(part text, grace interval) RETURNS TABLE(name text, subject text, detail text)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select found.* from private.audit_objects(list_differences.grace) as found
  where coalesce(list_differences.part, 'objects') = 'objects'
  union all
  select found.*
  from (
    select chunk.* from private.audit_chunks() as chunk
    union all select pointer.* from private.audit_pointer_vectors() as pointer
  ) as found
  where coalesce(list_differences.part, 'chunks') = 'chunks'
  union all
  select found.*
  from (
    select lease.* from private.audit_leases() as lease
    union all select training.* from private.audit_trainings() as training
    union all select pointer.* from private.audit_pointers() as pointer
    union all select build.* from private.audit_builds() as build
    union all select usage.* from private.audit_usage() as usage
  ) as found
  where coalesce(list_differences.part, 'jobs') = 'jobs'
  union all
  select found.*
  from (
    select version.* from private.audit_file_versions() as version
    union all select source.* from private.audit_file_sources() as source
  ) as found
  where coalesce(list_differences.part, 'training_files') = 'training_files'
  union all
  select found.*
  from (
    select row_count.* from private.audit_row_counts() as row_count
    union all select search_count.* from private.audit_search_counts() as search_count
  ) as found
  where coalesce(list_differences.part, 'counts') = 'counts'
$$;

COMMENT ON FUNCTION private.list_differences(part text, grace interval) IS 'What does not agree in one part of the data (objects, chunks, jobs, training_files, counts) or, without one, in all: the check, the id that it is about, and what was found.';

CREATE FUNCTION private.list_due_lanes(lanes text[], now_at timestamp with time zone) RETURNS TABLE(lane text, is_limited boolean, has_delayed boolean, has_lost boolean, first_priority smallint, first_turn bigint)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  return query
  select limits.lane,
    coalesce(limits.requests_per_minute, limits.tokens_per_minute) is not null,
    delayed.is_due is not null, lost.is_due is not null,
    -- Those that are made ready now may come before the first that is ready already.
    case when delayed.is_due or lost.is_due then (-32768)::smallint else ready.priority end,
    coalesce(ready.turn, 0)
  from private.lanes as limits
  -- Ordered and limited: for `exists` a planner that expects many rows may read the whole table.
  left join lateral (
    select job.priority, job.turn from private.jobs as job
    where job.lane = limits.lane and job.is_ready
    order by job.priority, job.turn limit 1
  ) as ready on true
  left join lateral (
    select true as is_due from private.jobs as job
    where job.lane = limits.lane and not job.is_ready and job.lease_token is null
      and job.visible_at <= now_at
    order by job.visible_at limit 1
  ) as delayed on true
  left join lateral (
    select true as is_due from private.jobs as job
    where job.lane = limits.lane and job.lease_token is not null and job.visible_at <= now_at
    order by job.visible_at limit 1
  ) as lost on true
  where (limits.paused_until is null or limits.paused_until <= now_at)
    and (list_due_lanes.lanes is null or limits.lane = any (list_due_lanes.lanes))
    and (ready.turn is not null or delayed.is_due or lost.is_due)
  order by random();
end
$$;

COMMENT ON FUNCTION private.list_due_lanes(lanes text[], now_at timestamp with time zone) IS 'The lanes that are not paused and have jobs which a claim may find, in any order, so that none is always the last; with where its ready jobs begin.';

CREATE FUNCTION private.list_due_objects(max_objects integer) RETURNS TABLE(id text, bucket text, path text)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  with due as materialized (
    select listed.id, private.is_object_kept(listed) as is_kept
    from private.storage_outbox as listed
    where listed.due_at <= now()
    order by listed.due_at, listed.id
    limit least(greatest(list_due_objects.max_objects, 0), 1000)
    -- Whoever holds one names it or has swept it.
    for update skip locked
  ),
  kept as (
    delete from private.storage_outbox as outbox using due where outbox.id = due.id and due.is_kept
  )
  update private.storage_outbox as outbox
  -- Whoever deletes them has ten minutes; then they are due again, later each time.
  set attempts = outbox.attempts + 1,
      due_at = now() + interval '10 minutes' * least(outbox.attempts + 1, 144)
  from due
  where outbox.id = due.id and not due.is_kept
  returning outbox.id::text, outbox.bucket, outbox.path
$$;

COMMENT ON FUNCTION private.list_due_objects(max_objects integer) IS 'Objects to delete now, at most 1000, each given to one sweeper; what is_object_kept keeps of them leaves the list instead. Definer: the outbox is private.';

CREATE FUNCTION private.list_embedded_hashes(vault_document_id uuid, embedding_model text, content_hashes text[]) RETURNS SETOF text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select chunk.content_hash
  from public.vault_documents as document
  join public.mono_training_chunks as chunk
    on chunk.org_id = document.org_id and chunk.vault_document_id = document.id
    -- Others may be gone before they are copied.
    and chunk.generation = document.chunk_generation
  where document.id = list_embedded_hashes.vault_document_id
    and chunk.embedding_model = list_embedded_hashes.embedding_model
    and chunk.content_hash = any (list_embedded_hashes.content_hashes)
  union
  select kept.content_hash
  from private.interrupted_vectors as kept
  where kept.vault_document_id = list_embedded_hashes.vault_document_id
    and kept.embedding_model = list_embedded_hashes.embedding_model
    and kept.content_hash = any (list_embedded_hashes.content_hashes)
$$;

COMMENT ON FUNCTION private.list_embedded_hashes(vault_document_id uuid, embedding_model text, content_hashes text[]) IS 'Which of the hashes the live chunks of a document, or those of its interrupted training, have a vector for, by that model. Definer: workers reach chunks through functions only.';

CREATE FUNCTION private.list_embedding_models() RETURNS TABLE(embedding_model text, next_embedding_model text, organization_count bigint)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select own.embedding_model, own.next_embedding_model, count(*)
  from public.organizations as own
  where own.embedding_model is not null
  group by own.embedding_model, own.next_embedding_model
$$;

COMMENT ON FUNCTION private.list_embedding_models() IS 'The models in use, and the switches from one to another, with their numbers of organisations. Definer: see list_embedding_switches.';

CREATE FUNCTION private.list_embedding_switches() RETURNS TABLE(org_id uuid, embedding_model text, next_embedding_model text, document_count bigint, ready_count bigint, open_count bigint, failed_count bigint, failures jsonb, missing_crop_count bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
begin
  return query
  select
    organization.id, organization.embedding_model, organization.next_embedding_model,
    count(document.id), count(document.next_chunk_generation), count(job.id),
    count(failure.vault_document_id),
    coalesce(
      jsonb_agg(
        failure.error || jsonb_build_object('vault_document_id', document.id)
        order by failure.failed_at
      ) filter (where failure.vault_document_id is not null),
      '[]'
    ) || private.list_pointer_failures(organization),
    private.get_missing_pointer_count(organization)
  from public.organizations as organization
  left join public.vault_documents as document
    on document.org_id = organization.id and document.chunk_generation is not null
  left join private.failed_reembeddings as failure on failure.vault_document_id = document.id
  left join private.jobs as job
    on job.org_id = organization.id and job.kind = 'reembed_document'
    and job.dedupe_key = format('%s:%s', document.id, document.chunk_generation)
  where organization.next_embedding_model is not null
  group by organization.id;
end
$$;

COMMENT ON FUNCTION private.list_embedding_switches() IS 'How far each switch is: trained documents, those that are ready for the next model, that are being embedded, and that have failed, with their errors; and the crops that have no vector of the next model yet. Definer: the job engine is private.';

CREATE FUNCTION private.list_functions() RETURNS TABLE(id oid, name text)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select proc.oid, proc.oid::regprocedure::text
  from pg_catalog.pg_proc as proc
  where proc.pronamespace in (
      select namespace.oid from pg_catalog.pg_namespace as namespace
      where namespace.nspname in ('public', 'private')
    )
    and proc.prokind in ('f', 'p')
    and not exists (
      select from pg_catalog.pg_depend as member
      where member.classid = 'pg_catalog.pg_proc'::regclass and member.objid = proc.oid
        and member.deptype = 'e'
    )
$$;

COMMENT ON FUNCTION private.list_functions() IS 'Functions of public and private, without those that belong to an extension.';

CREATE FUNCTION private.list_fused_matches(near_ids uuid[], similarities double precision[], word_ids uuid[], ranks double precision[], settings private.search_settings) RETURNS TABLE(id uuid, score double precision, similarity double precision, text_rank double precision)
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  nearest double precision := (select max(value) from unnest(similarities) as value);
  farthest double precision := (select min(value) from unnest(similarities) as value);
  best double precision := (select max(value) from unnest(ranks) as value);
  meaning double precision := coalesce(
    settings.meaning_weight * private.get_lead(similarities, 0, settings), 0
  );
  -- A word that hardly any chunk has tells them apart: the others count, up to 20, with 0.
  words double precision := coalesce(
    settings.words_weight * private.get_lead(ranks, 20, settings), 0
  );
begin
  return query
  select
    coalesce(near.id, worded.id),
    case settings.fusion
      when 'ranks' then
        coalesce(settings.meaning_weight / (settings.rank_constant + near.place), 0)
          + coalesce(settings.words_weight / (settings.rank_constant + worded.place), 0)
      else
        -- Both arms on one scale before they are added.
        (meaning * coalesce(
          (near.similarity - farthest) / nullif(nearest - farthest, 0),
          case when near.id is null then 0 else 1 end
        ) + words * coalesce(worded.rank / nullif(best, 0), 0)) / coalesce(nullif(meaning + words, 0), 1)
    end,
    near.similarity,
    worded.rank
  from unnest(near_ids, similarities) with ordinality as near (id, similarity, place)
  full join unnest(word_ids, ranks) with ordinality as worded (id, rank, place)
    on worded.id = near.id;
end
$$;

COMMENT ON FUNCTION private.list_fused_matches(near_ids uuid[], similarities double precision[], word_ids uuid[], ranks double precision[], settings private.search_settings) IS 'The matches of both arms, each best first, with one score by the fusion and the weights of the settings.';

CREATE FUNCTION private.list_grant_objects() RETURNS TABLE(kind text, name text, parent text, definition text)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  with item as (
    select relation.name as object, relation.name as parent, acl.*
    from private.list_relations() as relation
    join pg_catalog.pg_class as class on class.oid = relation.id
    cross join lateral aclexplode(coalesce(class.relacl, acldefault('r', class.relowner))) as acl
    union all
    select format('%s.%I', relation.name, attribute.attname), relation.name, acl.*
    from private.list_relations() as relation
    join pg_catalog.pg_attribute as attribute on attribute.attrelid = relation.id
    cross join lateral aclexplode(attribute.attacl) as acl
    union all
    select listed.name, listed.name, acl.*
    from private.list_functions() as listed
    join pg_catalog.pg_proc as proc on proc.oid = listed.id
    cross join lateral aclexplode(coalesce(proc.proacl, acldefault('f', proc.proowner))) as acl
    union all
    select namespace.nspname, namespace.nspname, acl.*
    from pg_catalog.pg_namespace as namespace
    cross join lateral aclexplode(
      coalesce(namespace.nspacl, acldefault('n', namespace.nspowner))
    ) as acl
    where namespace.nspname in ('public', 'private')
  )
  select 'grant',
    format('%s to %s on %s', lower(item.privilege_type), coalesce(role.rolname, 'public'), item.object),
    item.parent, bool_or(item.is_grantable)::text
  from item
  left join pg_catalog.pg_roles as role on role.oid = item.grantee
  where item.grantee = 0 or role.rolname in ('anon', 'authenticated', 'service_role')
  group by item.privilege_type, role.rolname, item.object, item.parent
$$;

COMMENT ON FUNCTION private.list_grant_objects() IS 'What the API roles, or everybody, hold on relations, columns, functions and schemas.';

CREATE FUNCTION private.list_graph_chunks(org_id uuid, question extensions.halfvec, embedding_model text, document_ids uuid[], metadata jsonb, match_count integer) RETURNS TABLE(id uuid, distance double precision)
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    SET jit TO 'off'
    SET enable_sort TO 'off'
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
#variable_conflict use_column
declare
  model text := list_graph_chunks.embedding_model;
  contained jsonb := list_graph_chunks.metadata;
begin
  return query
  select chunk.id, chunk.embedding operator(extensions.<=>) question
  from public.mono_training_chunks as chunk
  where chunk.org_id = list_graph_chunks.org_id and chunk.embedding_model = model
    and (document_ids is null or chunk.vault_document_id = any (document_ids))
    and (contained is null or chunk.metadata @> contained)
    -- No join, which the planner could do before the graph.
    and (
      select document.chunk_generation = chunk.generation
      from public.vault_documents as document where document.id = chunk.vault_document_id
    )
  order by chunk.embedding operator(extensions.<=>) question
  limit match_count;
end
$$;

COMMENT ON FUNCTION private.list_graph_chunks(org_id uuid, question extensions.halfvec, embedding_model text, document_ids uuid[], metadata jsonb, match_count integer) IS 'Live chunks of an organisation near to a vector, from the graph of the model: without sorting, no other plan has them in order. They may be fewer than there are, and not quite in order.';

CREATE FUNCTION private.list_installable_objects() RETURNS TABLE(kind text, name text, parent text, digest text)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select object.kind, object.name, object.parent, md5(object.definition)
  from (
    select listed.* from private.list_table_objects() as listed
    union all
    select listed.* from private.list_rule_objects() as listed
    union all
    select listed.* from private.list_grant_objects() as listed
    union all
    select 'bucket', bucket.id, null,
      format('%s %s %s', bucket.public, bucket.file_size_limit, bucket.allowed_mime_types)
    from storage.buckets as bucket
    union all
    -- When it runs is the operator's to choose.
    select 'cron job', job.jobname, null, format('%s %s', job.active, job.command)
    from cron.job as job
    where job.jobname like 'maestro-%'
    union all
    select 'lane', lane.lane, null, '' from private.lanes as lane
  ) as object
$$;

COMMENT ON FUNCTION private.list_installable_objects() IS 'Everything that the migrations make, as it is now.';

CREATE FUNCTION private.list_installation_differences() RETURNS TABLE(kind text, name text, difference text)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  with present as materialized (
    select object.* from private.list_installable_objects() as object
  )
  select installed.kind, installed.name,
    case when present.name is null then 'missing' else 'changed' end
  from private.installed_objects as installed
  left join present on present.kind = installed.kind and present.name = installed.name
  where present.digest is distinct from installed.digest
    -- A table that is gone is one finding; its columns are not twenty more.
    and not exists (
      select from private.installed_objects as parent
      where parent.name = installed.parent and parent.kind in ('table', 'view', 'function')
        and parent.kind <> installed.kind
        and not exists (
          select from present as living
          where living.kind = parent.kind and living.name = parent.name
        )
    )
  union all
  -- Other things may be added beside ours; what widens access to ours may not.
  select present.kind, present.name, 'added'
  from present
  where present.kind in ('policy', 'grant')
    and not exists (
      select from private.installed_objects as installed
      where installed.kind = present.kind and installed.name = present.name
    )
    and (
      present.parent in ('public', 'private', 'storage.objects', 'storage.buckets')
      or exists (
        select from private.installed_objects as installed
        where installed.name = present.parent and installed.kind in ('table', 'view', 'function')
      )
    )
$$;

COMMENT ON FUNCTION private.list_installation_differences() IS 'Objects that are missing or changed since the migrations, and policies and grants that have come since.';

CREATE FUNCTION private.list_job_stats() RETURNS TABLE(lane text, kind text, ready_count bigint, delayed_count bigint, held_count bigint, oldest_due_seconds double precision, completed_last_hour bigint, dead_last_hour bigint, p50_seconds double precision, p95_seconds double precision)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  with open_jobs as (
    select job.lane, job.kind,
      count(*) filter (where job.is_ready) as ready_count,
      count(*) filter (where not job.is_ready and job.lease_token is null) as delayed_count,
      count(*) filter (where job.lease_token is not null) as held_count,
      extract(epoch from now() - min(job.visible_at) filter (where job.lease_token is null))
        as oldest_due_seconds
    from private.jobs as job
    group by job.lane, job.kind
  ),
  ended as (
    select past.lane, past.kind,
      count(*) filter (where past.outcome = 'completed') as completed_last_hour,
      count(*) filter (where past.outcome = 'dead') as dead_last_hour,
      percentile_cont(array[0.5, 0.95]) within group (
        order by extract(epoch from past.finished_at - past.created_at)
      ) filter (where past.outcome = 'completed') as seconds
    from private.job_history as past
    where past.finished_at > now() - interval '1 hour'
    group by past.lane, past.kind
  )
  select
    coalesce(open_jobs.lane, ended.lane), coalesce(open_jobs.kind, ended.kind),
    coalesce(open_jobs.ready_count, 0), coalesce(open_jobs.delayed_count, 0),
    coalesce(open_jobs.held_count, 0), greatest(open_jobs.oldest_due_seconds, 0),
    coalesce(ended.completed_last_hour, 0), coalesce(ended.dead_last_hour, 0),
    ended.seconds[1], ended.seconds[2]
  from open_jobs
  full join ended on ended.lane = open_jobs.lane and ended.kind = open_jobs.kind
$$;

COMMENT ON FUNCTION private.list_job_stats() IS 'Depth, age and throughput by lane and kind; seconds are from enqueue to end, over the last hour. Definer: the tables are private.';

CREATE FUNCTION private.list_lane_states() RETURNS TABLE(lane text, cap integer, held_count bigint, max_in_flight integer, requests_per_minute integer, tokens_per_minute integer, paused_until timestamp with time zone, pause_reason text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select own.lane, private.get_lane_cap(own, now()),
    (
      select count(*) from private.jobs as job
      where job.lane = own.lane and job.lease_token is not null
    ),
    own.max_in_flight, own.requests_per_minute, own.tokens_per_minute,
    case when own.paused_until > now() then own.paused_until end,
    case when own.paused_until > now() then own.pause_reason end
  from private.lanes as own
$$;

COMMENT ON FUNCTION private.list_lane_states() IS 'Each lane with its limits, what it may hold now and holds, and its pause. Definer: the tables are private.';

CREATE FUNCTION private.list_named_objects() RETURNS TABLE(bucket text, name text, owner text, size_bytes bigint)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select 'documents', document.storage_path, document.id::text, null::bigint
  from public.vault_documents as document
  union all
  select 'pointer-crops', pointer.png_path, pointer.id::text, null
  from public.pointers as pointer
  union all
  select 'conversation-files', conversation.enriched_file_path, conversation.conversation_id::text, null
  from public.conversations as conversation
  where conversation.enriched_file_path is not null
  union all
  select 'training-files', artifact.path, artifact.version_id::text, artifact.size_bytes
  from public.training_artifacts as artifact
$$;

COMMENT ON FUNCTION private.list_named_objects() IS 'The objects that rows say there are, with their sizes where those are written down.';

CREATE FUNCTION private.list_nearest_chunks(org_id uuid, question extensions.halfvec, embedding_model text, document_ids uuid[], metadata jsonb, match_count integer, settings private.search_settings) RETURNS TABLE(id uuid, distance double precision)
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  model text := list_nearest_chunks.embedding_model;
  contained jsonb := list_nearest_chunks.metadata;
  ids uuid[];
  distances double precision[];
begin
  if model is not null and private.get_embedding_index(model) is not null
    and not private.is_small_scope(list_nearest_chunks.org_id, document_ids, contained, settings)
  then
    perform set_config(
      'hnsw.ef_search', greatest(settings.least_candidates, 4 * match_count)::text, true
    );
    select array_agg(near.id), array_agg(near.distance) into ids, distances
    from private.list_graph_chunks(
      list_nearest_chunks.org_id, question, model, document_ids, contained, match_count
    ) as near;
    if cardinality(ids) >= match_count then
      return query
      select * from unnest(ids, distances) as near (id, distance) order by near.distance, near.id;
      return;
    end if;
  end if;
  return query
  select chunk.id, (chunk.embedding operator(extensions.<=>) question) + 0 as distance
  from public.mono_training_chunks as chunk
  join public.vault_documents as document
    on document.org_id = chunk.org_id and document.id = chunk.vault_document_id
    and document.chunk_generation = chunk.generation
  where chunk.org_id = list_nearest_chunks.org_id
    and (model is null or chunk.embedding_model = model)
    and (document_ids is null or chunk.vault_document_id = any (document_ids))
    and (contained is null or chunk.metadata @> contained)
  -- The sum keeps the planner from the graph, which would find some of them only.
  order by distance, chunk.id
  limit match_count;
end
$$;

COMMENT ON FUNCTION private.list_nearest_chunks(org_id uuid, question extensions.halfvec, embedding_model text, document_ids uuid[], metadata jsonb, match_count integer, settings private.search_settings) IS 'The live chunks of an organisation nearest to a vector, nearest first: from the graph of the model where the organisation is large, else, and where the graph yields too few, by comparing all.';

CREATE FUNCTION private.list_nearest_pointers(org_id uuid, question extensions.halfvec, embedding_model text, project_ids uuid[], metadata jsonb, match_count integer) RETURNS TABLE(id uuid, distance double precision)
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  model text := list_nearest_pointers.embedding_model;
  contained jsonb := list_nearest_pointers.metadata;
begin
  return query
  select pointer.id, pointer.embedding operator(extensions.<=>) question as distance
  from public.pointers as pointer
  where pointer.org_id = list_nearest_pointers.org_id and pointer.embedding is not null
    and (model is null or pointer.embedding_model = model)
    and (project_ids is null or pointer.project_id = any (project_ids))
    and (contained is null or pointer.enrichment_metadata @> contained)
  order by distance, pointer.id
  limit match_count;
end
$$;

COMMENT ON FUNCTION private.list_nearest_pointers(org_id uuid, question extensions.halfvec, embedding_model text, project_ids uuid[], metadata jsonb, match_count integer) IS 'The crops of an organisation nearest to a vector of the model, nearest first.';

CREATE FUNCTION private.list_object_checks() RETURNS TABLE(place integer, name text, ok boolean, detail text, hint text)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  with difference as materialized (
    select differing.* from private.list_installation_differences() as differing
  )
  select asked.place, asked.name, found.count = 0 and made.count > 0,
    case when made.count = 0 then 'nothing is written down'
      when found.count = 0 then format('%s as migrated', made.count)
      when found.count > 5 then format('%s, and %s more', found.first, found.count - 5)
      else found.first
    end,
    asked.hint
  from (
    values
      (100, 'tables', array['table', 'view'], 'Something dropped them after the migrations: restore from a backup'),
      (110, 'columns', array['column'], 'Undo the change, or take it on with a migration'),
      (120, 'constraints', array['constraint'], 'Undo the change: the functions rely on every constraint'),
      (130, 'indexes', array['index'], 'Missing: create it as in supabase/schema.sql. Changed: it may be invalid; reindex index concurrently'),
      (140, 'functions', array['function'], 'Create them again as in supabase/schema.sql'),
      (150, 'triggers', array['trigger'], 'Enable them, or create them again as in supabase/schema.sql'),
      (160, 'row-level security', array['row security'], 'alter table … enable row level security, at once: the table is open to every signed-in user'),
      (170, 'policies', array['policy'], 'Missing or changed: create it as in supabase/schema.sql. Added: drop it'),
      (180, 'grants', array['grant'], 'Missing: grant it. Added: revoke it. Default privileges do not explain either'),
      (190, 'buckets', array['bucket'], 'Make it private, with the limits of supabase/config.toml'),
      (200, 'lanes', array['lane'], 'insert into private.lanes: without its lane a kind of job cannot be queued'),
      (210, 'cron jobs', array['cron job'], 'select cron.schedule(…) as in supabase/schema.sql, or activate it')
  ) as asked (place, name, kinds, hint)
  cross join lateral (
    select count(*) from private.installed_objects as object where object.kind = any (asked.kinds)
  ) as made
  cross join lateral (
    select max(numbered.place) as count,
      string_agg(
        format('%s: %s', numbered.difference, numbered.name), ', ' order by numbered.place
      ) filter (where numbered.place <= 5) as first
    from (
      select differing.difference, differing.name,
        row_number() over (order by differing.difference desc, differing.name) as place
      from difference as differing where differing.kind = any (asked.kinds)
    ) as numbered
  ) as listed
  cross join lateral (select coalesce(listed.count, 0) as count, listed.first) as found
$$;

COMMENT ON FUNCTION private.list_object_checks() IS 'Whether everything that the migrations made is there, unchanged.';

CREATE FUNCTION private.list_page_readings(vault_document_id uuid, source_hash text) RETURNS TABLE(page integer, content text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select reading.page, reading.content
  from public.vault_documents as document
  join private.page_readings as reading
    on reading.org_id = document.org_id and reading.vault_document_id = document.id
  where document.id = list_page_readings.vault_document_id
    and reading.source_hash = list_page_readings.source_hash
  order by reading.page
$$;

COMMENT ON FUNCTION private.list_page_readings(vault_document_id uuid, source_hash text) IS 'The pages of a document that were read already from this file, by this model and prompt. Definer: the table is private.';

CREATE FUNCTION private.list_pointer_failures(organization public.organizations) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select coalesce(
    jsonb_agg(failed.error || jsonb_build_object('pointer_id', pointer.id) order by failed.id), '[]'
  )
  from public.pointers as pointer
  cross join lateral (
    select past.id, coalesce(past.error, '{}') as error from private.job_history as past
    where past.org_id = organization.id and past.kind = 'enrich_pointer'
      and past.dedupe_key = pointer.id::text
    order by past.id desc limit 1
  ) as failed
  where pointer.org_id = organization.id
    and private.get_next_pointer_model(pointer, organization, pointer.input_hash) is not null
    and not exists (
      select from private.jobs as job
      where job.org_id = organization.id and job.kind = 'enrich_pointer'
        and job.dedupe_key = pointer.id::text
    )
$$;

COMMENT ON FUNCTION private.list_pointer_failures(organization public.organizations) IS 'The crops that hold up a switch, since none of their jobs is open, with how the last one ended: [{pointer_id, code, message}].';

CREATE FUNCTION private.list_query_words(org_id uuid, query text, further_language text DEFAULT NULL::text) RETURNS TABLE(word tsquery, weight double precision, chunk_count bigint)
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  stats private.search_stats;
begin
  select own.* into stats from private.search_stats as own
  where own.org_id = list_query_words.org_id;
  return query
  select
    ('''' || replace(replace(stem.lexeme, '\', '\\'), '''', '''''') || '''')::tsquery,
    ln(1 + (greatest(coalesce(stats.chunk_count, 0) - coalesce(known.chunk_count, 0), 0) + 0.5)
      / (coalesce(known.chunk_count, 0) + 0.5))::double precision,
    coalesce(known.chunk_count, 0)
  from (
    select distinct own.lexeme
    from unnest(
      coalesce(nullif(stats.languages, '{}'), '{english}') || further_language
    ) as language
    cross join lateral unnest(tsvector_to_array(
      private.get_search_vector(language, list_query_words.query)
    )) as own (lexeme)
    -- Without a language every word is one, also those that say nothing in any other.
    where language is not null and (language <> 'simple' or not exists (
      select from unnest(stats.languages) as other
      where other <> 'simple' and private.get_search_vector(other, own.lexeme) = ''
    ))
  ) as stem
  left join private.search_lexemes as known
    on known.org_id = list_query_words.org_id and known.lexeme = stem.lexeme collate "C"
  order by coalesce(known.chunk_count, 0), stem.lexeme collate "C";
end
$$;

COMMENT ON FUNCTION private.list_query_words(org_id uuid, query text, further_language text) IS 'The words of a question, stemmed in every language of the organisation''s chunks and in a further one, rarest first, with their weights (the inverse document frequency of BM25) and in how many chunks they stand.';

CREATE FUNCTION private.list_quotas(org_id uuid) RETURNS TABLE(name text, used_count bigint, max_count bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  meant_org_id uuid := private.get_org_id(list_quotas.org_id, 'viewer');
  own_objects bigint;
  own_bytes bigint;
begin
  select stored.object_count, stored.byte_count::bigint into own_objects, own_bytes
  from private.get_object_usage(meant_org_id, null) as stored;
  return query
  select used.name, used.used_count, private.get_quota(meant_org_id, used.name)
  from (
    select 'rows' as name, (
      select own.row_count from private.row_counts as own where own.org_id = meant_org_id
    ) as used_count
    union all select 'objects', own_objects
    union all select 'bytes', own_bytes
    union all select 'open_jobs', (
      select count(*) from private.jobs as job where job.org_id = meant_org_id
    )
    union all select 'searches_per_minute', (
      select max(own.used_count) from private.minute_counts as own
      where own.org_id = meant_org_id and own.minute_at = date_trunc('minute', now())
    )
    union all select 'tokens_per_day', private.get_tokens_today(meant_org_id)
    union all select 'open_invitations', (
      select count(*) from public.organization_invitations as own
      where own.org_id = meant_org_id and own.status = 'open' and own.expires_at > now()
    )
  ) as used (name, used_count);
end
$$;

COMMENT ON FUNCTION private.list_quotas(org_id uuid) IS 'What the organisation has used and may use. Raises ORG_REQUIRED, ORG_NOT_FOUND. Definer: the counts are private; membership is asked for first.';

CREATE FUNCTION private.list_reembed_chunks(job_id text, lease_token uuid, max_chunks integer) RETURNS TABLE(embedding_model text, title text, ordinal integer, content text, heading_path text[], start_offset integer, end_offset integer, token_count integer, metadata jsonb, content_hash text, is_known boolean, max_ordinal integer)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  job private.jobs;
  document public.vault_documents;
  model text;
  last_ordinal integer;
  has_others boolean;
begin
  select held.* into job from private.jobs as held
  where held.id = list_reembed_chunks.job_id::bigint
    and held.lease_token = list_reembed_chunks.lease_token and held.kind = 'reembed_document';
  select found.* into document from public.vault_documents as found
  where found.id = (job.payload ->> 'vault_document_id')::uuid
    and found.chunk_generation = (job.payload ->> 'generation')::bigint;
  select own.next_embedding_model into model from public.organizations as own
  where own.id = document.org_id;
  -- Slices come in their order, so what is stored is what comes first.
  select max(chunk.ordinal) into last_ordinal from public.mono_training_chunks as chunk
  where chunk.org_id = document.org_id and chunk.vault_document_id = document.id
    and chunk.generation = job.id * 1000;
  has_others := exists (
    select from public.mono_training_chunks as chunk
    where chunk.org_id = document.org_id and chunk.vault_document_id = document.id
      and chunk.generation not in (document.chunk_generation, job.id * 1000)
  );
  return query
  select
    model, document.title, live.ordinal, live.content, live.heading_path, live.start_offset,
    live.end_offset, live.token_count, live.metadata, live.content_hash,
    has_others and live.content_hash in (
      select known.content_hash from public.mono_training_chunks as known
      where known.org_id = document.org_id and known.vault_document_id = document.id
        and known.embedding_model = model
    ),
    (
      select max(chunk.ordinal) from public.mono_training_chunks as chunk
      where chunk.org_id = document.org_id and chunk.vault_document_id = document.id
        and chunk.generation = document.chunk_generation
    )
  from public.mono_training_chunks as live
  where live.org_id = document.org_id and live.vault_document_id = document.id
    and live.generation = document.chunk_generation and model is not null
    and live.ordinal > coalesce(last_ordinal, -1)
  order by live.ordinal
  limit least(greatest(list_reembed_chunks.max_chunks, 1), 500);
end
$$;

COMMENT ON FUNCTION private.list_reembed_chunks(job_id text, lease_token uuid, max_chunks integer) IS 'The next chunks that a re-embedding has not stored, with the model that they need and the document''s title; is_known when an earlier copy has a vector of that model for the hash; max_ordinal is the document''s. None when all are stored, and for a job that was overtaken. Definer: the job is private.';

CREATE FUNCTION private.list_relations() RETURNS TABLE(id oid, name text, kind "char")
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select class.oid, format('%I.%I', namespace.nspname, class.relname), class.relkind
  from pg_catalog.pg_class as class
  join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
  where namespace.nspname in ('public', 'private') and class.relkind in ('r', 'p', 'v', 'm')
    and not exists (
      select from pg_catalog.pg_depend as member
      where member.classid = 'pg_catalog.pg_class'::regclass and member.objid = class.oid
        and member.deptype = 'e'
    )
$$;

COMMENT ON FUNCTION private.list_relations() IS 'Tables and views of public and private, without those that belong to an extension.';

CREATE FUNCTION private.list_role_checks() RETURNS TABLE(place integer, name text, ok boolean, detail text, hint text)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select 30, 'roles',
    count(role.oid) = count(*)
      and bool_and(role.rolbypassrls = (wanted.rolname = 'service_role'))
      and not bool_or(role.rolsuper)
      and not exists (
        select from pg_catalog.pg_auth_members as membership
        join pg_catalog.pg_roles as member on member.oid = membership.member
        where member.rolname in ('anon', 'authenticated')
      ),
    string_agg(
      case when role.oid is null then wanted.rolname || ' missing'
        else wanted.rolname || case when role.rolbypassrls then ' (past row-level security)' else '' end
      end,
      ', ' order by wanted.rolname
    ),
    'Only service_role bypasses row-level security; anon and authenticated are members of no role'
  from (values ('anon'), ('authenticated'), ('service_role')) as wanted (rolname)
  left join pg_catalog.pg_roles as role on role.rolname = wanted.rolname
  union all
  select 40, 'owners', count(*) = 0,
    coalesce(string_agg(owned.name, ', ' order by owned.name), 'one for everything'),
    'alter … owner to the owner of schema private: definer functions act with that role''s rights'
  from (
    select relation.name, class.relowner as owner_id
    from private.list_relations() as relation
    join pg_catalog.pg_class as class on class.oid = relation.id
    union all
    select listed.name, proc.proowner
    from private.list_functions() as listed
    join pg_catalog.pg_proc as proc on proc.oid = listed.id
  ) as owned
  join pg_catalog.pg_namespace as house on house.nspname = 'private'
  where owned.owner_id <> house.nspowner
    and owned.name in (select object.name from private.installed_objects as object)
  union all
  -- Ours are revoked one by one; what somebody makes in private tomorrow must not be open by default.
  select 50, 'default privileges', count(*) = 0,
    coalesce(
      string_agg(
        format(
          '%s may %s what is made in private', coalesce(role.rolname, 'everybody'),
          lower(acl.privilege_type)
        ),
        ', ' order by role.rolname, acl.privilege_type
      ),
      'nothing made in private is open by itself'
    ),
    'alter default privileges in schema private revoke … from …'
  from pg_catalog.pg_default_acl as given
  cross join lateral aclexplode(given.defaclacl) as acl
  left join pg_catalog.pg_roles as role on role.oid = acl.grantee
  where given.defaclnamespace in (0, 'private'::regnamespace)
    and (
      role.rolname in ('anon', 'authenticated', 'service_role')
      -- Of functions and types, everybody's right is PostgreSQL's own default.
      or acl.grantee = 0 and given.defaclobjtype not in ('f', 'T')
    )
$$;

COMMENT ON FUNCTION private.list_role_checks() IS 'Whether the roles have the rights that the policies count on, and new objects no others.';

CREATE FUNCTION private.list_rule_objects() RETURNS TABLE(kind text, name text, parent text, definition text)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select 'policy', format('%I on %s', policy.polname, policy.polrelid::regclass),
    policy.polrelid::regclass::text,
    concat_ws(
      ' ', policy.polcmd, policy.polpermissive,
      (
        select string_agg(role.rolname, ' ' order by role.rolname)
        from pg_catalog.pg_roles as role where role.oid = any (policy.polroles)
      ),
      pg_get_expr(policy.polqual, policy.polrelid), 'check',
      pg_get_expr(policy.polwithcheck, policy.polrelid)
    )
  from pg_catalog.pg_policy as policy
  where policy.polrelid in (select relation.id from private.list_relations() as relation)
    -- Of Storage's, all but those that nothing but another bucket is open by.
    or policy.polrelid in ('storage.objects'::regclass, 'storage.buckets'::regclass) and not (
      private.is_of_other_bucket(pg_get_expr(policy.polqual, policy.polrelid))
      and private.is_of_other_bucket(pg_get_expr(policy.polwithcheck, policy.polrelid))
    )
  union all
  select 'trigger', format('%I on %s', fired.tgname, fired.tgrelid::regclass),
    fired.tgrelid::regclass::text, format('%s %s', fired.tgenabled, pg_get_triggerdef(fired.oid))
  from pg_catalog.pg_trigger as fired
  join pg_catalog.pg_proc as proc on proc.oid = fired.tgfoid
  where not fired.tgisinternal and proc.pronamespace = 'private'::regnamespace
  union all
  select 'function', listed.name, null, pg_get_functiondef(listed.id)
  from private.list_functions() as listed
$$;

COMMENT ON FUNCTION private.list_rule_objects() IS 'Policies, triggers and functions, each with a text that changes when it does.';

CREATE FUNCTION private.list_server_checks() RETURNS TABLE(place integer, name text, ok boolean, detail text, hint text)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select 10, 'server', current_setting('server_version_num')::integer >= 170000,
    'PostgreSQL ' || current_setting('server_version'), 'Upgrade the project to PostgreSQL 17'
  union all
  select 20, 'extensions',
    count(installed.extname) = count(*)
      -- Search walks on through an index until enough rows are the caller's: since 0.8.
      and bool_and(
        case when wanted.extname = 'vector'
          then string_to_array(installed.extversion, '.')::integer[] >= array[0, 8]
          else true
        end
      ),
    string_agg(
      format('%s %s', wanted.extname, coalesce(installed.extversion, 'missing')), ', '
      order by wanted.extname
    ),
    'create extension …; pgvector must be 0.8 or newer: alter extension vector update'
  from (values ('vector'), ('pg_cron'), ('pg_net'), ('supabase_vault')) as wanted (extname)
  left join pg_catalog.pg_extension as installed on installed.extname = wanted.extname
  union all
  -- What leases and delays are measured with; whoever calls compares it.
  select 60, 'clock', true, to_json(clock_timestamp() at time zone 'utc') #>> '{}' || 'Z', null
$$;

COMMENT ON FUNCTION private.list_server_checks() IS 'Whether the server is new enough and has its extensions, and what time it has.';

CREATE FUNCTION private.list_table_objects() RETURNS TABLE(kind text, name text, parent text, definition text)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  with relation as materialized (
    select listed.id, listed.name, listed.kind in ('r', 'p') as is_table
    from private.list_relations() as listed
  )
  select case when relation.is_table then 'table' else 'view' end, relation.name, null,
    case when not relation.is_table
      then concat(pg_get_viewdef(relation.id), array_to_string(class.reloptions, ' '))
      else ''
    end
  from relation
  join pg_catalog.pg_class as class on class.oid = relation.id
  union all
  select 'row security', relation.name, relation.name,
    format('%s %s', class.relrowsecurity, class.relforcerowsecurity)
  from relation
  join pg_catalog.pg_class as class on class.oid = relation.id
  where relation.is_table
  union all
  select 'column', format('%s.%I', relation.name, attribute.attname), relation.name,
    concat_ws(
      ' ', format_type(attribute.atttypid, attribute.atttypmod), attribute.attnotnull,
      attribute.attidentity, attribute.attgenerated,
      pg_get_expr(initial.adbin, initial.adrelid)
    )
  from relation
  join pg_catalog.pg_attribute as attribute
    on attribute.attrelid = relation.id and attribute.attnum > 0 and not attribute.attisdropped
  left join pg_catalog.pg_attrdef as initial
    on initial.adrelid = relation.id and initial.adnum = attribute.attnum
  where relation.is_table
  union all
  select 'constraint', format('%I on %s', kept.conname, relation.name), relation.name,
    format('%s %s', kept.convalidated, pg_get_constraintdef(kept.oid))
  from relation
  join pg_catalog.pg_constraint as kept on kept.conrelid = relation.id
  where kept.contype in ('p', 'u', 'f', 'c', 'x')
  union all
  select 'index', format('%s on %s', index.indexrelid::regclass, relation.name), relation.name,
    format('%s %s', index.indisvalid and index.indisready, pg_get_indexdef(index.indexrelid))
  from relation
  join pg_catalog.pg_index as index on index.indrelid = relation.id
$$;

COMMENT ON FUNCTION private.list_table_objects() IS 'Tables, views and what tables are made of, each with a text that changes when it does. Expressions are written out in full, whatever search_path the caller has.';

CREATE FUNCTION private.list_worded_chunks(org_id uuid, query text, embedding_model text, document_ids uuid[], metadata jsonb, match_count integer, settings private.search_settings) RETURNS TABLE(id uuid, rank double precision)
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
#variable_conflict use_column
declare
  model text := list_worded_chunks.embedding_model;
  contained jsonb := list_worded_chunks.metadata;
  words tsquery[];
  weights double precision[];
  every_word tsquery;
  sought tsquery;
  found_ids uuid[];
  ranks double precision[];
begin
  -- At least the rarest word that stands anywhere, and then as many as are cheap.
  select
    array_agg(own.word), array_agg(own.weight),
    string_agg(own.word::text, ' | ')::tsquery,
    string_agg(own.word::text, ' | ') filter (
      where own.total <= settings.word_candidates or own.total = own.chunk_count
    )::tsquery
  into words, weights, every_word, sought
  from (
    select listed.*, sum(listed.chunk_count) over (rows unbounded preceding) as total
    from private.list_query_words(list_worded_chunks.org_id, query) as listed
  ) as own;
  loop
    select array_agg(best.id), array_agg(best.rank) into found_ids, ranks
    from (
      select candidate.id, (
        select sum(own.weight * ts_rank(candidate.search_vector, own.word, 1))
        from unnest(words, weights) as own (word, weight)
      ) as rank
      from (
        -- The weight that it has: read once for all words, it need not be unpacked for each.
        select chunk.id, setweight(chunk.search_vector, 'D') as search_vector
        from public.mono_training_chunks as chunk
        where chunk.org_id = list_worded_chunks.org_id and chunk.search_vector @@ sought
          and (model is null or chunk.embedding_model = model)
          and (document_ids is null or chunk.vault_document_id = any (document_ids))
          and (contained is null or chunk.metadata @> contained)
          and (
            select document.chunk_generation = chunk.generation
            from public.vault_documents as document where document.id = chunk.vault_document_id
          )
        limit 2 * settings.word_candidates
      ) as candidate
      order by rank desc, candidate.id
      limit match_count
    ) as best;
    exit when sought is not distinct from every_word
      or cardinality(found_ids) >= match_count;
    sought := every_word;
  end loop;
  return query select * from unnest(found_ids, ranks);
end
$$;

COMMENT ON FUNCTION private.list_worded_chunks(org_id uuid, query text, embedding_model text, document_ids uuid[], metadata jsonb, match_count integer, settings private.search_settings) IS 'The live chunks of an organisation with words of a question, best first: the sum of ts_rank for each word, by its weight. Looks for the rare words first, and for all when those yield too few.';

CREATE FUNCTION private.list_worded_pointers(org_id uuid, query text, project_ids uuid[], metadata jsonb, match_count integer) RETURNS TABLE(id uuid, rank double precision)
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  contained jsonb := list_worded_pointers.metadata;
  words tsquery[];
  weights double precision[];
  every_word tsquery;
begin
  select array_agg(own.word), array_agg(own.weight), string_agg(own.word::text, ' | ')::tsquery
  into words, weights, every_word
  from private.list_query_words(list_worded_pointers.org_id, query, 'english') as own;
  return query
  select pointer.id, (
    -- With the weight that chunks have: titles would leave no room for anything else.
    select sum(own.weight * ts_rank(setweight(pointer.search_vector, 'D'), own.word, 1))
    from unnest(words, weights) as own (word, weight)
  ) as rank
  from public.pointers as pointer
  where pointer.org_id = list_worded_pointers.org_id and pointer.search_vector @@ every_word
    and pointer.description is not null
    and (project_ids is null or pointer.project_id = any (project_ids))
    and (contained is null or pointer.enrichment_metadata @> contained)
  order by rank desc, pointer.id
  limit match_count;
end
$$;

COMMENT ON FUNCTION private.list_worded_pointers(org_id uuid, query text, project_ids uuid[], metadata jsonb, match_count integer) IS 'The crops of an organisation with words of a question in what was read of them, best first, ranked as chunks are.';

CREATE FUNCTION private.list_work_checks() RETURNS TABLE(place integer, name text, ok boolean, detail text, hint text)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  with health as materialized (select seen.* from private.get_job_health() as seen)
  select 330, 'queue', coalesce(health.oldest_ready_seconds, 0) < 900,
    format(
      'oldest ready job %s, %s dead since yesterday',
      coalesce(round(health.oldest_ready_seconds) || ' s', 'none'), health.dead_last_day
    ),
    'npm run jobs -- status, then dead; a lane that is always full needs a higher max_in_flight'
  from health
  union all
  -- Called again and again and nobody comes: pg_net keeps why for six hours.
  select 340, 'workers',
    health.worker_count > 0 or coalesce(health.oldest_ready_seconds, 0) < 60
      or wakeup.poked_at < now() - interval '5 minutes',
    case when health.worker_count > 0 then format('%s at work', health.worker_count)
      when coalesce(health.oldest_ready_seconds, 0) < 60 then 'none needed'
      else format('called %s s ago, and none came', round(extract(epoch from now() - wakeup.poked_at)))
    end,
    'select * from net._http_response order by created desc: 401 means another key than the one named cron, 404 or an error a wrong project_url, 5xx look at the logs of process-jobs'
  from health, private.wakeups as wakeup
  union all
  select 350, 'providers', count(*) = 0,
    coalesce(
      string_agg(
        format('%s: %s until %s', lane.lane, lane.pause_reason, lane.paused_until), ', '
        order by lane.lane
      ),
      'none refuses our key'
    ),
    'Renew the provider''s key: supabase secrets set …; then npm run jobs -- resume LANE'
  from private.lanes as lane
  where lane.paused_until > now() and lane.pause_reason = 'PROVIDER_UNAUTHORIZED'
$$;

COMMENT ON FUNCTION private.list_work_checks() IS 'Whether jobs are worked off.';

CREATE FUNCTION private.pause_lane(lane text, until timestamp with time zone) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  changed private.lanes;
begin
  if pause_lane.until is null then
    -- A tick that is under way has looked already, and saw the pause: this waits for it, before it
    -- locks a lane, and looks again.
    perform pg_advisory_xact_lock(hashtext('maestro.tick_jobs'), 0);
  end if;
  update private.lanes as own
  set paused_until = pause_lane.until,
      pause_reason = case when pause_lane.until is not null then 'OPERATOR' end,
      reduced_cap = case when pause_lane.until is not null then own.reduced_cap end,
      reduced_at = case when pause_lane.until is not null then own.reduced_at end
  where own.lane = pause_lane.lane
  returning * into changed;
  perform private.assert_lane(changed);
  if pause_lane.until is null then
    perform private.tick_jobs();
  end if;
end
$$;

COMMENT ON FUNCTION private.pause_lane(lane text, until timestamp with time zone) IS 'Lets no job of a lane be claimed before a time, or with null resumes it at its full size and calls workers, after a tick that is under way. Raises LANE_NOT_FOUND. Locks ticks, then the lane. Definer: the tables are private.';

CREATE FUNCTION private.raise_error(code text, status integer, message text, details jsonb DEFAULT NULL::jsonb, hint text DEFAULT NULL::text, headers json DEFAULT '{}'::json) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  raise sqlstate 'PGRST' using
    message = json_build_object(
      'code', raise_error.code,
      'message', raise_error.message,
      'details', raise_error.details::text,
      'hint', raise_error.hint
    )::text,
    detail = json_build_object('status', raise_error.status, 'headers', raise_error.headers)::text;
end
$$;

COMMENT ON FUNCTION private.raise_error(code text, status integer, message text, details jsonb, hint text, headers json) IS 'Raises an error that PostgREST answers with the given HTTP status, code and headers. The only way in which our SQL reports a problem to a caller; codes are listed in docs/errors.md.';

CREATE FUNCTION private.release_due_jobs(lane_name text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  now_at constant timestamptz := clock_timestamp();
begin
  with due as (
    select waiting.id, waiting.org_id, waiting.priority, waiting.visible_at
    from private.jobs as waiting
    where waiting.lane = lane_name and not waiting.is_ready and waiting.lease_token is null
      and waiting.visible_at <= now_at
    order by waiting.visible_at
    limit 1000
    for update skip locked
  ),
  served as (
    select wanted.priority, coalesce((
      select ready.turn from private.jobs as ready
      where ready.lane = lane_name and ready.priority = wanted.priority and ready.is_ready
      order by ready.turn limit 1
    ), 0) as turn
    from (select distinct due.priority from due) as wanted
  ),
  placed as (
    select due.id,
      served.turn - 1 + row_number() over (
        partition by due.priority, due.org_id order by due.visible_at, due.id
      ) as turn
    from due join served on served.priority = due.priority
  )
  update private.jobs as job
  set is_ready = true, turn = placed.turn
  from placed
  where job.id = placed.id;
end
$$;

COMMENT ON FUNCTION private.release_due_jobs(lane_name text) IS 'Makes the delayed jobs of a lane ready whose time has come, the longest due first: each organisation''s from the turn that is being served on, beside those that it has there.';

CREATE FUNCTION private.release_jobs(worker_id text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  job private.jobs;
  gone private.workers;
  now_at timestamptz;
  due_count bigint;
  has_news boolean;
begin
  for job in
    with own as (
      select held.* from private.jobs as held
      where held.worker_id = release_jobs.worker_id and held.lease_token is not null
      order by held.id
      for update
    )
    -- Each takes the place of its key, where an enqueue may be: in the order of enqueue_jobs.
    select own.* from own order by own.kind, own.dedupe_key
  loop
    perform private.retry_job(job, clock_timestamp(), job.attempt - 1);
  end loop;
  delete from private.workers where id = release_jobs.worker_id returning * into gone;
  -- The call that this worker came for is spent: the next enqueue makes another at once. Whoever
  -- has the lock is making one now.
  if pg_try_advisory_xact_lock(hashtext('maestro.tick_jobs'), 1) then
    update private.wakeups set poked_at = '-infinity'
    where only_row in (select wakeup.only_row from private.wakeups as wakeup for update skip locked);
  end if;

  now_at := clock_timestamp();
  select count(*), coalesce(bool_or(due.visible_at > gone.seen_at - interval '1 second'), false)
  into due_count, has_news
  from (
    select ready.visible_at from private.jobs as ready where ready.is_ready
    union all
    select delayed.visible_at from private.jobs as delayed
    where not delayed.is_ready and delayed.lease_token is null and delayed.visible_at <= now_at
    union all
    select held.visible_at from private.jobs as held
    where held.lease_token is not null and held.visible_at <= now_at
  ) as due;
  -- Whoever enqueued while this worker was still counted as alive has not called another. One that
  -- found nothing which it could do calls nobody for the same: they would call each other for ever.
  if gone.has_claimed or has_news then
    perform private.tick_jobs();
  end if;
  return due_count;
end
$$;

COMMENT ON FUNCTION private.release_jobs(worker_id text) IS 'A worker stops: the jobs that it holds come back at once with the attempt given back, and the next worker is called if any are due that this one could not have known or had no time for. Returns how many are due. Definer: the tables are private.';

CREATE FUNCTION private.remove_member(org_id uuid, user_id uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  member public.organization_members;
begin
  perform private.assert_org_role_locked(remove_member.org_id, 'admin');
  member := private.get_member_for_change(remove_member.org_id, remove_member.user_id);
  perform private.assert_org_role(remove_member.org_id, member.role);
  perform private.assert_other_owner(member);
  delete from public.organization_members as own
  where own.org_id = member.org_id and own.user_id = member.user_id;
end
$$;

COMMENT ON FUNCTION private.remove_member(org_id uuid, user_id uuid) IS 'Takes a member out of the organisation; an owner only if the caller is one. Raises ORG_NOT_FOUND, ROLE_TOO_LOW, MEMBER_NOT_FOUND, OWNER_REQUIRED. Locks organisation, member. Definer: as set_member_role.';

CREATE FUNCTION private.remove_objects_from_outbox(bucket text, paths text[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  delete from private.storage_outbox as listed
  where listed.bucket = remove_objects_from_outbox.bucket
    and listed.path = any (remove_objects_from_outbox.paths);
end
$$;

COMMENT ON FUNCTION private.remove_objects_from_outbox(bucket text, paths text[]) IS 'Takes objects off the sweeper''s list, since a row names them. Waits for a sweeper that is just being given one.';

CREATE FUNCTION private.remove_training_file_conversations(training_file_id uuid, conversation_ids uuid[], idempotency_key text, request_hash text) RETURNS TABLE(file_id uuid, version_id uuid, build_token uuid, is_new boolean, is_queued boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  file public.training_files := private.get_training_file_for_update(
    remove_training_file_conversations.training_file_id, 'editor'
  );
  members uuid[] := private.get_training_file_members(file);
  kept uuid[] := array(
    select member.id from unnest(members) with ordinality as member (id, place)
    where member.id <> all (remove_training_file_conversations.conversation_ids)
    order by member.place
  );
  earlier public.training_file_versions;
begin
  perform private.assert_conversation_ids(remove_training_file_conversations.conversation_ids);
  -- Before the key is claimed, which would take a file along that a lost request has made.
  perform private.fail_lost_build(file.id, true);
  earlier := private.claim_idempotency_key(
    remove_training_file_conversations.idempotency_key, remove_training_file_conversations.request_hash
  );
  if earlier.id is not null then
    return query select earlier.training_file_id, earlier.id, null::uuid, false,
      earlier.is_queued and earlier.state <> 'published';
    return;
  end if;
  perform private.assert_in_training_file(
    members, remove_training_file_conversations.conversation_ids
  );
  if cardinality(kept) = 0 then
    perform private.raise_error(
      'TRAINING_FILE_EMPTY', 422, 'A training file keeps at least one conversation', null,
      'Delete the file instead'
    );
  end if;
  return query select * from private.create_training_file_build(
    file, 'removed', kept, '{}',
    remove_training_file_conversations.idempotency_key,
    remove_training_file_conversations.request_hash
  );
end
$$;

COMMENT ON FUNCTION private.remove_training_file_conversations(training_file_id uuid, conversation_ids uuid[], idempotency_key text, request_hash text) IS 'Begins a version with fewer conversations, or answers with the one that the idempotency key has begun. Raises INVALID_REQUEST, TRAINING_FILE_NOT_FOUND, ROLE_TOO_LOW, CONVERSATIONS_NOT_IN_FILE, TRAINING_FILE_EMPTY, TRAINING_FILE_BUSY, IDEMPOTENCY_KEY_REUSED. Locks the organisation, the file. Definer: see create_training_file.';

CREATE FUNCTION private.retry_dead_jobs(filter jsonb) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
declare
  retried_count bigint;
  -- In a variable, which the plan made for it turns into a condition of the index, or none.
  ids bigint[];
begin
  perform private.assert_job_filter(filter);
  ids := private.get_filter_job_ids(filter);
  with dead as (
    select past.* from private.job_history as past
    where past.outcome = 'dead'
      and (ids is null or past.id = any (ids))
      and private.is_job_match(
        retry_dead_jobs.filter, past.org_id, past.lane, past.kind, past.error
      )
      and not exists (
        select from private.jobs as job
        where job.kind = past.kind and job.dedupe_key = past.dedupe_key
      )
      and not exists (
        select from private.job_history as newer
        where newer.kind = past.kind and newer.dedupe_key = past.dedupe_key
          and newer.outcome in ('dead', 'completed') and newer.id > past.id
      )
    for update
  ),
  placed as (
    select dead.*,
      row_number() over (partition by dead.lane, dead.priority, dead.org_id order by dead.id) as place
    from dead
  ),
  queued as (
    insert into private.jobs (
      id, org_id, lane, kind, dedupe_key, input_hash, payload, priority, max_attempts, est_tokens,
      turn, last_error, created_at
    )
    overriding system value
    select
      placed.id, placed.org_id, placed.lane, placed.kind, placed.dedupe_key, placed.input_hash,
      placed.payload, placed.priority, placed.max_attempts, placed.est_tokens,
      placed.place - 1 + max(
        case when placed.place = 1
          then private.get_next_turn(placed.lane, placed.priority, placed.org_id)
        end
      ) over (partition by placed.lane, placed.priority, placed.org_id),
      placed.error, placed.created_at
    from placed
    order by placed.kind, placed.dedupe_key
    -- A newer job does the same work already; it may have come since the question above.
    on conflict (kind, dedupe_key) where lease_token is null do nothing
    returning id
  ),
  gone as (
    delete from private.job_history as past using queued where past.id = queued.id returning 1
  )
  select count(*) into retried_count from gone;
  return retried_count;
end
$$;

COMMENT ON FUNCTION private.retry_dead_jobs(filter jsonb) IS 'Queues dead jobs again with all their attempts, by {job_ids?, org_id?, lane?, kind?, code?}: the newest for each key, unless a newer one is open or has completed. Returns how many. Raises INVALID_REQUEST. Definer: the tables are private.';

CREATE FUNCTION private.retry_job(job private.jobs, due_at timestamp with time zone, attempt integer, error jsonb DEFAULT NULL::jsonb) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  is_due constant boolean := retry_job.due_at <= clock_timestamp();
begin
  update private.jobs
  set lease_token = null,
      worker_id = null,
      visible_at = due_at,
      is_ready = is_due,
      turn = case when is_due then turn else -1 end,
      attempt = retry_job.attempt,
      progress = 0,
      last_error = coalesce(retry_job.error, last_error)
  where id = job.id;
  return 'waiting';
exception
  -- Asking first would leave a moment in which a newer job can come; the index leaves none.
  when unique_violation then
    perform private.complete_job(job, 'superseded', error);
    return 'superseded';
end
$$;

COMMENT ON FUNCTION private.retry_job(job private.jobs, due_at timestamp with time zone, attempt integer, error jsonb) IS 'Ends a lease and puts the job back to waiting, due at due_at with the given attempt count; ends it as superseded when a newer job with its key waits already. The caller has locked the row. Returns waiting or superseded.';

CREATE FUNCTION private.retry_pointer(pointer_id uuid) RETURNS public.pointers
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  pointer public.pointers;
begin
  select found.* into pointer from public.pointers as found
  where found.id = retry_pointer.pointer_id
    and found.org_id in (select private.get_member_org_ids('viewer'))
  for no key update;
  if pointer.id is null then
    perform private.raise_error('POINTER_NOT_FOUND', 404, 'There is no such pointer');
  end if;
  perform private.assert_org_role(pointer.org_id, 'editor');
  -- Else a crop that has not changed would not be read again. A reading that nobody has seen yet
  -- stays: the vector is all that is missing.
  update public.pointers set input_hash = null where id = pointer.id;
  perform private.enqueue_pointers(array[pointer.id]);
  select found.* into pointer from public.pointers as found where found.id = pointer.id;
  return pointer;
end
$$;

COMMENT ON FUNCTION private.retry_pointer(pointer_id uuid) IS 'Queues a crop to be read again, whatever its status. Raises POINTER_NOT_FOUND, ROLE_TOO_LOW. Locks the crop. Definer: see enqueue_pointers.';

CREATE FUNCTION private.retry_project_pointers(project_id uuid, status text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  ids uuid[];
begin
  perform private.assert_project_role(retry_project_pointers.project_id, 'editor');
  if coalesce(status not in ('pending', 'processing', 'complete', 'failed'), true) then
    perform private.raise_error(
      'INVALID_REQUEST', 400, 'status must be pending, processing, complete or failed'
    );
  end if;
  with chosen as (
    select pointer.id from public.pointers as pointer
    where pointer.project_id = retry_project_pointers.project_id
      and pointer.enrichment_status = retry_project_pointers.status
    order by pointer.id
    for no key update
  ),
  reset as (
    update public.pointers as pointer set input_hash = null
    from chosen where pointer.id = chosen.id returning pointer.id
  )
  select array_agg(reset.id) into ids from reset;
  return private.enqueue_pointers(coalesce(ids, '{}'));
end
$$;

COMMENT ON FUNCTION private.retry_project_pointers(project_id uuid, status text) IS 'Queues all crops of a project that have the status to be read again; returns how many. Raises PROJECT_NOT_FOUND, ROLE_TOO_LOW, INVALID_REQUEST. Locks the crops. Definer: see enqueue_pointers.';

CREATE FUNCTION private.retry_stale_pointer(job private.jobs, usage jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  perform private.add_stale_usage(job.id, job.lease_token, retry_stale_pointer.usage);
  -- What has changed is to be read before it can be embedded.
  update private.jobs set lane = 'pass2' where id = job.id and lane <> 'pass2';
  perform private.retry_job(job, clock_timestamp(), job.attempt - 1);
end
$$;

COMMENT ON FUNCTION private.retry_stale_pointer(job private.jobs, usage jsonb) IS 'Puts the job of a crop that has changed back to the start, with its attempt. The caller has locked the row.';

CREATE FUNCTION private.retry_training_job(training_job_id uuid) RETURNS public.mono_training_jobs
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
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

COMMENT ON FUNCTION private.retry_training_job(training_job_id uuid) IS 'Queues a failed or cancelled training again, with all its attempts. Raises JOB_NOT_FOUND, ROLE_TOO_LOW, JOB_NOT_RETRYABLE. Locks the document. Definer: see enqueue_document_training.';

CREATE FUNCTION private.revoke_invitation(id uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  invitation_org_id uuid := (
    select own.org_id from public.organization_invitations as own
    where own.id = revoke_invitation.id
      -- Another organisation's is as good as none.
      and own.org_id in (select private.get_member_org_ids('viewer'))
  );
begin
  if invitation_org_id is not null then
    perform private.assert_org_role_locked(invitation_org_id, 'admin');
  end if;
  update public.organization_invitations as own
  set status = 'revoked', ended_at = now()
  where own.id = revoke_invitation.id and own.org_id = invitation_org_id and own.status = 'open';
  if not found then
    perform private.raise_error('INVITATION_NOT_FOUND', 404, 'There is no such open invitation');
  end if;
end
$$;

COMMENT ON FUNCTION private.revoke_invitation(id uuid) IS 'Ends an open invitation. Raises ROLE_TOO_LOW, INVITATION_NOT_FOUND. Locks the organisation. Definer: as invite_member.';

CREATE FUNCTION private.search_knowledge(org_id uuid, query text, embedding extensions.vector, match_count integer, sources text[], mode text, training_set_ids uuid[], vault_document_ids uuid[], project_ids uuid[], metadata jsonb, min_similarity double precision, embedding_model text) RETURNS TABLE(source text, id uuid, document_id uuid, title text, content text, heading_path text[], ordinal integer, start_offset integer, end_offset integer, token_count integer, project_id uuid, page_id uuid, score double precision, similarity double precision, text_rank double precision)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    SET jit TO 'off'
    SET "hnsw.iterative_scan" TO 'relaxed_order'
    SET plan_cache_mode TO 'auto'
    SET "hnsw.ef_search" TO '100'
    AS $$
#variable_conflict use_column
declare
  settings private.search_settings;
  question extensions.halfvec(1024) := search_knowledge.embedding::extensions.halfvec(1024);
  model text;
  document_ids uuid[] := search_knowledge.vault_document_ids;
  row_count integer := least(greatest(search_knowledge.match_count, 0), 50);
  depth integer;
  ids uuid[];
  word_ids uuid[];
  scores double precision[];
  similarities double precision[];
  ranks double precision[];
  -- A filter names what is wanted: sources that it cannot be about are left out, unless they have
  -- one of their own.
  wants_chunks boolean := 'chunk' = any (sources) and (
    project_ids is null or training_set_ids is not null or vault_document_ids is not null
  );
  wants_pointers boolean := 'pointer' = any (sources) and (
    project_ids is not null or (training_set_ids is null and vault_document_ids is null)
  );
begin
  perform private.assert_org_role(search_knowledge.org_id, 'viewer');
  -- Counted by whoever calls this, once it has answered.
  perform private.assert_minute_count(
    search_knowledge.org_id, 'searches', 'searches_per_minute'
  );
  -- A plan for any question will do, and need not be made again, unless there are filters to make
  -- use of.
  perform set_config('plan_cache_mode', case
    when num_nonnulls(training_set_ids, vault_document_ids, project_ids, search_knowledge.metadata) = 0
      then 'force_generic_plan'
    else 'force_custom_plan'
  end, true);
  -- In the snapshot that the chunks are read in: a switch comes before both or after both.
  model := private.get_searched_model(search_knowledge.org_id, search_knowledge.embedding_model);
  select own.* into settings from private.search_settings as own;
  -- One arm alone brings what is asked for; two have to bring more, since they may not agree.
  depth := case search_knowledge.mode when 'hybrid' then settings.depth else row_count end;
  if training_set_ids is not null then
    document_ids := array(
      select distinct doc.vault_document_id from public.mono_training_docs as doc
      where doc.org_id = search_knowledge.org_id and doc.training_set_id = any (training_set_ids)
        and (vault_document_ids is null or doc.vault_document_id = any (vault_document_ids))
    );
  end if;
  if search_knowledge.mode <> 'text' then
    select array_agg(near.id), array_agg(near.similarity) into ids, similarities
    from (
      select chunk.id, 1 - chunk.distance as similarity
      from private.list_nearest_chunks(
        search_knowledge.org_id, question, model, document_ids, search_knowledge.metadata, depth,
        settings
      ) as chunk
      where wants_chunks
      union all
      select pointer.id, 1 - pointer.distance
      from private.list_nearest_pointers(
        search_knowledge.org_id, question, model, project_ids, search_knowledge.metadata, depth
      ) as pointer
      where wants_pointers
      order by similarity desc, id
      limit depth
    ) as near;
    scores := similarities;
  end if;
  if search_knowledge.mode <> 'vector' then
    select array_agg(worded.id), array_agg(worded.rank) into word_ids, ranks
    from (
      select chunk.id, chunk.rank
      from private.list_worded_chunks(
        search_knowledge.org_id, query, model, document_ids, search_knowledge.metadata, depth,
        settings
      ) as chunk
      where wants_chunks
      union all
      select pointer.id, pointer.rank
      from private.list_worded_pointers(
        search_knowledge.org_id, query, project_ids, search_knowledge.metadata, depth
      ) as pointer
      where wants_pointers
      order by rank desc, id
      limit depth
    ) as worded;
    if search_knowledge.mode = 'text' then
      ids := word_ids;
      scores := ranks;
    else
      select array_agg(fused.id), array_agg(fused.score), array_agg(fused.similarity),
        array_agg(fused.text_rank)
      into ids, scores, similarities, ranks
      from private.list_fused_matches(ids, similarities, word_ids, ranks, settings) as fused;
    end if;
  end if;
  return query
  with found as (
    select * from unnest(ids, scores, similarities, ranks) as own (id, score, similarity, text_rank)
  ),
  matched as (
    select
      'chunk' as source, chunk.id, chunk.vault_document_id as document_id, document.title,
      chunk.content, chunk.heading_path, chunk.ordinal, chunk.start_offset, chunk.end_offset,
      chunk.token_count, null::uuid as project_id, null::uuid as page_id, found.score,
      coalesce(
        found.similarity, 1 - (chunk.embedding operator(extensions.<=>) question)
      ) as similarity,
      found.text_rank
    from found
    join public.mono_training_chunks as chunk
      on chunk.org_id = search_knowledge.org_id and chunk.id = found.id
    join public.vault_documents as document on document.id = chunk.vault_document_id
    union all
    select
      'pointer', pointer.id, null, pointer.title, pointer.description,
      array[concat_ws(' ', page.sheet_number, page.page_name)], null, null, null, null,
      pointer.project_id, pointer.page_id, found.score,
      coalesce(found.similarity, case when pointer.embedding_model is not distinct from model
        then 1 - (pointer.embedding operator(extensions.<=>) question) end),
      found.text_rank
    from found
    join public.pointers as pointer
      on pointer.id = found.id and pointer.org_id = search_knowledge.org_id
    join public.pages as page on page.id = pointer.page_id
  )
  select matched.* from matched
  where search_knowledge.min_similarity is null
    or matched.similarity >= search_knowledge.min_similarity
  order by matched.score desc, matched.id
  limit row_count;
end
$$;

COMMENT ON FUNCTION private.search_knowledge(org_id uuid, query text, embedding extensions.vector, match_count integer, sources text[], mode text, training_set_ids uuid[], vault_document_ids uuid[], project_ids uuid[], metadata jsonb, min_similarity double precision, embedding_model text) IS 'The best chunks and crops of an organisation. A filter by set or document leaves out crops, and one by project chunks, unless there is one of the other kind too. Raises ORG_NOT_FOUND for a stranger before it reads anything, QUOTA_EXCEEDED, EMBEDDING_MODEL_CHANGED for a question embedded with another model than the organisation''s. Definer: under row-level security the text index is not used; membership is asked for first and every arm carries the organisation.';

CREATE FUNCTION private.set_member_role(org_id uuid, user_id uuid, role text) RETURNS public.organization_members
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  member public.organization_members;
begin
  perform private.assert_role_name(set_member_role.role);
  perform private.assert_org_role_locked(set_member_role.org_id, 'admin');
  -- Nobody gives more than they have.
  perform private.assert_org_role(set_member_role.org_id, set_member_role.role);
  member := private.get_member_for_change(set_member_role.org_id, set_member_role.user_id);
  perform private.assert_org_role(set_member_role.org_id, member.role);
  if set_member_role.role <> 'owner' then
    perform private.assert_other_owner(member);
  end if;

  update public.organization_members as own
  set role = set_member_role.role
  where own.org_id = member.org_id and own.user_id = member.user_id
    and own.role <> set_member_role.role;
  member.role := set_member_role.role;
  return member;
end
$$;

COMMENT ON FUNCTION private.set_member_role(org_id uuid, user_id uuid, role text) IS 'Gives a member another role. An admin gives and takes all roles but owner; an owner gives and takes that one, too. Raises INVALID_REQUEST, ORG_NOT_FOUND, ROLE_TOO_LOW, MEMBER_NOT_FOUND, OWNER_REQUIRED. Locks organisation, member. Definer: users have no write right on memberships; it asks for the admin role first.';

CREATE FUNCTION private.sweep_jobs() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  delete from private.workers as worker
  where worker.seen_at < now() - make_interval(secs => 2 * worker.lease_seconds);
  delete from private.job_history as past
  where past.id in (
    select old.id from private.job_history as old
    where old.finished_at < now() - interval '30 days'
      and (old.outcome <> 'dead' or old.finished_at < now() - interval '90 days')
    limit 10000
  );
  perform private.complete_unknown_jobs();
  perform private.enqueue_lost_trainings();
  perform private.complete_embedding_switches();
end
$$;

COMMENT ON FUNCTION private.sweep_jobs() IS 'From cron every minute: forgets workers that have died, history after 30 days and dead letters after 90, buries jobs that no worker knows, queues trainings that lost their job, and goes on with switches of embedding models. Definer: the tables are private.';

CREATE FUNCTION private.switch_embedding_model(org_id uuid, model text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  organization public.organizations;
  switched_count bigint := 0;
begin
  if coalesce(char_length(switch_embedding_model.model), 0) not between 1 and 200 then
    perform private.raise_error(
      'INVALID_REQUEST', 400, 'The name of a model has 1 to 200 characters'
    );
  end if;
  for organization in
    select own.* from public.organizations as own
    where own.id = switch_embedding_model.org_id
      or (switch_embedding_model.org_id is null and own.embedding_model is not null)
    order by own.id
    for no key update
  loop
    if organization.next_embedding_model <> switch_embedding_model.model then
      perform private.cancel_embedding_switch(organization);
    end if;
    -- Whoever asks for the same again wants what has failed to be tried again.
    delete from private.failed_reembeddings as failure where failure.org_id = organization.id;
    update public.organizations as own
    set embedding_model = coalesce(own.embedding_model, switch_embedding_model.model),
        next_embedding_model = case when own.embedding_model <> switch_embedding_model.model
          then switch_embedding_model.model end
    where own.id = organization.id
    returning own.* into organization;
    perform private.enqueue_next_pointer_vectors(organization);
    if organization.next_embedding_model is not null
      and not private.complete_embedding_switch(organization)
    then
      switched_count := switched_count + 1;
    end if;
  end loop;
  if not found and switch_embedding_model.org_id is not null then
    perform private.raise_error('ORG_NOT_FOUND', 404, 'There is no such organisation');
  end if;
  perform private.enqueue_reembeddings(switch_embedding_model.org_id, null, 10000);
  return switched_count;
end
$$;

COMMENT ON FUNCTION private.switch_embedding_model(org_id uuid, model text) IS 'Begins to embed all trained documents and read crops of an organisation, or of every one that has a model (null), with another model; searches and trainings keep the present one until the last is done. For the model of a switch that is going on, failed documents are tried again; for the present model, the switch is called off. One organisation that has trained nothing gets the model at once. Returns how many organisations now switch. Raises INVALID_REQUEST, ORG_NOT_FOUND. Locks the organisations, documents, jobs. Definer: the job engine is private.';

CREATE FUNCTION private.tg_any__add_change_event() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  details jsonb := jsonb_build_object('name', to_jsonb(new) ->> tg_argv[1]);
begin
  if tg_op = 'INSERT' then
    perform private.add_audit_event(new.org_id, tg_argv[0] || '.created', new.id, details);
    return null;
  end if;
  select details || jsonb_build_object(
    'from', jsonb_object_agg(before.key, before.value),
    'to', jsonb_object_agg(before.key, to_jsonb(new) -> before.key)
  )
  into details
  from jsonb_each(to_jsonb(old)) as before
  where before.key = any (tg_argv[2:])
    and before.value is distinct from to_jsonb(new) -> before.key;
  perform private.add_audit_event(new.org_id, tg_argv[0] || '.changed', new.id, details);
  return null;
end
$$;

COMMENT ON FUNCTION private.tg_any__add_change_event() IS 'Notes a row that was made or changed: what it is, the column of its name and the columns that count are its arguments. Definer: nobody may write events.';

CREATE FUNCTION private.tg_any__add_deletion_events() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  insert into public.audit_events (org_id, actor, actor_id, action, subject_id, details)
  select own.org_id, private.get_actor(), (select auth.uid()), tg_argv[0], own.id,
    jsonb_build_object('name', to_jsonb(own) ->> tg_argv[1])
  from gone as own
  -- The end of an organisation is one event, whatever it had.
  join public.organizations as organization on organization.id = own.org_id;
  return null;
end
$$;

COMMENT ON FUNCTION private.tg_any__add_deletion_events() IS 'Notes the rows that a statement has deleted: action and column of the name are its arguments. Definer: nobody may write events.';

CREATE FUNCTION private.tg_any__count_gone() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  update private.row_counts as own set row_count = own.row_count - gone.row_count
  from (
    select changed.org_id, count(*) as row_count from changed group by changed.org_id
  ) as gone
  where own.org_id = gone.org_id;
  return null;
end
$$;

COMMENT ON FUNCTION private.tg_any__count_gone() IS 'Counts off what a statement has deleted. Locks the organisation''s count. Definer: the counts are private.';

CREATE FUNCTION private.tg_any__count_new() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  insert into private.row_counts as own (org_id, row_count)
  select changed.org_id, count(*) from changed group by changed.org_id order by changed.org_id
  on conflict (org_id) do update set row_count = own.row_count + excluded.row_count;
  perform private.assert_quota(own.org_id, 'rows', own.row_count)
  from private.row_counts as own
  where own.org_id in (select changed.org_id from changed);
  return null;
end
$$;

COMMENT ON FUNCTION private.tg_any__count_new() IS 'Counts the rows of a statement, whoever inserts. Raises QUOTA_EXCEEDED. Locks the organisation''s count, so that it is exact. Definer: the counts are private.';

CREATE FUNCTION private.tg_any__enqueue_search_recount() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  insert into private.search_recounts (org_id)
  select org.id from public.organizations as org
  where org.id in (select removed.org_id from removed);
  return null;
end
$$;

COMMENT ON FUNCTION private.tg_any__enqueue_search_recount() IS 'Notes organisations that may have lost live chunks. Definer: users may not write there.';

CREATE FUNCTION private.tg_any__set_project_org_id() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  select project.org_id into new.org_id from public.projects as project
  where project.id = new.project_id;
  if new.org_id is null then
    perform private.raise_error('PROJECT_NOT_FOUND', 404, 'There is no such project');
  end if;
  return new;
end
$$;

COMMENT ON FUNCTION private.tg_any__set_project_org_id() IS 'Takes the organisation from the project as the caller sees it. Raises PROJECT_NOT_FOUND.';

CREATE FUNCTION private.tg_any__set_updated_at() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  new.updated_at := now();
  return new;
end
$$;

COMMENT ON FUNCTION private.tg_any__set_updated_at() IS 'Before-update trigger for every table with an updated_at column.';

CREATE FUNCTION private.tg_audit_events__assert_kept() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  if tg_op = 'DELETE' and old.created_at < now() - interval '400 days' then
    return old;
  end if;
  perform private.raise_error('METHOD_NOT_ALLOWED', 405, 'The audit log is added to only');
  return null;
end
$$;

COMMENT ON FUNCTION private.tg_audit_events__assert_kept() IS 'Refuses to change an event, and to delete one within 400 days, to whatever function or operator tries. Raises METHOD_NOT_ALLOWED.';

CREATE FUNCTION private.tg_conversations__assert_path() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  perform private.raise_error(
    'INVALID_REQUEST', 400, 'A conversation without a user takes no enriched_file_path'
  );
  return null;
end
$$;

COMMENT ON FUNCTION private.tg_conversations__assert_path() IS 'Refuses a new path for a conversation whose user is gone; the path that it has stays.';

CREATE FUNCTION private.tg_conversations__set_enriched_at() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  -- Not when the transaction began: a build that began since has to see it as later.
  new.enriched_at := clock_timestamp();
  return new;
end
$$;

COMMENT ON FUNCTION private.tg_conversations__set_enriched_at() IS 'Notes that a conversation is enriched, or that its enrichment begins anew.';

CREATE FUNCTION private.tg_conversations__update_training_files() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
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

COMMENT ON FUNCTION private.tg_conversations__update_training_files() IS 'Marks the files that hold a re-enriched conversation, or queues their rebuild, by each file''s policy. Definer: whoever enriches may not write files.';

CREATE FUNCTION private.tg_disciplines__enqueue_pointers() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
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

COMMENT ON FUNCTION private.tg_disciplines__enqueue_pointers() IS 'Queues the crops of a discipline that has another name. Definer: see enqueue_pointers.';

CREATE FUNCTION private.tg_job_history__add_failed_reembedding() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  insert into private.failed_reembeddings (vault_document_id, org_id, error)
  select document.id, document.org_id, coalesce(new.error, '{}')
  from public.vault_documents as document
  join public.organizations as organization on organization.id = document.org_id
  where document.id = (new.payload ->> 'vault_document_id')::uuid
    and document.chunk_generation = (new.payload ->> 'generation')::bigint
    and organization.next_embedding_model is not null
  on conflict (vault_document_id) do update
    set error = excluded.error, failed_at = excluded.failed_at;
  return null;
end
$$;

COMMENT ON FUNCTION private.tg_job_history__add_failed_reembedding() IS 'Keeps in view which document holds up a switch, and why. Definer: the engine owns neither documents nor organisations.';

CREATE FUNCTION private.tg_job_history__add_usage() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  perform private.add_usage(
    new.org_id, new.id, new.kind, new.dedupe_key, new.usage, new.outcome <> 'completed'
  );
  return null;
end
$$;

COMMENT ON FUNCTION private.tg_job_history__add_usage() IS 'Books the usage of a job with its end: wasted unless it completed.';

CREATE FUNCTION private.tg_job_history__delete_page_readings() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
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

COMMENT ON FUNCTION private.tg_job_history__delete_page_readings() IS 'Forgets what was read of a document''s former files, or by former models, once it is trained. Definer: the table is private.';

CREATE FUNCTION private.tg_job_history__delete_staged_chunks() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
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

COMMENT ON FUNCTION private.tg_job_history__delete_staged_chunks() IS 'Removes what a job has stored for nobody when it ends, and what was kept for its next attempt. Definer: the engine owns no chunks.';

CREATE FUNCTION private.tg_job_history__end_pointer() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
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

COMMENT ON FUNCTION private.tg_job_history__end_pointer() IS 'Ends a crop''s reading with its job; what changed meanwhile is pending again. Definer: see tg_jobs__update_pointer.';

CREATE FUNCTION private.tg_job_history__end_training_job() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
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

COMMENT ON FUNCTION private.tg_job_history__end_training_job() IS 'Ends a training job with its job. Definer: see tg_jobs__update_training_job.';

CREATE FUNCTION private.tg_jobs__keep_vectors() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
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

COMMENT ON FUNCTION private.tg_jobs__keep_vectors() IS 'Removes what an attempt has stored when it ends and the job waits again, and keeps the vectors for the next. Definer: the engine owns no chunks.';

CREATE FUNCTION private.tg_jobs__reopen_training_job() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  update public.mono_training_jobs
  set status = 'queued', attempts = 0, progress = 0, started_at = null, completed_at = null,
      error_message = new.last_error ->> 'message'
  where id = (new.payload ->> 'training_job_id')::uuid;
  return null;
end
$$;

COMMENT ON FUNCTION private.tg_jobs__reopen_training_job() IS 'Opens a training again whose dead job an operator has queued. Definer: see tg_jobs__update_training_job.';

CREATE FUNCTION private.tg_jobs__update_pointer() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
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

COMMENT ON FUNCTION private.tg_jobs__update_pointer() IS 'Keeps a crop''s status in step with its job. Definer: workers'' functions own the jobs, not the public rows.';

CREATE FUNCTION private.tg_jobs__update_training_job() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
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

COMMENT ON FUNCTION private.tg_jobs__update_training_job() IS 'Keeps a training job in step with its job. Definer: workers'' functions own the jobs, not the public rows.';

CREATE FUNCTION private.tg_jobs__wake_worker() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform private.tick_jobs(interval '1 second');
  return null;
end
$$;

COMMENT ON FUNCTION private.tg_jobs__wake_worker() IS 'Pokes a worker when jobs are enqueued, at most once a second. Definer: whoever enqueues may not use pg_net.';

CREATE FUNCTION private.tg_mono_training_docs__delete_chunks() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  -- Of two that leave the last two sets at once, the later must see that the other is gone.
  perform pg_advisory_xact_lock(hashtextextended('chunks of ' || leaving.vault_document_id, 0))
  from (select distinct vault_document_id from removed order by vault_document_id) as leaving;
  -- Whoever holds a document may wait for its place or its training, which are locked here already:
  -- waiting for the document would close the ring. Cron comes back for those that are passed over.
  perform private.update_left_documents(array(
    select document.id from public.vault_documents as document
    where document.id in (select leaving.vault_document_id from removed as leaving)
      and document.chunk_generation is not null
    order by document.id
    for no key update skip locked
  ));
  delete from public.mono_training_chunks as chunk
  using (select distinct org_id, vault_document_id from removed) as leaving
  where chunk.org_id = leaving.org_id and chunk.vault_document_id = leaving.vault_document_id
    and not exists (
      select from public.mono_training_docs as doc
      where doc.org_id = leaving.org_id and doc.vault_document_id = leaving.vault_document_id
    );
  return null;
end
$$;

COMMENT ON FUNCTION private.tg_mono_training_docs__delete_chunks() IS 'A document that leaves its last set leaves search, and is untrained; where somebody else holds it, within a minute (update_search_indexes). After the jobs, in the order of whoever ends a training, so that the two never wait in a ring. Definer: users may not write chunks.';

CREATE FUNCTION private.tg_mono_training_docs__keep_jobs() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  update public.mono_training_jobs as job set training_doc_id = other.id
  from public.mono_training_docs as other
  where job.training_doc_id = old.id and other.id = (
    select doc.id from public.mono_training_docs as doc
    where doc.org_id = old.org_id and doc.vault_document_id = old.vault_document_id
      and doc.id <> old.id
    order by doc.created_at, doc.id
    limit 1
  );
  return old;
end
$$;

COMMENT ON FUNCTION private.tg_mono_training_docs__keep_jobs() IS 'A document that leaves one set keeps its jobs while another set holds it. Definer: users may not write jobs.';

CREATE FUNCTION private.tg_mono_training_docs__set_org_id() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  select document.org_id, coalesce(new.title, document.title)
  into new.org_id, new.title
  from public.vault_documents as document
  where document.id = new.vault_document_id;
  if new.org_id is null then
    perform private.raise_error('DOCUMENT_NOT_FOUND', 404, 'There is no such document');
  end if;
  return new;
end
$$;

COMMENT ON FUNCTION private.tg_mono_training_docs__set_org_id() IS 'Takes organisation and title from the document as the caller sees it. Raises DOCUMENT_NOT_FOUND.';

CREATE FUNCTION private.tg_mono_training_docs__train() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform private.enqueue_auto_trainings(array(select added.vault_document_id from added));
  return null;
end
$$;

COMMENT ON FUNCTION private.tg_mono_training_docs__train() IS 'Follows documents that are put into a set. Definer: see enqueue_auto_trainings.';

CREATE FUNCTION private.tg_mono_training_sets__train() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
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

COMMENT ON FUNCTION private.tg_mono_training_sets__train() IS 'Catches up when a set is marked auto. Definer: see enqueue_auto_trainings.';

CREATE FUNCTION private.tg_organization_invitations__add_event() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform private.add_audit_event(
    own.id,
    'invitation.' || case new.status when 'open' then 'created' else new.status end,
    new.id, jsonb_build_object('role', new.role)
  )
  from public.organizations as own where own.id = new.org_id;
  return null;
end
$$;

COMMENT ON FUNCTION private.tg_organization_invitations__add_event() IS 'Notes what happens to an invitation; its address stays in its own row. Definer: nobody may write events.';

CREATE FUNCTION private.tg_organization_invitations__revoke() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  new.status := 'revoked';
  new.ended_at := now();
  return new;
end
$$;

COMMENT ON FUNCTION private.tg_organization_invitations__revoke() IS 'Ends what an account has invited to when the account goes, which may be before its membership does.';

CREATE FUNCTION private.tg_organization_members__add_event() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  -- The end of an organisation is one event.
  perform private.add_audit_event(
    own.id,
    case
      when tg_op = 'INSERT' then 'member.added'
      when tg_op = 'UPDATE' then 'member.role_changed'
      when old.user_id = (select auth.uid()) then 'member.left'
      else 'member.removed'
    end,
    coalesce(new.user_id, old.user_id),
    case when tg_op = 'UPDATE'
      then jsonb_build_object('from', old.role, 'to', new.role)
      else jsonb_build_object('role', coalesce(new.role, old.role))
    end
  )
  from public.organizations as own where own.id = coalesce(new.org_id, old.org_id);
  return null;
end
$$;

COMMENT ON FUNCTION private.tg_organization_members__add_event() IS 'Notes who came, who went and whose role changed. Definer: nobody may write events.';

CREATE FUNCTION private.tg_organization_members__assert_owner() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  -- An update and not a lock: two transactions that take away one owner each come after each
  -- other, and under repeatable read the second one fails instead of seeing an old state.
  update public.organizations as own set updated_at = now() where own.id = old.org_id;
  if found and not exists (
    select from public.organization_members as member
    where member.org_id = old.org_id and member.role = 'owner'
  ) then
    perform private.raise_error(
      'OWNER_REQUIRED', 409, 'An organisation keeps at least one owner', null,
      'Transfer the ownership first, or delete the organisation'
    );
  end if;
  return null;
end
$$;

COMMENT ON FUNCTION private.tg_organization_members__assert_owner() IS 'Refuses what would leave an organisation without an owner, whoever writes, the deletion of an account included. Raises OWNER_REQUIRED. Locks the organisation. Definer: reads all members.';

CREATE FUNCTION private.tg_organization_members__revoke_invitations() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  update public.organization_invitations as own
  set status = 'revoked', ended_at = now()
  where own.org_id = old.org_id and own.invited_by = old.user_id and own.status = 'open'
    and (
      tg_op = 'DELETE'
      or private.get_role_rank(new.role)
        < private.get_role_rank(case own.role when 'owner' then 'owner' else 'admin' end)
    );
  return null;
end
$$;

COMMENT ON FUNCTION private.tg_organization_members__revoke_invitations() IS 'Whoever may no longer invite has invited nobody: an admin who is put out does not come back by an address of their own. Definer: reads and writes all invitations.';

CREATE FUNCTION private.tg_organization_quotas__add_event() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform private.add_audit_event(
    own.id, 'quota.changed', own.id,
    jsonb_build_object('quota', coalesce(new.name, old.name), 'to', new.max_count)
      || case tg_op when 'DELETE' then '{"is_default": true}' else '{}' end::jsonb
  )
  from public.organizations as own where own.id = coalesce(new.org_id, old.org_id);
  return null;
end
$$;

COMMENT ON FUNCTION private.tg_organization_quotas__add_event() IS 'Notes who changed a quota. Definer: nobody may write events.';

CREATE FUNCTION private.tg_organizations__add_event() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform case tg_op
    when 'INSERT' then private.add_audit_event(
      new.id, 'organization.created', new.id, jsonb_build_object('name', new.name)
    )
    when 'UPDATE' then private.add_audit_event(
      new.id, 'organization.renamed', new.id, jsonb_build_object('from', old.name, 'to', new.name)
    )
    else private.add_audit_event(
      old.id, 'organization.deleted', old.id, jsonb_build_object('name', old.name)
    )
  end;
  return null;
end
$$;

COMMENT ON FUNCTION private.tg_organizations__add_event() IS 'Notes the making, renaming and deletion of an organisation. Definer: nobody may write events.';

CREATE FUNCTION private.tg_organizations__add_objects_to_outbox() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  insert into private.storage_outbox (bucket, path)
  select object.bucket_id, object.name
  from storage.objects as object
  where object.bucket_id in ('documents', 'pointer-crops')
    -- By bytes, as the platform's index on names has them.
    and object.name operator(pg_catalog.~>=~) (old.id || '/')
    and object.name operator(pg_catalog.~<~) (old.id || '0')
  on conflict (bucket, path) do nothing;
  return null;
end
$$;

COMMENT ON FUNCTION private.tg_organizations__add_objects_to_outbox() IS 'Lists the documents and crops of a deleted organisation for the sweeper, since nobody else may delete them any more; its training files are found at night. Definer: the outbox is private.';

CREATE FUNCTION private.tg_organizations__delete_search_stats() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  delete from private.search_stats as stats where stats.org_id = old.id;
  delete from private.search_lexemes as known where known.org_id = old.id;
  delete from private.search_recounts as mark where mark.org_id = old.id;
  return null;
end
$$;

COMMENT ON FUNCTION private.tg_organizations__delete_search_stats() IS 'Removes what search knows of an organisation, after its documents: a foreign key would make every training lock the organisation. Definer: nobody may write there.';

CREATE FUNCTION private.tg_organizations__enqueue_pointers() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform private.enqueue_pointers(array(
    select pointer.id from public.pointers as pointer
    where pointer.org_id = new.id and pointer.description is not null
      and pointer.embedding_model is distinct from new.embedding_model
  ));
  return null;
end
$$;

COMMENT ON FUNCTION private.tg_organizations__enqueue_pointers() IS 'Queues the crops whose vectors are of another model than the organisation searches with now, such as those that a switch could not embed: they are not read again, and until then found by their words. Definer: see enqueue_pointers.';

CREATE FUNCTION private.tg_pages__enqueue_pointers() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
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

COMMENT ON FUNCTION private.tg_pages__enqueue_pointers() IS 'Queues the crops of pages whose context changed. Definer: see enqueue_pointers.';

CREATE FUNCTION private.tg_pointers__enqueue() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform private.enqueue_pointers(array(
    select changed.id from changed where changed.enrichment_status = 'pending'
  ));
  return null;
end
$$;

COMMENT ON FUNCTION private.tg_pointers__enqueue() IS 'Queues new crops; what is inserted as complete, such as a copy, is left alone. Definer: see enqueue_pointers.';

CREATE FUNCTION private.tg_pointers__enqueue_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform private.enqueue_pointers(array(
    select changed.id from changed join former on former.id = changed.id
    where changed.revision <> former.revision
  ));
  return null;
end
$$;

COMMENT ON FUNCTION private.tg_pointers__enqueue_changed() IS 'Queues crops whose title changed or whose owner announces a new image. Definer: see enqueue_pointers.';

CREATE FUNCTION private.tg_pointers__list_objects() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  if tg_op = 'INSERT' then
    perform private.remove_objects_from_outbox(
      'pointer-crops', array(select changed.png_path from changed)
    );
  elsif tg_op = 'UPDATE' then
    perform private.add_objects_to_outbox('pointer-crops', array[old.png_path]);
    perform private.remove_objects_from_outbox('pointer-crops', array[new.png_path]);
  else
    perform private.add_objects_to_outbox('pointer-crops', array(
      select changed.png_path from changed
      join public.organizations as organization on organization.id = changed.org_id
    ));
  end if;
  return null;
end
$$;

COMMENT ON FUNCTION private.tg_pointers__list_objects() IS 'As tg_vault_documents__list_objects, of crops. Definer: the outbox is private.';

CREATE FUNCTION private.tg_pointers__raise_revision() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  new.revision := old.revision + 1;
  return new;
end
$$;

COMMENT ON FUNCTION private.tg_pointers__raise_revision() IS 'Counts the updates that users make, so that a result made from an older crop can be told.';

CREATE FUNCTION private.tg_pointers__set_project() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  select page.org_id, page.project_id into new.org_id, new.project_id
  from public.pages as page where page.id = new.page_id;
  if new.org_id is null then
    perform private.raise_error('PAGE_NOT_FOUND', 404, 'There is no such page');
  end if;
  return new;
end
$$;

COMMENT ON FUNCTION private.tg_pointers__set_project() IS 'Takes organisation and project from the page as the caller sees it. Raises PAGE_NOT_FOUND.';

CREATE FUNCTION private.tg_projects__add_experience() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform private.add_missing_experience(new.id);
  return null;
end
$$;

COMMENT ON FUNCTION private.tg_projects__add_experience() IS 'Gives a new project its five Experience files. Definer: whoever inserts projects need not be allowed to write files.';

CREATE FUNCTION private.tg_vault_documents__delete_interrupted_vectors() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  delete from private.interrupted_vectors as kept
  where kept.vault_document_id in (select removed.id from removed);
  return null;
end
$$;

COMMENT ON FUNCTION private.tg_vault_documents__delete_interrupted_vectors() IS 'Removes what was kept for trainings of deleted documents: an organisation takes its jobs with it, which then never end. Definer: nobody may write there.';

CREATE FUNCTION private.tg_vault_documents__list_objects() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  if tg_op = 'INSERT' then
    perform private.remove_objects_from_outbox(
      'documents', array(select changed.storage_path from changed)
    );
  elsif tg_op = 'UPDATE' then
    perform private.add_objects_to_outbox('documents', array[old.storage_path]);
    perform private.remove_objects_from_outbox('documents', array[new.storage_path]);
  else
    perform private.add_objects_to_outbox('documents', array(
      select changed.storage_path from changed
      -- An organisation lists what is left of it, all at once.
      join public.organizations as organization on organization.id = changed.org_id
    ));
  end if;
  return null;
end
$$;

COMMENT ON FUNCTION private.tg_vault_documents__list_objects() IS 'Keeps the sweeper''s list to the objects that documents do not name. Definer: the outbox is private.';

CREATE FUNCTION private.tg_vault_documents__raise_revision() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  new.revision := old.revision + 1;
  return new;
end
$$;

COMMENT ON FUNCTION private.tg_vault_documents__raise_revision() IS 'Counts the updates that users make, so that a result computed from older bytes can be told.';

CREATE FUNCTION private.tg_vault_documents__train() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
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

COMMENT ON FUNCTION private.tg_vault_documents__train() IS 'Follows new documents, and changed ones that are in a set. Definer: see enqueue_auto_trainings.';

CREATE FUNCTION private.tick_jobs(min_interval interval DEFAULT '00:00:00'::interval) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  now_at timestamptz := clock_timestamp();
  poke_count integer;
  project_url text;
  cron_key text;
begin
  -- One poke serves everybody who enqueues meanwhile; nobody waits for it. Its call goes out when
  -- its transaction ends, which may take long: a tick has a lock of its own and looks all the same.
  if not pg_try_advisory_xact_lock(
    hashtext('maestro.tick_jobs'), (tick_jobs.min_interval > interval '0')::integer
  ) then
    return 0;
  end if;
  if exists (select from private.wakeups where poked_at > now_at - tick_jobs.min_interval) then
    return 0;
  end if;

  poke_count := private.get_missing_worker_count(now_at);
  if coalesce(poke_count, 0) <= 0 then
    return 0;
  end if;

  select secret.decrypted_secret into project_url
  from vault.decrypted_secrets as secret where secret.name = 'project_url';
  select secret.decrypted_secret into cron_key
  from vault.decrypted_secrets as secret where secret.name = 'cron_secret_key';
  if not coalesce(private.is_project_url(project_url) and private.is_header_value(cron_key), false) then
    raise warning 'jobs are due, but the Vault secrets project_url (https, or http on this machine) and cron_secret_key are not both set';
    return 0;
  end if;

  update private.wakeups set poked_at = now_at
  where only_row in (select wakeup.only_row from private.wakeups as wakeup for update skip locked);
  perform net.http_post(
    url => rtrim(project_url, '/') || '/functions/v1/process-jobs',
    body => '{}'::jsonb,
    headers => jsonb_build_object('content-type', 'application/json', 'apikey', cron_key),
    timeout_milliseconds => 5000
  )
  from generate_series(1, poke_count);
  return poke_count;
end
$$;

COMMENT ON FUNCTION private.tick_jobs(min_interval interval) IS 'Calls as many workers as the due jobs need beyond those alive, through net.http_post; returns how many. Makes no call when no worker is missing, when one was made within min_interval, or when another session is about to. Warns when a Vault secret is missing. Definer: reads Vault and may use pg_net.';

CREATE FUNCTION private.transfer_ownership(org_id uuid, user_id uuid) RETURNS public.organization_members
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  caller_id uuid := (select auth.uid());
  member public.organization_members;
begin
  perform private.assert_org_role_locked(transfer_ownership.org_id, 'owner');
  if transfer_ownership.user_id = caller_id then
    perform private.raise_error(
      'INVALID_REQUEST', 400, 'The ownership is yours',
      jsonb_build_array(jsonb_build_object('path', 'user_id', 'message', 'must be another member'))
    );
  end if;
  member := private.get_member_for_change(transfer_ownership.org_id, transfer_ownership.user_id);
  update public.organization_members as own
  set role = case own.user_id when caller_id then 'admin' else 'owner' end
  where own.org_id = member.org_id and own.user_id in (caller_id, member.user_id);
  member.role := 'owner';
  return member;
end
$$;

COMMENT ON FUNCTION private.transfer_ownership(org_id uuid, user_id uuid) IS 'Makes another member the owner and the caller an admin, in one transaction. Raises INVALID_REQUEST, ORG_NOT_FOUND, ROLE_TOO_LOW, MEMBER_NOT_FOUND. Locks organisation, members. Definer: as set_member_role; it asks for the owner role.';

CREATE FUNCTION private.update_backfilled_pointers() RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
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

COMMENT ON FUNCTION private.update_backfilled_pointers() IS 'For rows that were brought from elsewhere: complete where a description is there, and a vector of the model that the organisation searches with, else pending and queued. Returns how many are queued. Definer: see enqueue_pointers.';

CREATE FUNCTION private.update_installed_objects() RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  delete from private.installed_objects where true;
  insert into private.installed_objects (kind, name, parent, digest)
  select object.kind, object.name, object.parent, object.digest
  from private.list_installable_objects() as object;
  return (select count(*) from private.installed_objects);
end
$$;

COMMENT ON FUNCTION private.update_installed_objects() IS 'Takes the database as it is for what it should be; returns the number of objects. For the end of a migration, and for operators who changed something on purpose.';

CREATE FUNCTION private.update_job_lane(job private.jobs, lane_name text, tokens integer) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  if job.lane = lane_name or private.claim_job_place(job, lane_name, tokens) then
    return true;
  end if;
  update private.jobs
  set lane = lane_name,
      est_tokens = tokens,
      -- It has had its turn: it is not served after all that its organisation has queued here.
      turn = coalesce(
        (
          select served.turn from private.jobs as served
          where served.lane = lane_name and served.priority = job.priority and served.is_ready
          order by served.turn limit 1
        ),
        0
      )
  where id = job.id;
  perform private.retry_job(job, clock_timestamp(), job.attempt - 1);
  return false;
end
$$;

COMMENT ON FUNCTION private.update_job_lane(job private.jobs, lane_name text, tokens integer) IS 'Moves a held job to another lane, unless it has moved there already: see claim_job_place. Without a place it waits there with its attempt given back and the next turn, or ends as superseded. Returns whether it is still held. Raises LANE_NOT_FOUND. The caller has locked the row; locks the lane.';

CREATE FUNCTION private.update_job_lanes(moves jsonb) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  work record;
  last_lane text;
begin
  perform private.assert_batch(update_job_lanes.moves);
  for work in
    select job, move.lane, greatest(coalesce(move.token_count, 0), 0) as token_count
    from (
      select distinct on (item.job_id) item.*
      from jsonb_to_recordset(update_job_lanes.moves)
        as item (job_id bigint, lease_token uuid, lane text, token_count integer)
    ) as move
    join private.jobs as job on job.id = move.job_id and job.lease_token = move.lease_token
    where job.lane <> move.lane
    -- Lanes in the order of their names, in which alone anybody waits for a second one.
    order by move.lane, job.id
    -- Whoever stores its result meanwhile moves it, too.
    for update of job skip locked
  loop
    perform private.claim_job_place(work.job, work.lane, work.token_count);
    last_lane := work.lane;
  end loop;
  return last_lane;
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded then
    perform private.fail_arguments(sqlstate, sqlerrm);
    return null;
end
$$;

COMMENT ON FUNCTION private.update_job_lanes(moves jsonb) IS 'Moves jobs, [{job_id, lease_token, lane, token_count}], whose call in their lane is over to the lane of the next, where that has a place; the others stay. Returns the last lane that it has locked, null for none. Raises INVALID_REQUEST, LANE_NOT_FOUND. Locks the jobs that nobody else has locked, then the lanes in the order of their names.';

CREATE FUNCTION private.update_lane(lane text, changes jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  changed private.lanes;
begin
  if jsonb_typeof(changes) is distinct from 'object' or changes = '{}'
    or changes - array['max_in_flight', 'requests_per_minute', 'tokens_per_minute'] <> '{}'
  then
    perform private.raise_error(
      'INVALID_REQUEST', 400,
      'changes takes max_in_flight, requests_per_minute and tokens_per_minute'
    );
  end if;
  update private.lanes as own
  set max_in_flight = coalesce((changes ->> 'max_in_flight')::integer, own.max_in_flight),
      requests_per_minute = case when changes ? 'requests_per_minute'
        then (changes ->> 'requests_per_minute')::integer else own.requests_per_minute end,
      tokens_per_minute = case when changes ? 'tokens_per_minute'
        then (changes ->> 'tokens_per_minute')::integer else own.tokens_per_minute end
  where own.lane = update_lane.lane
  returning * into changed;
  perform private.assert_lane(changed);
exception
  when check_violation or invalid_text_representation or numeric_value_out_of_range then
    perform private.raise_error(
      'INVALID_REQUEST', 400,
      'max_in_flight is 1 to 1000; requests_per_minute and tokens_per_minute are positive or null'
    );
end
$$;

COMMENT ON FUNCTION private.update_lane(lane text, changes jsonb) IS 'Sets {max_in_flight?, requests_per_minute?, tokens_per_minute?} of a lane; null lifts a limit. Raises LANE_NOT_FOUND, INVALID_REQUEST. Definer: the tables are private.';

CREATE FUNCTION private.update_lane_budget(lane_name text, requests double precision, tokens double precision) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  update private.lanes as lane
  set request_budget = case when lane.requests_per_minute is null then 0
        else private.get_lane_budget(
          lane.requests_per_minute, lane.request_budget, clock_timestamp() - lane.refilled_at
        ) - requests
      end,
      token_budget = case when lane.tokens_per_minute is null then 0
        else private.get_lane_budget(
          lane.tokens_per_minute, lane.token_budget, clock_timestamp() - lane.refilled_at
        ) - tokens
      end,
      refilled_at = clock_timestamp()
  where lane.lane = lane_name
    and (lane.requests_per_minute is not null or lane.tokens_per_minute is not null)
$$;

COMMENT ON FUNCTION private.update_lane_budget(lane_name text, requests double precision, tokens double precision) IS 'Takes requests and tokens out of a lane''s buckets; nothing for a lane without limits.';

CREATE FUNCTION private.update_lane_pause(lane_name text, seconds double precision, reason text) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  update private.lanes as own
  set -- Once for a burst of refusals that were all on their way: the first one has paused the lane.
      reduced_cap = case when own.paused_until > clock_timestamp() then own.reduced_cap
        else greatest(1, private.get_lane_cap(own, clock_timestamp()) / 2) end,
      reduced_at = case when own.paused_until > clock_timestamp() then own.reduced_at
        else clock_timestamp() end,
      pause_reason = case when own.paused_until > clock_timestamp() then own.pause_reason
        else update_lane_pause.reason end,
      paused_until = greatest(
        own.paused_until, clock_timestamp() + make_interval(secs => seconds)
      )
  where own.lane = lane_name
$$;

COMMENT ON FUNCTION private.update_lane_pause(lane_name text, seconds double precision, reason text) IS 'Pauses a lane for so many seconds, or lets a longer pause stand, and halves what it may hold.';

CREATE FUNCTION private.update_lane_start(lane text, max_in_flight integer) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
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

COMMENT ON FUNCTION private.update_lane_start(lane text, max_in_flight integer) IS 'What a worker says of a lane when it starts: taken when its environment asks for another limit than it last did, so that what an operator has set since stays. Raises INVALID_REQUEST. Definer: the tables are private.';

CREATE FUNCTION private.update_left_documents(vault_document_ids uuid[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  update public.vault_documents as document
  set chunk_generation = null, next_chunk_generation = null, trained_revision = null
  where document.id = any (vault_document_ids) and document.chunk_generation is not null
    and not exists (
      select from public.mono_training_docs as doc
      where doc.org_id = document.org_id and doc.vault_document_id = document.id
    );
end
$$;

COMMENT ON FUNCTION private.update_left_documents(vault_document_ids uuid[]) IS 'Makes those of the documents untrained that are in no set any more, whose chunks have gone. The caller has locked them.';

CREATE FUNCTION private.update_pointer_vectors(organization public.organizations) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  perform from public.pointers as pointer
  where pointer.org_id = organization.id and pointer.embedding is not null
  order by pointer.id
  for no key update;
  update public.pointers as pointer
  set embedding = next_vector.embedding,
      embedding_model = case when next_vector.embedding is not null
        then next_vector.embedding_model end
  from private.next_pointer_vectors as next_vector
  where pointer.org_id = organization.id and next_vector.pointer_id = pointer.id
    and next_vector.embedding_model = organization.next_embedding_model;
  perform private.delete_next_pointer_vectors(organization);
end
$$;

COMMENT ON FUNCTION private.update_pointer_vectors(organization public.organizations) IS 'Makes the vectors of the next model those of the crops. The caller has locked the organisation; locks the crops.';

CREATE FUNCTION private.update_published_training_file(version public.training_file_versions, result jsonb) RETURNS public.training_files
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  figures jsonb := result -> 'totals';
  file public.training_files;
begin
  update public.training_files
  set version = version.version,
      stale = stale_policy <> 'ignore' and private.is_training_file_version_stale(
        update_published_training_file.version
      ),
      status = case when is_archived then 'archived' else 'active' end,
      json_file_path = id || '/v' || version.version || '/training.json',
      jsonl_file_path = id || '/v' || version.version || '/training.jsonl',
      json_file_size = (result ->> 'json_size')::bigint,
      jsonl_file_size = (result ->> 'jsonl_size')::bigint,
      conversation_count = (figures ->> 'conversation_count')::integer,
      total_training_pairs = (figures ->> 'total_training_pairs')::integer,
      avg_quality_score = (figures ->> 'avg_quality_score')::numeric,
      min_quality_score = (figures ->> 'min_quality_score')::numeric,
      max_quality_score = (figures ->> 'max_quality_score')::numeric,
      human_reviewed_count = (figures ->> 'human_reviewed_count')::integer,
      scaffolding_distribution = figures -> 'scaffolding_distribution'
  where id = version.training_file_id
  returning * into file;
  return file;
end
$$;

COMMENT ON FUNCTION private.update_published_training_file(version public.training_file_versions, result jsonb) IS 'Makes the version the live one in the row of its file, with its figures. The caller has locked the file.';

CREATE FUNCTION private.update_search_counts(org_id uuid) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  seen_version bigint;
  counted record;
begin
  -- The insert alone would wait for a training that is being completed.
  insert into private.search_stats (org_id)
  select update_search_counts.org_id
  where not exists (
    select from private.search_stats as stats where stats.org_id = update_search_counts.org_id
  )
  on conflict do nothing;
  -- One statement, so that the version is that of what is counted.
  with live as materialized (
    select chunk.language, chunk.search_vector
    from public.mono_training_chunks as chunk
    join public.vault_documents as document
      on document.org_id = chunk.org_id and document.id = chunk.vault_document_id
      and document.chunk_generation = chunk.generation
    where chunk.org_id = update_search_counts.org_id
  ),
  word as (
    select lexeme, count(*) as chunk_count
    from live cross join unnest(tsvector_to_array(live.search_vector)) as lexeme
    group by lexeme
  )
  select
    (select stats.version from private.search_stats as stats
      where stats.org_id = update_search_counts.org_id) as version,
    (select count(*) from live) as chunk_count,
    array(select distinct live.language from live order by live.language) as languages,
    (select array_agg(word.lexeme) from word) as lexemes,
    (select array_agg(word.chunk_count) from word) as chunk_counts
  into counted;

  select stats.version into seen_version from private.search_stats as stats
  where stats.org_id = update_search_counts.org_id
  for update;
  if seen_version is distinct from counted.version then
    return false;
  end if;
  merge into private.search_lexemes as known
  using unnest(counted.lexemes, counted.chunk_counts) as word (lexeme, chunk_count)
  on known.org_id = update_search_counts.org_id and known.lexeme = word.lexeme collate "C"
  when matched and known.chunk_count <> word.chunk_count then
    update set chunk_count = word.chunk_count
  when not matched then
    insert (org_id, lexeme, chunk_count)
    values (update_search_counts.org_id, word.lexeme, word.chunk_count)
  when not matched by source and known.org_id = update_search_counts.org_id then delete;
  update private.search_stats as stats
  set version = stats.version + 1, counted_at = now(), chunk_count = counted.chunk_count,
      languages = counted.languages
  where stats.org_id = update_search_counts.org_id;
  return true;
end
$$;

COMMENT ON FUNCTION private.update_search_counts(org_id uuid) IS 'Counts an organisation''s live chunks and their words anew. Returns false, with nothing changed, when a training was completed meanwhile. Locks its search_stats only to store the result.';

CREATE FUNCTION private.update_search_indexes() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  missing_model text;
  stale_org_id uuid;
  last_mark bigint;
begin
  for missing_model in
    select known.model from private.embedding_models as known
    where private.get_embedding_index(known.model) is null
    order by known.created_at, known.model
  loop
    -- Nothing else in this transaction: it would wait for writers that wait for the index.
    if private.create_embedding_index(missing_model) then
      return;
    end if;
  end loop;
  perform private.update_left_documents(array(
    select document.id from public.vault_documents as document
    where document.org_id in (select mark.org_id from private.search_recounts as mark)
      and document.chunk_generation is not null
      and not exists (
        select from public.mono_training_docs as doc
        where doc.org_id = document.org_id and doc.vault_document_id = document.id
      )
    order by document.id
    for no key update
  ));
  for stale_org_id, last_mark in
    select mark.org_id, max(mark.id)
    from private.search_recounts as mark
    left join private.search_stats as stats on stats.org_id = mark.org_id
    -- A large organisation is worth counting again only after a while.
    where stats.org_id is null
      or stats.counted_at < now() - make_interval(secs => stats.chunk_count / 10.0)
    group by mark.org_id
    order by min(mark.id)
    limit 20
  loop
    if private.update_search_counts(stale_org_id) then
      delete from private.search_recounts as mark
      where mark.org_id = stale_org_id and mark.id <= last_mark;
    end if;
  end loop;
end
$$;

COMMENT ON FUNCTION private.update_search_indexes() IS 'From cron every minute: makes the index of a model that has none yet, or else makes documents untrained that somebody held when they left their last set, and counts organisations anew that have lost chunks. Locks those documents. Definer: cron may not.';

CREATE FUNCTION private.update_search_stats(org_id uuid, vault_document_id uuid, old_generation bigint, new_generation bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  insert into private.search_stats (org_id) values (update_search_stats.org_id)
  on conflict do nothing;
  update private.search_stats as stats
  set version = stats.version + 1,
      chunk_count = greatest(stats.chunk_count + change.chunk_count, 0),
      languages = array(
        select distinct language from unnest(stats.languages || change.languages) as language
        order by language
      )
  from (
    select
      coalesce(sum(case chunk.generation when new_generation then 1 else -1 end), 0) as chunk_count,
      coalesce(
        array_agg(distinct chunk.language) filter (where chunk.generation = new_generation), '{}'
      ) as languages
    from public.mono_training_chunks as chunk
    where chunk.org_id = update_search_stats.org_id
      and chunk.vault_document_id = update_search_stats.vault_document_id
      and chunk.generation in (old_generation, new_generation)
  ) as change
  where stats.org_id = update_search_stats.org_id;

  merge into private.search_lexemes as known
  using (
    select lexeme, sum(case chunk.generation when new_generation then 1 else -1 end) as change
    from public.mono_training_chunks as chunk
    cross join unnest(tsvector_to_array(chunk.search_vector)) as lexeme
    where chunk.org_id = update_search_stats.org_id
      and chunk.vault_document_id = update_search_stats.vault_document_id
      and chunk.generation in (old_generation, new_generation)
    group by lexeme
    having sum(case chunk.generation when new_generation then 1 else -1 end) <> 0
  ) as difference
  on known.org_id = update_search_stats.org_id and known.lexeme = difference.lexeme collate "C"
  when matched and known.chunk_count + difference.change <= 0 then delete
  when matched then update set chunk_count = known.chunk_count + difference.change
  when not matched and difference.change > 0 then
    insert (org_id, lexeme, chunk_count)
    values (update_search_stats.org_id, difference.lexeme, difference.change);
end
$$;

COMMENT ON FUNCTION private.update_search_stats(org_id uuid, vault_document_id uuid, old_generation bigint, new_generation bigint) IS 'Counts a document''s new generation in and its old one out; both are still stored. Locks the search_stats of the organisation until the end of the transaction.';

CREATE FUNCTION private.update_training_file(training_file_id uuid, changes jsonb) RETURNS public.training_files
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  file public.training_files := private.get_training_file_for_update(
    update_training_file.training_file_id, 'editor'
  );
begin
  perform private.assert_training_file_changes(changes);
  if changes ? 'status' and file.status not in ('active', 'archived') then
    perform private.raise_error(
      'TRAINING_FILE_BUSY', 409,
      case file.status
        when 'failed' then 'The training file has no version'
        else 'The training file is being built'
      end,
      null, 'Try again when a build has ended well'
    );
  end if;
  if exists (
    select from public.training_files as other
    where other.org_id = file.org_id and other.id <> file.id
      and other.name = btrim(changes ->> 'name')
  ) then
    perform private.raise_error(
      'NAME_TAKEN', 409, 'There is a training file with this name already', null, 'Choose another name'
    );
  end if;
  update public.training_files
  set name = coalesce(btrim(changes ->> 'name'), name),
      description = case when changes ? 'description' then changes ->> 'description' else description end,
      status = coalesce(changes ->> 'status', status),
      is_archived = case when changes ? 'status' then changes ->> 'status' = 'archived' else is_archived end,
      stale_policy = coalesce(changes ->> 'stale_policy', stale_policy)
  where id = file.id
  returning * into file;
  if changes ?| array['status', 'stale_policy'] then
    perform private.enqueue_training_file_rebuild(file);
  end if;
  return file;
end
$$;

COMMENT ON FUNCTION private.update_training_file(training_file_id uuid, changes jsonb) IS 'Changes name, description, status (active or archived) or stale_policy; a stale file that may be rebuilt now is queued. Raises INVALID_REQUEST, TRAINING_FILE_NOT_FOUND, ROLE_TOO_LOW, NAME_TAKEN, TRAINING_FILE_BUSY, QUOTA_EXCEEDED. Locks the organisation, the file, the job. Definer: users have no update right; a version''s figures are nobody''s to change.';

CREATE FUNCTION private.update_training_file_members(version public.training_file_versions) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  delete from public.training_file_conversations as member
  where member.training_file_id = version.training_file_id
    and not exists (
      select from public.training_file_sources as source
      where source.version_id = version.id and source.conversation_id = member.conversation_id
    );
  insert into public.training_file_conversations
    (org_id, training_file_id, conversation_id, position, added_by)
  select version.org_id, version.training_file_id, source.conversation_id, source.position,
    version.created_by
  from public.training_file_sources as source
  where source.version_id = version.id
  on conflict (training_file_id, conversation_id) do update set position = excluded.position;
end
$$;

COMMENT ON FUNCTION private.update_training_file_members(version public.training_file_versions) IS 'Makes the conversations of a file those of the version. The caller has locked the file.';

CREATE FUNCTION private.update_worker(worker_id text, seconds integer, has_claimed boolean) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  if coalesce(length(update_worker.worker_id), 0) not between 1 and 200 then
    perform private.raise_error(
      'INVALID_REQUEST', 400, 'The name of a worker has 1 to 200 characters'
    );
  end if;
  insert into private.workers as worker (id, lease_seconds, has_claimed)
  values (update_worker.worker_id, seconds, update_worker.has_claimed)
  on conflict (id) do update
    set seen_at = clock_timestamp(),
        lease_seconds = excluded.lease_seconds,
        has_claimed = worker.has_claimed or excluded.has_claimed;
end
$$;

COMMENT ON FUNCTION private.update_worker(worker_id text, seconds integer, has_claimed boolean) IS 'Notes that a worker is alive, how long its leases are, and whether it has found a job. Raises INVALID_REQUEST for a name that no worker can have.';

CREATE FUNCTION private.validate_installation() RETURNS TABLE("check" text, ok boolean, detail text, hint text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select asked.name, asked.ok, asked.detail, case when not asked.ok then asked.hint end
  from private.list_checks() as asked
  order by asked.place
$$;

COMMENT ON FUNCTION private.validate_installation() IS 'One row for each check of the installation: whether it is well (null when another line says why that cannot be told), what was found, and what to do about it. Paste into the SQL editor: select * from private.validate_installation(). Changes nothing. Definer: reads the catalogue, cron, Vault and the job tables; no secret is in what it returns.';

CREATE FUNCTION public.accept_invitation(token text) RETURNS public.organization_members
    LANGUAGE sql
    SET search_path TO ''
    RETURN private.accept_invitation(token);

COMMENT ON FUNCTION public.accept_invitation(token text) IS 'Makes the caller a member of the organisation that invited their verified address. Raises USER_REQUIRED (401), INVITATION_NOT_FOUND (404).';

CREATE FUNCTION public.add_default_experience(p_project_id uuid) RETURNS bigint
    LANGUAGE sql
    SET search_path TO ''
    RETURN private.add_default_experience(p_project_id);

COMMENT ON FUNCTION public.add_default_experience(p_project_id uuid) IS 'See private.add_default_experience.';

CREATE FUNCTION public.add_document_chunks(p_job_id text, p_lease_token uuid, p_chunks jsonb, p_progress real DEFAULT NULL::real) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  perform private.assert_batch(p_chunks);
  return private.add_document_chunks(p_job_id, p_lease_token, p_chunks, p_progress);
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded
    -- A language that PostgreSQL does not know, or takes for a name in another schema.
    or undefined_object or invalid_name or feature_not_supported
  then
    perform private.fail_arguments(sqlstate, sqlerrm);
    return null;
end
$$;

COMMENT ON FUNCTION public.add_document_chunks(p_job_id text, p_lease_token uuid, p_chunks jsonb, p_progress real) IS 'See private.add_document_chunks; raises INVALID_REQUEST for arguments that it cannot take.';

CREATE FUNCTION public.add_page_reading(p_job_id text, p_lease_token uuid, p_source_hash text, p_page integer, p_content text) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  return private.add_page_reading(p_job_id, p_lease_token, p_source_hash, p_page, p_content);
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded then
    perform private.fail_arguments(sqlstate, sqlerrm);
    return null;
end
$$;

COMMENT ON FUNCTION public.add_page_reading(p_job_id text, p_lease_token uuid, p_source_hash text, p_page integer, p_content text) IS 'See private.add_page_reading; raises INVALID_REQUEST for arguments that it cannot take.';

CREATE FUNCTION public.add_pointer_reading(p_job_id text, p_lease_token uuid, p_source_hash text, p_input_hash text, p_reading jsonb DEFAULT NULL::jsonb, p_token_count integer DEFAULT 0, p_usage jsonb DEFAULT NULL::jsonb) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  perform private.assert_batch(p_usage);
  return private.add_pointer_reading(
    p_job_id, p_lease_token, p_source_hash, p_input_hash, p_reading, p_token_count, p_usage
  );
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded then
    perform private.fail_arguments(sqlstate, sqlerrm);
    return null;
end
$$;

COMMENT ON FUNCTION public.add_pointer_reading(p_job_id text, p_lease_token uuid, p_source_hash text, p_input_hash text, p_reading jsonb, p_token_count integer, p_usage jsonb) IS 'See private.add_pointer_reading; raises INVALID_REQUEST for arguments that it cannot take.';

CREATE FUNCTION public.add_reembedded_chunks(p_job_id text, p_lease_token uuid, p_chunks jsonb, p_progress real DEFAULT NULL::real) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  perform private.assert_batch(p_chunks);
  return private.add_reembedded_chunks(p_job_id, p_lease_token, p_chunks, p_progress);
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded then
    perform private.fail_arguments(sqlstate, sqlerrm);
    return null;
end
$$;

COMMENT ON FUNCTION public.add_reembedded_chunks(p_job_id text, p_lease_token uuid, p_chunks jsonb, p_progress real) IS 'See private.add_reembedded_chunks; raises INVALID_REQUEST for arguments that it cannot take.';

CREATE FUNCTION public.add_training_artifact(p_version_id uuid, p_artifact jsonb) RETURNS public.training_artifacts
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  return private.add_training_artifact(p_version_id, p_artifact);
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded then
    perform private.fail_arguments(sqlstate, sqlerrm);
    return null;
end
$$;

COMMENT ON FUNCTION public.add_training_artifact(p_version_id uuid, p_artifact jsonb) IS 'See private.add_training_artifact; raises INVALID_REQUEST for arguments that it cannot take.';

CREATE FUNCTION public.add_training_file_conversations(p_training_file_id uuid, p_conversation_ids uuid[], p_options jsonb DEFAULT '{}'::jsonb, p_idempotency_key text DEFAULT NULL::text, p_request_hash text DEFAULT NULL::text) RETURNS TABLE(file_id uuid, version_id uuid, build_token uuid, is_new boolean, is_queued boolean)
    LANGUAGE sql
    SET search_path TO ''
    AS $$ select * from private.add_training_file_conversations(p_training_file_id, p_conversation_ids, p_options, p_idempotency_key, p_request_hash) $$;

COMMENT ON FUNCTION public.add_training_file_conversations(p_training_file_id uuid, p_conversation_ids uuid[], p_options jsonb, p_idempotency_key text, p_request_hash text) IS 'See private.add_training_file_conversations.';

CREATE FUNCTION public.add_wasted_usage(p_refs jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  perform private.assert_batch(p_refs);
  perform private.add_wasted_usage(p_refs);
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded then
    perform private.fail_arguments(sqlstate, sqlerrm);
end
$$;

COMMENT ON FUNCTION public.add_wasted_usage(p_refs jsonb) IS 'See private.add_wasted_usage; raises INVALID_REQUEST for arguments that it cannot take.';

CREATE FUNCTION public.audit_installation(p_part text DEFAULT NULL::text, p_grace_minutes integer DEFAULT 60) RETURNS TABLE(part text, "check" text, difference_count bigint, differences jsonb, hint text)
    LANGUAGE sql STABLE
    SET search_path TO ''
    SET statement_timeout TO '10min'
    AS $$
  select found.* from private.audit_installation(
    p_part, make_interval(mins => greatest(p_grace_minutes, 0))
  ) as found
$$;

COMMENT ON FUNCTION public.audit_installation(p_part text, p_grace_minutes integer) IS 'See private.audit_installation. For npm run audit with the secret key, part by part.';

CREATE FUNCTION public.cancel_embedding_switches(p_org_id uuid DEFAULT NULL::uuid) RETURNS bigint
    LANGUAGE sql
    SET search_path TO ''
    RETURN private.cancel_embedding_switches(p_org_id);

COMMENT ON FUNCTION public.cancel_embedding_switches(p_org_id uuid) IS 'See private.cancel_embedding_switches.';

CREATE FUNCTION public.cancel_jobs(p_filter jsonb) RETURNS bigint
    LANGUAGE sql
    SET search_path TO ''
    RETURN private.cancel_jobs(p_filter);

COMMENT ON FUNCTION public.cancel_jobs(p_filter jsonb) IS 'See private.cancel_jobs.';

CREATE FUNCTION public.cancel_training_file_build(p_training_file_id uuid) RETURNS jsonb
    LANGUAGE sql
    SET search_path TO ''
    RETURN (to_jsonb(private.cancel_training_file_build(p_training_file_id)) - 'build_token'::text);

COMMENT ON FUNCTION public.cancel_training_file_build(p_training_file_id uuid) IS 'See private.cancel_training_file_build.';

CREATE FUNCTION public.cancel_training_job(p_training_job_id uuid) RETURNS public.mono_training_jobs
    LANGUAGE sql
    SET search_path TO ''
    RETURN private.cancel_training_job(p_training_job_id);

COMMENT ON FUNCTION public.cancel_training_job(p_training_job_id uuid) IS 'See private.cancel_training_job.';

CREATE FUNCTION public.claim_jobs(p_worker_id text, p_kinds text[] DEFAULT NULL::text[], p_max_jobs integer DEFAULT 10, p_lease_seconds integer DEFAULT 45, p_lanes text[] DEFAULT NULL::text[], p_max_tokens bigint DEFAULT NULL::bigint, p_moves jsonb DEFAULT NULL::jsonb) RETURNS TABLE(job_id text, lease_token uuid, org_id uuid, lane text, kind text, attempt integer, payload jsonb)
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select * from private.claim_jobs(
    p_worker_id, p_kinds, p_max_jobs, p_lease_seconds, p_lanes, p_max_tokens, p_moves
  )
$$;

COMMENT ON FUNCTION public.claim_jobs(p_worker_id text, p_kinds text[], p_max_jobs integer, p_lease_seconds integer, p_lanes text[], p_max_tokens bigint, p_moves jsonb) IS 'See private.claim_jobs.';

CREATE FUNCTION public.claim_lane_requests(p_lane text, p_request_count integer, p_token_count integer) RETURNS double precision
    LANGUAGE sql
    SET search_path TO ''
    RETURN private.claim_lane_requests(p_lane, p_request_count, p_token_count);

COMMENT ON FUNCTION public.claim_lane_requests(p_lane text, p_request_count integer, p_token_count integer) IS 'See private.claim_lane_requests.';

CREATE FUNCTION public.claim_question(p_org_id uuid DEFAULT NULL::uuid) RETURNS uuid
    LANGUAGE sql
    SET search_path TO ''
    RETURN private.claim_question(p_org_id);

COMMENT ON FUNCTION public.claim_question(p_org_id uuid) IS 'As get_org_id, for a question that is about to be sent to the embedding provider: counted here, because a thousand at once cost money before any of them is searched. Raises ORG_REQUIRED (400), ORG_NOT_FOUND (404), QUOTA_EXCEEDED (429).';

CREATE FUNCTION public.claim_training_file_build(p_version_id uuid, p_build_token uuid DEFAULT NULL::uuid) RETURNS jsonb
    LANGUAGE sql
    SET search_path TO ''
    RETURN private.claim_training_file_build(p_version_id, p_build_token);

COMMENT ON FUNCTION public.claim_training_file_build(p_version_id uuid, p_build_token uuid) IS 'See private.claim_training_file_build.';

CREATE FUNCTION public.complete_document_job(p_job_id text, p_lease_token uuid, p_revision integer, p_chunk_count integer, p_usage jsonb DEFAULT NULL::jsonb) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  perform private.assert_batch(p_usage);
  return private.complete_document_job(p_job_id, p_lease_token, p_revision, p_chunk_count, p_usage);
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded then
    perform private.fail_arguments(sqlstate, sqlerrm);
    return null;
end
$$;

COMMENT ON FUNCTION public.complete_document_job(p_job_id text, p_lease_token uuid, p_revision integer, p_chunk_count integer, p_usage jsonb) IS 'See private.complete_document_job; raises INVALID_REQUEST for arguments that it cannot take.';

CREATE FUNCTION public.complete_jobs(p_refs jsonb) RETURNS TABLE(job_id text, outcome text)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  perform private.assert_batch(p_refs);
  return query select * from private.complete_jobs(p_refs);
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded then
    perform private.fail_arguments(sqlstate, sqlerrm);
end
$$;

COMMENT ON FUNCTION public.complete_jobs(p_refs jsonb) IS 'See private.complete_jobs; raises INVALID_REQUEST for arguments that it cannot take.';

CREATE FUNCTION public.complete_pointer_job(p_job_id text, p_lease_token uuid, p_source_hash text, p_result jsonb DEFAULT NULL::jsonb, p_usage jsonb DEFAULT NULL::jsonb) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  perform private.assert_batch(p_usage);
  return private.complete_pointer_job(p_job_id, p_lease_token, p_source_hash, p_result, p_usage);
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded then
    perform private.fail_arguments(sqlstate, sqlerrm);
    return null;
end
$$;

COMMENT ON FUNCTION public.complete_pointer_job(p_job_id text, p_lease_token uuid, p_source_hash text, p_result jsonb, p_usage jsonb) IS 'See private.complete_pointer_job; raises INVALID_REQUEST for arguments that it cannot take.';

CREATE FUNCTION public.complete_rebuild_job(p_job_id text, p_lease_token uuid) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  return private.complete_rebuild_job(p_job_id, p_lease_token);
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded then
    perform private.fail_arguments(sqlstate, sqlerrm);
    return null;
end
$$;

COMMENT ON FUNCTION public.complete_rebuild_job(p_job_id text, p_lease_token uuid) IS 'See private.complete_rebuild_job; raises INVALID_REQUEST for arguments that it cannot take.';

CREATE FUNCTION public.complete_reembed_job(p_job_id text, p_lease_token uuid, p_usage jsonb DEFAULT NULL::jsonb) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  perform private.assert_batch(p_usage);
  return private.complete_reembed_job(p_job_id, p_lease_token, p_usage);
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded then
    perform private.fail_arguments(sqlstate, sqlerrm);
    return null;
end
$$;

COMMENT ON FUNCTION public.complete_reembed_job(p_job_id text, p_lease_token uuid, p_usage jsonb) IS 'See private.complete_reembed_job; raises INVALID_REQUEST for arguments that it cannot take.';

CREATE FUNCTION public.complete_sweep_job(p_job_id text, p_lease_token uuid, p_deleted_ids text[]) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  return private.complete_sweep_job(p_job_id, p_lease_token, p_deleted_ids);
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded then
    perform private.fail_arguments(sqlstate, sqlerrm);
    return null;
end
$$;

COMMENT ON FUNCTION public.complete_sweep_job(p_job_id text, p_lease_token uuid, p_deleted_ids text[]) IS 'See private.complete_sweep_job; raises INVALID_REQUEST for arguments that it cannot take.';

CREATE FUNCTION public.complete_training_file_build(p_version_id uuid, p_build_token uuid, p_result jsonb) RETURNS public.training_files
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  return private.complete_training_file_build(p_version_id, p_build_token, p_result);
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded then
    perform private.fail_arguments(sqlstate, sqlerrm);
    return null;
end
$$;

COMMENT ON FUNCTION public.complete_training_file_build(p_version_id uuid, p_build_token uuid, p_result jsonb) IS 'See private.complete_training_file_build; raises INVALID_REQUEST for arguments that it cannot take.';

CREATE FUNCTION public.create_organization(name text) RETURNS public.organizations
    LANGUAGE sql
    SET search_path TO ''
    RETURN private.create_organization(name);

COMMENT ON FUNCTION public.create_organization(name text) IS 'Makes an organisation and returns it; the caller becomes its owner. Raises INVALID_REQUEST (400), ACCOUNT_REQUIRED (403), QUOTA_EXCEEDED (429).';

CREATE FUNCTION public.create_training_file(p_name text, p_conversation_ids uuid[], p_org_id uuid DEFAULT NULL::uuid, p_description text DEFAULT NULL::text, p_options jsonb DEFAULT '{}'::jsonb, p_idempotency_key text DEFAULT NULL::text, p_request_hash text DEFAULT NULL::text) RETURNS TABLE(file_id uuid, version_id uuid, build_token uuid, is_new boolean, is_queued boolean)
    LANGUAGE sql
    SET search_path TO ''
    AS $$ select * from private.create_training_file(p_org_id, p_name, p_description, p_conversation_ids, p_options, p_idempotency_key, p_request_hash) $$;

COMMENT ON FUNCTION public.create_training_file(p_name text, p_conversation_ids uuid[], p_org_id uuid, p_description text, p_options jsonb, p_idempotency_key text, p_request_hash text) IS 'See private.create_training_file.';

CREATE FUNCTION public.defer_document_job(p_job_id text, p_lease_token uuid, p_lane text, p_usage jsonb DEFAULT NULL::jsonb) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  perform private.assert_batch(p_usage);
  return private.defer_document_job(p_job_id, p_lease_token, p_lane, p_usage);
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded then
    perform private.fail_arguments(sqlstate, sqlerrm);
    return null;
end
$$;

COMMENT ON FUNCTION public.defer_document_job(p_job_id text, p_lease_token uuid, p_lane text, p_usage jsonb) IS 'See private.defer_document_job; raises INVALID_REQUEST for arguments that it cannot take.';

CREATE FUNCTION public.defer_jobs(p_refs jsonb, p_retry_after double precision DEFAULT NULL::double precision, p_scope text DEFAULT 'lane'::text) RETURNS TABLE(job_id text, outcome text)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  perform private.assert_batch(p_refs);
  return query select * from private.defer_jobs(p_refs, p_retry_after, p_scope);
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded then
    perform private.fail_arguments(sqlstate, sqlerrm);
end
$$;

COMMENT ON FUNCTION public.defer_jobs(p_refs jsonb, p_retry_after double precision, p_scope text) IS 'See private.defer_jobs; raises INVALID_REQUEST for arguments that it cannot take.';

CREATE FUNCTION public.delete_training_file(p_training_file_id uuid) RETURNS text[]
    LANGUAGE sql
    SET search_path TO ''
    RETURN private.delete_training_file(p_training_file_id);

COMMENT ON FUNCTION public.delete_training_file(p_training_file_id uuid) IS 'See private.delete_training_file.';

CREATE FUNCTION public.drain_workers(p_worker_id text DEFAULT NULL::text) RETURNS bigint
    LANGUAGE sql
    SET search_path TO ''
    RETURN private.drain_workers(p_worker_id);

COMMENT ON FUNCTION public.drain_workers(p_worker_id text) IS 'See private.drain_workers.';

CREATE FUNCTION public.enqueue_document_training(p_vault_document_id uuid, p_org_id uuid DEFAULT NULL::uuid, p_trigger text DEFAULT 'manual'::text) RETURNS TABLE(job jsonb, is_new boolean)
    LANGUAGE sql
    SET search_path TO ''
    AS $$ select * from private.enqueue_document_training(p_org_id, p_vault_document_id, p_trigger) $$;

COMMENT ON FUNCTION public.enqueue_document_training(p_vault_document_id uuid, p_org_id uuid, p_trigger text) IS 'See private.enqueue_document_training.';

CREATE FUNCTION public.enqueue_jobs(p_jobs jsonb) RETURNS TABLE(job_id text, dedupe_key text, outcome text)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  perform private.assert_batch(p_jobs);
  perform private.assert_job_payloads(p_jobs);
  return query select * from private.enqueue_jobs(p_jobs);
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded then
    perform private.fail_arguments(sqlstate, sqlerrm);
end
$$;

COMMENT ON FUNCTION public.enqueue_jobs(p_jobs jsonb) IS 'See private.enqueue_jobs; raises INVALID_REQUEST for arguments that it cannot take.';

CREATE FUNCTION public.enqueue_object_deletion(p_bucket text, p_path text, p_delay interval) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  perform private.enqueue_object_deletion(p_bucket, p_path, p_delay);
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded then
    perform private.fail_arguments(sqlstate, sqlerrm);
end
$$;

COMMENT ON FUNCTION public.enqueue_object_deletion(p_bucket text, p_path text, p_delay interval) IS 'See private.enqueue_object_deletion; raises INVALID_REQUEST for arguments that it cannot take.';

CREATE FUNCTION public.fail_jobs(p_refs jsonb) RETURNS TABLE(job_id text, outcome text)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  perform private.assert_batch(p_refs);
  return query select * from private.fail_jobs(p_refs);
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded then
    perform private.fail_arguments(sqlstate, sqlerrm);
end
$$;

COMMENT ON FUNCTION public.fail_jobs(p_refs jsonb) IS 'See private.fail_jobs; raises INVALID_REQUEST for arguments that it cannot take.';

CREATE FUNCTION public.fail_training_file_build(p_version_id uuid, p_build_token uuid, p_error jsonb) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  return private.fail_training_file_build(p_version_id, p_build_token, p_error);
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded then
    perform private.fail_arguments(sqlstate, sqlerrm);
    return null;
end
$$;

COMMENT ON FUNCTION public.fail_training_file_build(p_version_id uuid, p_build_token uuid, p_error jsonb) IS 'See private.fail_training_file_build; raises INVALID_REQUEST for arguments that it cannot take.';

CREATE FUNCTION public.get_conversation_snapshots(p_org_id uuid, p_sha256s text[]) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path TO ''
    RETURN private.get_conversation_snapshots(p_org_id, p_sha256s);

COMMENT ON FUNCTION public.get_conversation_snapshots(p_org_id uuid, p_sha256s text[]) IS 'See private.get_conversation_snapshots.';

CREATE FUNCTION public.get_org_id(p_org_id uuid DEFAULT NULL::uuid, p_min_role text DEFAULT 'viewer'::text) RETURNS uuid
    LANGUAGE sql STABLE
    SET search_path TO ''
    RETURN private.get_org_id(p_org_id, p_min_role);

COMMENT ON FUNCTION public.get_org_id(p_org_id uuid, p_min_role text) IS 'The organisation that a request means: the given one, or the caller''s only one. Raises ORG_REQUIRED (400), ORG_NOT_FOUND (404), ROLE_TOO_LOW (403).';

CREATE FUNCTION public.get_pointer_source(p_pointer_id uuid) RETURNS TABLE(title text, revision integer, page_name text, sheet_reflection text, discipline_name text, source_hash text, is_read boolean, input_hash text, description text, embedding_text text, embedding_model text, org_embedding_model text, next_embedding_model text)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$ select * from private.get_pointer_source(p_pointer_id) $$;

COMMENT ON FUNCTION public.get_pointer_source(p_pointer_id uuid) IS 'See private.get_pointer_source.';

CREATE FUNCTION public.get_training_file_entries(p_version_id uuid, p_has_fingerprints boolean DEFAULT false) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path TO ''
    RETURN private.get_training_file_entries(p_version_id, p_has_fingerprints);

COMMENT ON FUNCTION public.get_training_file_entries(p_version_id uuid, p_has_fingerprints boolean) IS 'See private.get_training_file_entries.';

CREATE FUNCTION public.heartbeat_jobs(p_worker_id text, p_refs jsonb, p_lease_seconds integer DEFAULT 45) RETURNS TABLE(job_id text, state text, is_draining boolean)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  perform private.assert_batch(p_refs);
  return query select * from private.heartbeat_jobs(p_worker_id, p_refs, p_lease_seconds);
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded then
    perform private.fail_arguments(sqlstate, sqlerrm);
end
$$;

COMMENT ON FUNCTION public.heartbeat_jobs(p_worker_id text, p_refs jsonb, p_lease_seconds integer) IS 'See private.heartbeat_jobs; raises INVALID_REQUEST for arguments that it cannot take.';

CREATE FUNCTION public.heartbeat_training_file_build(p_version_id uuid, p_build_token uuid, p_progress real) RETURNS boolean
    LANGUAGE sql
    SET search_path TO ''
    RETURN private.heartbeat_training_file_build(p_version_id, p_build_token, p_progress);

COMMENT ON FUNCTION public.heartbeat_training_file_build(p_version_id uuid, p_build_token uuid, p_progress real) IS 'See private.heartbeat_training_file_build.';

CREATE FUNCTION public.invite_member(org_id uuid, email text, role text) RETURNS TABLE(invitation_id uuid, token text, expires_at timestamp with time zone)
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select * from private.invite_member(invite_member.org_id, invite_member.email, invite_member.role)
$$;

COMMENT ON FUNCTION public.invite_member(org_id uuid, email text, role text) IS 'Invites an address into the organisation and returns the token for the letter, once. Raises INVALID_REQUEST (400), ROLE_TOO_LOW (403), ORG_NOT_FOUND (404), ALREADY_MEMBER (409), QUOTA_EXCEEDED (429).';

CREATE FUNCTION public.is_scan_reading_allowed(p_vault_document_id uuid) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO ''
    RETURN private.is_scan_reading_allowed(p_vault_document_id);

COMMENT ON FUNCTION public.is_scan_reading_allowed(p_vault_document_id uuid) IS 'See private.is_scan_reading_allowed.';

CREATE FUNCTION public.leave_organization(org_id uuid) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    RETURN private.leave_organization(org_id);

COMMENT ON FUNCTION public.leave_organization(org_id uuid) IS 'Takes the caller out of the organisation. Raises ORG_NOT_FOUND (404), OWNER_REQUIRED (409).';

CREATE FUNCTION public.list_conversation_paths(p_conversation_ids uuid[], p_org_id uuid DEFAULT NULL::uuid) RETURNS TABLE(conversation_id uuid, path text)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$ select * from private.list_conversation_paths(p_org_id, p_conversation_ids) $$;

COMMENT ON FUNCTION public.list_conversation_paths(p_conversation_ids uuid[], p_org_id uuid) IS 'See private.list_conversation_paths.';

CREATE FUNCTION public.list_due_objects(p_max_objects integer) RETURNS TABLE(id text, bucket text, path text)
    LANGUAGE sql
    SET search_path TO ''
    AS $$ select * from private.list_due_objects(p_max_objects) $$;

COMMENT ON FUNCTION public.list_due_objects(p_max_objects integer) IS 'See private.list_due_objects.';

CREATE FUNCTION public.list_embedded_hashes(p_vault_document_id uuid, p_embedding_model text, p_content_hashes text[]) RETURNS SETOF text
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select * from private.list_embedded_hashes(
    p_vault_document_id, p_embedding_model, p_content_hashes
  )
$$;

COMMENT ON FUNCTION public.list_embedded_hashes(p_vault_document_id uuid, p_embedding_model text, p_content_hashes text[]) IS 'See private.list_embedded_hashes.';

CREATE FUNCTION public.list_page_readings(p_vault_document_id uuid, p_source_hash text) RETURNS TABLE(page integer, content text)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$ select * from private.list_page_readings(p_vault_document_id, p_source_hash) $$;

COMMENT ON FUNCTION public.list_page_readings(p_vault_document_id uuid, p_source_hash text) IS 'See private.list_page_readings.';

CREATE FUNCTION public.list_quotas(p_org_id uuid DEFAULT NULL::uuid) RETURNS TABLE(name text, used_count bigint, max_count bigint)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select own.name, coalesce(own.used_count, 0), own.max_count
  from private.list_quotas(p_org_id) as own
$$;

COMMENT ON FUNCTION public.list_quotas(p_org_id uuid) IS 'What the organisation has used of each quota, and how much it may; max_count is null for no limit. Raises ORG_REQUIRED (400), ORG_NOT_FOUND (404).';

CREATE FUNCTION public.list_reembed_chunks(p_job_id text, p_lease_token uuid, p_max_chunks integer DEFAULT 48) RETURNS TABLE(embedding_model text, title text, ordinal integer, content text, heading_path text[], start_offset integer, end_offset integer, token_count integer, metadata jsonb, content_hash text, is_known boolean, max_ordinal integer)
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  return query select * from private.list_reembed_chunks(p_job_id, p_lease_token, p_max_chunks);
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded then
    perform private.fail_arguments(sqlstate, sqlerrm);
end
$$;

COMMENT ON FUNCTION public.list_reembed_chunks(p_job_id text, p_lease_token uuid, p_max_chunks integer) IS 'See private.list_reembed_chunks; raises INVALID_REQUEST for arguments that it cannot take.';

CREATE FUNCTION public.pause_lane(p_lane text, p_until timestamp with time zone DEFAULT NULL::timestamp with time zone) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    RETURN private.pause_lane(p_lane, p_until);

COMMENT ON FUNCTION public.pause_lane(p_lane text, p_until timestamp with time zone) IS 'See private.pause_lane.';

CREATE FUNCTION public.release_jobs(p_worker_id text) RETURNS bigint
    LANGUAGE sql
    SET search_path TO ''
    RETURN private.release_jobs(p_worker_id);

COMMENT ON FUNCTION public.release_jobs(p_worker_id text) IS 'See private.release_jobs.';

CREATE FUNCTION public.remove_member(org_id uuid, user_id uuid) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    RETURN private.remove_member(org_id, user_id);

COMMENT ON FUNCTION public.remove_member(org_id uuid, user_id uuid) IS 'Takes a member out of the organisation; for admins, and for owners where it is an owner. Raises ROLE_TOO_LOW (403), ORG_NOT_FOUND, MEMBER_NOT_FOUND (404), OWNER_REQUIRED (409).';

CREATE FUNCTION public.remove_training_file_conversations(p_training_file_id uuid, p_conversation_ids uuid[], p_idempotency_key text DEFAULT NULL::text, p_request_hash text DEFAULT NULL::text) RETURNS TABLE(file_id uuid, version_id uuid, build_token uuid, is_new boolean, is_queued boolean)
    LANGUAGE sql
    SET search_path TO ''
    AS $$ select * from private.remove_training_file_conversations(p_training_file_id, p_conversation_ids, p_idempotency_key, p_request_hash) $$;

COMMENT ON FUNCTION public.remove_training_file_conversations(p_training_file_id uuid, p_conversation_ids uuid[], p_idempotency_key text, p_request_hash text) IS 'See private.remove_training_file_conversations.';

CREATE FUNCTION public.retry_dead_jobs(p_filter jsonb) RETURNS bigint
    LANGUAGE sql
    SET search_path TO ''
    RETURN private.retry_dead_jobs(p_filter);

COMMENT ON FUNCTION public.retry_dead_jobs(p_filter jsonb) IS 'See private.retry_dead_jobs.';

CREATE FUNCTION public.retry_pointer(p_pointer_id uuid) RETURNS public.pointers
    LANGUAGE sql
    SET search_path TO ''
    RETURN private.retry_pointer(p_pointer_id);

COMMENT ON FUNCTION public.retry_pointer(p_pointer_id uuid) IS 'See private.retry_pointer.';

CREATE FUNCTION public.retry_project_pointers(p_project_id uuid, p_status text DEFAULT 'failed'::text) RETURNS bigint
    LANGUAGE sql
    SET search_path TO ''
    RETURN private.retry_project_pointers(p_project_id, p_status);

COMMENT ON FUNCTION public.retry_project_pointers(p_project_id uuid, p_status text) IS 'See private.retry_project_pointers.';

CREATE FUNCTION public.retry_training_job(p_training_job_id uuid) RETURNS public.mono_training_jobs
    LANGUAGE sql
    SET search_path TO ''
    RETURN private.retry_training_job(p_training_job_id);

COMMENT ON FUNCTION public.retry_training_job(p_training_job_id uuid) IS 'See private.retry_training_job.';

CREATE FUNCTION public.revoke_invitation(id uuid) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    RETURN private.revoke_invitation(id);

COMMENT ON FUNCTION public.revoke_invitation(id uuid) IS 'Ends an open invitation of the caller''s organisation. Raises ROLE_TOO_LOW (403), INVITATION_NOT_FOUND (404).';

CREATE FUNCTION public.search_knowledge(p_org_id uuid, p_query text, p_embedding extensions.vector DEFAULT NULL::extensions.vector, p_match_count integer DEFAULT 8, p_sources text[] DEFAULT ARRAY['chunk'::text, 'pointer'::text], p_mode text DEFAULT 'hybrid'::text, p_training_set_ids uuid[] DEFAULT NULL::uuid[], p_vault_document_ids uuid[] DEFAULT NULL::uuid[], p_project_ids uuid[] DEFAULT NULL::uuid[], p_metadata jsonb DEFAULT NULL::jsonb, p_min_similarity double precision DEFAULT NULL::double precision, p_embedding_model text DEFAULT NULL::text) RETURNS TABLE(source text, id uuid, document_id uuid, title text, content text, heading_path text[], ordinal integer, start_offset integer, end_offset integer, token_count integer, project_id uuid, page_id uuid, score double precision, similarity double precision, text_rank double precision)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  if coalesce(char_length(p_query), 0) not between 1 and 2000
    or coalesce(p_mode not in ('hybrid', 'vector', 'text'), true)
    or coalesce(cardinality(p_sources) = 0 or not p_sources <@ array['chunk', 'pointer'], true)
    or (p_embedding is null and p_mode <> 'text')
    or (p_embedding is not null and extensions.vector_dims(p_embedding) <> 1024)
    -- As the stored vectors have it, where a very short one has no length at all.
    or extensions.l2_norm(p_embedding::extensions.halfvec) = 0
  then
    perform private.raise_error(
      'INVALID_REQUEST', 400, 'The search is not valid', null,
      'query has 1 to 2000 characters; mode is hybrid, vector or text; sources are chunk and pointer; hybrid and vector need an embedding of 1024 dimensions that are not all 0'
    );
  end if;
  return query
  select * from private.search_knowledge(
    p_org_id, p_query, p_embedding, p_match_count, p_sources, p_mode, p_training_set_ids,
    p_vault_document_ids, p_project_ids, p_metadata, p_min_similarity, p_embedding_model
  );
  -- At the end, when the row is locked for no longer than the commit takes.
  perform private.add_search(p_org_id);
end
$$;

COMMENT ON FUNCTION public.search_knowledge(p_org_id uuid, p_query text, p_embedding extensions.vector, p_match_count integer, p_sources text[], p_mode text, p_training_set_ids uuid[], p_vault_document_ids uuid[], p_project_ids uuid[], p_metadata jsonb, p_min_similarity double precision, p_embedding_model text) IS 'The best chunks and crops of an organisation for a question, never one that the caller''s row-level security would hide. score orders the answer; similarity is the cosine with the question; text_rank is null where no word matched. At most 50 rows. Raises INVALID_REQUEST (400), ORG_NOT_FOUND (404), EMBEDDING_MODEL_CHANGED (409), QUOTA_EXCEEDED (429).';

CREATE FUNCTION public.set_member_role(org_id uuid, user_id uuid, role text) RETURNS public.organization_members
    LANGUAGE sql
    SET search_path TO ''
    RETURN private.set_member_role(org_id, user_id, role);

COMMENT ON FUNCTION public.set_member_role(org_id uuid, user_id uuid, role text) IS 'Gives a member another role; for admins, and for owners where the role owner is given or taken. Raises INVALID_REQUEST (400), ROLE_TOO_LOW (403), ORG_NOT_FOUND, MEMBER_NOT_FOUND (404), OWNER_REQUIRED (409).';

CREATE FUNCTION public.switch_embedding_model(p_model text, p_org_id uuid DEFAULT NULL::uuid) RETURNS bigint
    LANGUAGE sql
    SET search_path TO ''
    RETURN private.switch_embedding_model(p_org_id, p_model);

COMMENT ON FUNCTION public.switch_embedding_model(p_model text, p_org_id uuid) IS 'See private.switch_embedding_model.';

CREATE FUNCTION public.transfer_ownership(org_id uuid, user_id uuid) RETURNS public.organization_members
    LANGUAGE sql
    SET search_path TO ''
    RETURN private.transfer_ownership(org_id, user_id);

COMMENT ON FUNCTION public.transfer_ownership(org_id uuid, user_id uuid) IS 'Makes another member the owner, and the caller an admin. Raises INVALID_REQUEST (400), ROLE_TOO_LOW (403), ORG_NOT_FOUND, MEMBER_NOT_FOUND (404).';

CREATE FUNCTION public.update_lane(p_lane text, p_changes jsonb) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    RETURN private.update_lane(p_lane, p_changes);

COMMENT ON FUNCTION public.update_lane(p_lane text, p_changes jsonb) IS 'See private.update_lane.';

CREATE FUNCTION public.update_lane_start(p_lane text, p_max_in_flight integer) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    RETURN private.update_lane_start(p_lane, p_max_in_flight);

COMMENT ON FUNCTION public.update_lane_start(p_lane text, p_max_in_flight integer) IS 'See private.update_lane_start.';

CREATE FUNCTION public.update_training_file(p_training_file_id uuid, p_changes jsonb) RETURNS public.training_files
    LANGUAGE sql
    SET search_path TO ''
    RETURN private.update_training_file(p_training_file_id, p_changes);

COMMENT ON FUNCTION public.update_training_file(p_training_file_id uuid, p_changes jsonb) IS 'See private.update_training_file.';

CREATE FUNCTION public.validate_installation() RETURNS TABLE("check" text, ok boolean, detail text, hint text)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select found.* from private.validate_installation() as found
$$;

COMMENT ON FUNCTION public.validate_installation() IS 'See private.validate_installation. For npm run doctor with the secret key.';

CREATE TABLE private.embedding_models (
    model text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE private.embedding_models IS 'Models that have made vectors of chunks. Each gets an HNSW index of its own within a minute; until then its vectors are searched exactly.';

CREATE TABLE private.failed_reembeddings (
    vault_document_id uuid NOT NULL,
    org_id uuid NOT NULL,
    error jsonb NOT NULL,
    failed_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE private.failed_reembeddings IS 'Documents that the next model could not embed. They hold up the switch until somebody does something about them.';

CREATE TABLE private.idempotency_keys (
    user_id uuid NOT NULL,
    key text NOT NULL,
    request_hash text NOT NULL,
    version_id uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT idempotency_keys_key_check CHECK (((char_length(key) >= 1) AND (char_length(key) <= 255)))
);

COMMENT ON TABLE private.idempotency_keys IS 'Which version a request with an Idempotency-Key has begun.';

CREATE TABLE private.installed_objects (
    kind text NOT NULL,
    name text NOT NULL,
    parent text,
    digest text NOT NULL
);

COMMENT ON TABLE private.installed_objects IS 'Every table, column, index, policy and so on as the last migration left it: what private.validate_installation compares the database with. Migrations that change any end with: select private.update_installed_objects();';

COMMENT ON COLUMN private.installed_objects.parent IS 'The relation that it goes with: when that is missing, nothing more is said of the object.';

COMMENT ON COLUMN private.installed_objects.digest IS 'Of its definition.';

CREATE TABLE private.interrupted_vectors (
    vault_document_id uuid NOT NULL,
    embedding_model text NOT NULL,
    content_hash text NOT NULL,
    embedding extensions.halfvec(1024) NOT NULL
);
ALTER TABLE ONLY private.interrupted_vectors ALTER COLUMN embedding SET STORAGE PLAIN;

COMMENT ON TABLE private.interrupted_vectors IS 'Vectors of documents whose training was interrupted, by the hash of what was embedded, until the job ends or the document goes. Without a foreign key: whoever ends an attempt holds the job, and may not wait for the document.';

CREATE TABLE private.invitation_tokens (
    token_hash bytea NOT NULL,
    invitation_id uuid NOT NULL
);

COMMENT ON TABLE private.invitation_tokens IS 'SHA-256 of the token of each invitation; the token itself is in the letter alone.';

CREATE TABLE private.job_history (
    id bigint NOT NULL,
    org_id uuid,
    lane text NOT NULL,
    kind text NOT NULL,
    dedupe_key text NOT NULL,
    input_hash text,
    payload jsonb NOT NULL,
    priority smallint NOT NULL,
    attempt smallint NOT NULL,
    max_attempts smallint NOT NULL,
    est_tokens integer NOT NULL,
    outcome text NOT NULL,
    error jsonb,
    usage jsonb,
    lease_token uuid,
    created_at timestamp with time zone NOT NULL,
    first_claimed_at timestamp with time zone,
    finished_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT job_history_outcome_check CHECK ((outcome = ANY (ARRAY['completed'::text, 'dead'::text, 'cancelled'::text, 'superseded'::text])))
);

COMMENT ON TABLE private.job_history IS 'Every job that has ended, once, with its outcome.';

COMMENT ON COLUMN private.job_history.error IS 'Why a job is dead: {"code", "message"}; null otherwise.';

COMMENT ON COLUMN private.job_history.usage IS 'What the job consumed at providers: see private.add_usage.';

COMMENT ON COLUMN private.job_history.lease_token IS 'Of the lease that it ended under: tells a report that comes twice from one that comes too late.';

ALTER TABLE private.jobs ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME private.jobs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE UNLOGGED TABLE private.minute_counts (
    org_id uuid NOT NULL,
    name text NOT NULL,
    minute_at timestamp with time zone NOT NULL,
    used_count bigint NOT NULL
)
WITH (fillfactor='25');

COMMENT ON TABLE private.minute_counts IS 'How often an organisation did something in the minute that minute_at begins.';

CREATE TABLE private.model_prices (
    provider text NOT NULL,
    model text NOT NULL,
    input_price numeric(12,6) NOT NULL,
    output_price numeric(12,6) DEFAULT 0 NOT NULL,
    CONSTRAINT model_prices_input_price_check CHECK ((input_price >= (0)::numeric)),
    CONSTRAINT model_prices_output_price_check CHECK ((output_price >= (0)::numeric))
);

COMMENT ON TABLE private.model_prices IS 'US dollars for a million tokens, by model, for operators to keep up to date. A model that is not listed costs null: unknown.';

CREATE TABLE public.mono_training_chunks (
    org_id uuid NOT NULL,
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    vault_document_id uuid NOT NULL,
    generation bigint NOT NULL,
    ordinal integer NOT NULL,
    content text NOT NULL,
    heading_path text[] DEFAULT '{}'::text[] NOT NULL,
    start_offset integer NOT NULL,
    end_offset integer NOT NULL,
    token_count integer NOT NULL,
    content_hash text NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    language text DEFAULT 'english'::text NOT NULL,
    embedding_model text NOT NULL,
    embedding extensions.halfvec(1024) NOT NULL,
    search_vector tsvector GENERATED ALWAYS AS (private.get_search_vector(language, content)) STORED NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT mono_training_chunks_content_check CHECK ((content <> ''::text)),
    CONSTRAINT mono_training_chunks_embedding_check CHECK ((extensions.l2_norm(embedding) > (0)::double precision)),
    CONSTRAINT mono_training_chunks_offsets_check CHECK (((start_offset >= 0) AND (end_offset > start_offset))),
    CONSTRAINT mono_training_chunks_ordinal_check CHECK ((ordinal >= 0))
)
PARTITION BY HASH (org_id);
ALTER TABLE ONLY public.mono_training_chunks ALTER COLUMN embedding SET STORAGE PLAIN;
ALTER TABLE ONLY public.mono_training_chunks ALTER COLUMN search_vector SET STORAGE MAIN;

COMMENT ON TABLE public.mono_training_chunks IS 'Pieces of trained documents. Readers see one generation of a document: the one that vault_documents.chunk_generation names.';

COMMENT ON COLUMN public.mono_training_chunks.generation IS 'The job and attempt that wrote the chunk: job id times 1000 plus attempt.';

COMMENT ON COLUMN public.mono_training_chunks.start_offset IS 'Where the chunk begins in the extracted text, in UTF-16 code units; end_offset is where it ends.';

COMMENT ON COLUMN public.mono_training_chunks.token_count IS 'Tokens of content in cl100k_base.';

COMMENT ON COLUMN public.mono_training_chunks.content_hash IS 'SHA-256 of what was embedded, in hexadecimal.';

COMMENT ON COLUMN public.mono_training_chunks.language IS 'The text-search configuration that made search_vector; simple where the language is not known.';

COMMENT ON COLUMN public.mono_training_chunks.embedding_model IS 'The model that made the vector. Vectors of two models are never compared.';

CREATE TABLE private.next_pointer_vectors (
    pointer_id uuid NOT NULL,
    embedding_model text NOT NULL,
    embedding extensions.halfvec(1024)
);

COMMENT ON TABLE private.next_pointer_vectors IS 'Vectors of crops by the next model of their organisation, which no search meets before it is the organisation''s.';

COMMENT ON COLUMN private.next_pointer_vectors.embedding IS 'Null where that model takes no text of the crop.';

CREATE TABLE private.page_readings (
    org_id uuid NOT NULL,
    vault_document_id uuid NOT NULL,
    source_hash text NOT NULL,
    page integer NOT NULL,
    content text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT page_readings_page_check CHECK ((page > 0))
);

COMMENT ON TABLE private.page_readings IS 'Pages of PDFs that a vision model has read: kept with the document, so that neither another attempt nor another training pays for them again.';

COMMENT ON COLUMN private.page_readings.source_hash IS 'SHA-256, in hexadecimal, of what the page was read from: the file, the model and the prompt.';

COMMENT ON COLUMN private.page_readings.content IS 'Markdown; empty for a page that says nothing.';

CREATE TABLE private.pointer_readings (
    pointer_id uuid NOT NULL,
    source_hash text NOT NULL,
    input_hash text NOT NULL,
    description text NOT NULL,
    cross_references jsonb NOT NULL,
    enrichment_metadata jsonb NOT NULL
);

COMMENT ON TABLE private.pointer_readings IS 'Readings that have no vector yet. What the vision model said is stored before anything else can fail, so that nobody pays for it twice; the crop keeps its last reading, with the vector of that one, until the new one has its own: search never meets a text beside the vector of another.';

COMMENT ON COLUMN private.pointer_readings.source_hash IS 'As it was when this was read: see private.get_pointer_source.';

CREATE TABLE private.quotas (
    name text NOT NULL,
    max_count bigint,
    CONSTRAINT quotas_max_count_check CHECK ((max_count >= 0))
);

COMMENT ON TABLE private.quotas IS 'What is limited, and for everybody who has no row in organization_quotas; null for no limit.';

CREATE TABLE private.row_counts (
    org_id uuid NOT NULL,
    row_count bigint NOT NULL
)
WITH (fillfactor='25');

COMMENT ON TABLE private.row_counts IS 'How many rows of documents, drawings, conversations and what belongs to them an organisation has.';

CREATE TABLE private.search_lexemes (
    org_id uuid NOT NULL,
    lexeme text NOT NULL COLLATE pg_catalog."C",
    chunk_count bigint NOT NULL
)
WITH (fillfactor='85');

COMMENT ON TABLE private.search_lexemes IS 'In how many live chunks of an organisation a word stands: a rare one says more about what is meant.';

CREATE TABLE private.search_recounts (
    id bigint NOT NULL,
    org_id uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE private.search_recounts IS 'Organisations that have lost live chunks, to be counted anew by the sweep. Only ever appended to, so that nobody waits for anybody.';

ALTER TABLE private.search_recounts ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME private.search_recounts_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE private.search_stats (
    org_id uuid NOT NULL,
    chunk_count bigint DEFAULT 0 NOT NULL,
    languages text[] DEFAULT '{}'::text[] NOT NULL,
    version bigint DEFAULT 0 NOT NULL,
    counted_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE private.search_stats IS 'Live chunks of each organisation and the languages among them. Its row is locked by whoever changes search_lexemes.';

COMMENT ON COLUMN private.search_stats.version IS 'Goes up with each change, so that a count made beside it can be told to be old.';

COMMENT ON COLUMN private.search_stats.counted_at IS 'When everything was last counted anew; each training adds its difference.';

CREATE TABLE private.stale_chunks (
    org_id uuid NOT NULL,
    vault_document_id uuid NOT NULL,
    embedding_model text NOT NULL
);

COMMENT ON TABLE private.stale_chunks IS 'What a switch has left: vectors of the model, of the document, that nobody will need again. Deleted bit by bit, since a large organisation''s would take longer than a request may.';

ALTER TABLE private.storage_outbox ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME private.storage_outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE private.wakeups (
    only_row boolean DEFAULT true NOT NULL,
    poked_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    CONSTRAINT wakeups_only_row_check CHECK (only_row)
);

COMMENT ON TABLE private.wakeups IS 'When a worker was last called, so that a burst of enqueues calls once.';

CREATE TABLE private.workers (
    id text NOT NULL,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    seen_at timestamp with time zone DEFAULT now() NOT NULL,
    lease_seconds integer NOT NULL,
    has_claimed boolean DEFAULT false NOT NULL,
    is_draining boolean DEFAULT false NOT NULL,
    CONSTRAINT workers_id_check CHECK (((char_length(id) >= 1) AND (char_length(id) <= 200)))
);

COMMENT ON TABLE private.workers IS 'Workers that are running: a row appears with the first claim and goes with the release.';

COMMENT ON COLUMN private.workers.lease_seconds IS 'How long its leases are. It beats every third of that, so one that is silent for half of it is gone.';

COMMENT ON COLUMN private.workers.has_claimed IS 'Whether it has found any job yet.';

COMMENT ON COLUMN private.workers.is_draining IS 'Asked to end: it claims nothing more, finishes what it holds, and releases.';

CREATE TABLE public.audit_events (
    id bigint NOT NULL,
    org_id uuid NOT NULL,
    actor text NOT NULL,
    actor_id uuid,
    action text NOT NULL,
    subject_id uuid NOT NULL,
    details jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT audit_events_action_check CHECK ((action ~ '^[a-z_]+\.[a-z_]+$'::text)),
    CONSTRAINT audit_events_actor_check CHECK ((actor = ANY (ARRAY['user'::text, 'service_role'::text, 'system'::text]))),
    CONSTRAINT audit_events_actor_id_check CHECK (((actor = 'user'::text) = (actor_id IS NOT NULL))),
    CONSTRAINT audit_events_details_check CHECK ((pg_column_size(details) <= 8192))
);

COMMENT ON TABLE public.audit_events IS 'Who changed what in an organisation. No foreign keys: it outlives accounts and organisations. Kept for 400 days.';

COMMENT ON COLUMN public.audit_events.actor IS 'user: the account actor_id; service_role: whoever holds the secret key; system: a job, cron, the auth service or an operator in SQL.';

COMMENT ON COLUMN public.audit_events.actor_id IS 'An id and not an address: whose it was is not known any more when the account is gone.';

COMMENT ON COLUMN public.audit_events.action IS '<what>.<done to it>, such as member.removed.';

COMMENT ON COLUMN public.audit_events.subject_id IS 'Of the organisation, the user who is the member, the invitation, or the row.';

COMMENT ON COLUMN public.audit_events.details IS 'Roles and names, before and after; never an address, a token or contents.';

ALTER TABLE public.audit_events ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.audit_events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.batch_items (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    org_id uuid NOT NULL,
    batch_job_id uuid NOT NULL,
    conversation_id uuid,
    status text DEFAULT 'queued'::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT batch_items_status_check CHECK ((status = ANY (ARRAY['queued'::text, 'processing'::text, 'completed'::text, 'failed'::text, 'cancelled'::text])))
);

COMMENT ON TABLE public.batch_items IS 'One conversation of a batch; null until it is generated.';

CREATE TABLE public.batch_jobs (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    org_id uuid NOT NULL,
    status text DEFAULT 'queued'::text NOT NULL,
    total_items integer DEFAULT 0 NOT NULL,
    tier text DEFAULT 'template'::text NOT NULL,
    created_by uuid DEFAULT auth.uid(),
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT batch_jobs_status_check CHECK ((status = ANY (ARRAY['queued'::text, 'processing'::text, 'completed'::text, 'failed'::text, 'cancelled'::text]))),
    CONSTRAINT batch_jobs_tier_check CHECK ((tier = ANY (ARRAY['template'::text, 'scenario'::text, 'edge_case'::text]))),
    CONSTRAINT batch_jobs_total_items_check CHECK ((total_items >= 0))
);

COMMENT ON TABLE public.batch_jobs IS 'Batches of conversations that were generated together.';

CREATE TABLE public.conversation_snapshots (
    org_id uuid NOT NULL,
    sha256 text NOT NULL,
    snapshot jsonb NOT NULL,
    fingerprint jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);
ALTER TABLE ONLY public.conversation_snapshots ALTER COLUMN fingerprint SET STORAGE EXTERNAL;

COMMENT ON TABLE public.conversation_snapshots IS 'What a file needs to know of a conversation before it streams it; taken once for each distinct content.';

CREATE TABLE public.conversations (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    org_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    file_path text,
    raw_response_path text,
    enriched_file_path text,
    enrichment_status text DEFAULT 'not_started'::text NOT NULL,
    enriched_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    persona_id uuid,
    emotional_arc_id uuid,
    training_topic_id uuid,
    created_by uuid DEFAULT auth.uid(),
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT conversations_enriched_file_path_check CHECK ((enriched_file_path = (((created_by || '/'::text) || conversation_id) || '/enriched.json'::text))),
    CONSTRAINT conversations_enrichment_status_check CHECK ((enrichment_status = ANY (ARRAY['not_started'::text, 'enrichment_in_progress'::text, 'completed'::text])))
);

COMMENT ON TABLE public.conversations IS 'Advisor conversations. Upload the enriched JSON to bucket conversation-files at <created_by>/<conversation_id>/enriched.json, then insert the row.';

COMMENT ON COLUMN public.conversations.conversation_id IS 'What files and requests call the conversation; unique in the organisation.';

COMMENT ON COLUMN public.conversations.enriched_at IS 'When the row last said that its bytes are others, or about to be: what else changes in it is nothing to a training file.';

CREATE TABLE public.disciplines (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    org_id uuid DEFAULT '00000000-0000-0000-0000-000000000000'::uuid NOT NULL,
    project_id uuid NOT NULL,
    name text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT disciplines_name_check CHECK ((private.is_visible(name) AND (char_length(name) <= 255)))
);

COMMENT ON TABLE public.disciplines IS 'Architectural, structural, plumbing: the parts of a drawing set.';

CREATE TABLE public.mono_training_docs (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    org_id uuid NOT NULL,
    training_set_id uuid NOT NULL,
    vault_document_id uuid NOT NULL,
    source_type text DEFAULT 'vault_document'::text NOT NULL,
    title text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT mono_training_docs_source_type_check CHECK ((source_type = 'vault_document'::text))
);

COMMENT ON TABLE public.mono_training_docs IS 'Which documents are in which training set.';

COMMENT ON COLUMN public.mono_training_docs.title IS 'The document''s title when it was put into the set.';

CREATE TABLE public.usage_events (
    id bigint NOT NULL,
    org_id uuid NOT NULL,
    job_id bigint,
    kind text NOT NULL,
    subject_id text,
    provider text NOT NULL,
    model text NOT NULL,
    input_tokens bigint DEFAULT 0 NOT NULL,
    output_tokens bigint DEFAULT 0 NOT NULL,
    is_wasted boolean DEFAULT false NOT NULL,
    cost_usd numeric(18,9),
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT usage_events_input_tokens_check CHECK ((input_tokens >= 0)),
    CONSTRAINT usage_events_output_tokens_check CHECK ((output_tokens >= 0))
);

COMMENT ON TABLE public.usage_events IS 'What one attempt of a job consumed at a provider. Written by the engine in the transaction that ends the attempt; members of the organisation read it.';

COMMENT ON COLUMN public.usage_events.subject_id IS 'What the job was about: its dedupe key, such as the id of a document.';

COMMENT ON COLUMN public.usage_events.is_wasted IS 'True when the attempt ended without a result, or its result was overtaken; a training''s next attempt keeps its vectors all the same.';

COMMENT ON COLUMN public.usage_events.cost_usd IS 'By the price at that time; null when the model''s price is not known.';

CREATE VIEW public.document_progress WITH (security_invoker='true') AS
 SELECT doc.org_id,
    doc.training_set_id,
    count(*) AS total,
    count(*) FILTER (WHERE (job.status = 'completed'::text)) AS done,
    count(*) FILTER (WHERE (job.status = ANY (ARRAY['queued'::text, 'processing'::text]))) AS open,
    count(*) FILTER (WHERE (job.status = 'failed'::text)) AS failed,
    sum(usage.cost_usd) AS cost_usd
   FROM ((public.mono_training_docs doc
     LEFT JOIN LATERAL ( SELECT latest.status
           FROM public.mono_training_jobs latest
          WHERE ((latest.org_id = doc.org_id) AND (latest.vault_document_id = doc.vault_document_id))
          ORDER BY latest.queued_at DESC
         LIMIT 1) job ON (true))
     LEFT JOIN LATERAL ( SELECT sum(event.cost_usd) AS cost_usd
           FROM public.usage_events event
          WHERE ((event.org_id = doc.org_id) AND (event.subject_id = (doc.vault_document_id)::text) AND (event.kind = 'train_document'::text))) usage ON (true))
  GROUP BY doc.org_id, doc.training_set_id;

COMMENT ON VIEW public.document_progress IS 'Documents of each training set by the state of their latest training, and what they have cost. Members see their own organisations.';

CREATE VIEW public.embedding_models WITH (security_invoker='true') AS
 SELECT embedding_model,
    next_embedding_model,
    organization_count
   FROM private.list_embedding_models() list_embedding_models(embedding_model, next_embedding_model, organization_count);

COMMENT ON VIEW public.embedding_models IS 'For operators: see private.list_embedding_models.';

CREATE VIEW public.embedding_switches WITH (security_invoker='true') AS
 SELECT org_id,
    embedding_model,
    next_embedding_model,
    document_count,
    ready_count,
    open_count,
    failed_count,
    failures,
    missing_crop_count
   FROM private.list_embedding_switches() list_embedding_switches(org_id, embedding_model, next_embedding_model, document_count, ready_count, open_count, failed_count, failures, missing_crop_count);

COMMENT ON VIEW public.embedding_switches IS 'For operators: see private.list_embedding_switches. A switch with failures waits for them: ask for it again, change or delete those documents and crops, or call it off.';

CREATE TABLE public.emotional_arcs (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    org_id uuid NOT NULL,
    emotional_arc_key text NOT NULL,
    name text NOT NULL,
    description text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT emotional_arcs_emotional_arc_key_check CHECK ((emotional_arc_key ~ '^[a-z0-9_]{1,100}$'::text)),
    CONSTRAINT emotional_arcs_name_check CHECK ((private.is_visible(name) AND (char_length(name) <= 255)))
);

COMMENT ON TABLE public.emotional_arcs IS 'How a client feels and changes through a conversation.';

COMMENT ON COLUMN public.emotional_arcs.emotional_arc_key IS 'Stable name in files, lower case with underscores.';

CREATE TABLE public.experience_files (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    org_id uuid DEFAULT '00000000-0000-0000-0000-000000000000'::uuid NOT NULL,
    project_id uuid NOT NULL,
    path text NOT NULL,
    content text DEFAULT ''::text NOT NULL,
    updated_by_session uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT experience_files_content_check CHECK ((octet_length(content) <= 1048576)),
    CONSTRAINT experience_files_path_check CHECK ((((char_length(path) >= 1) AND (char_length(path) <= 255)) AND (path ~ '^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$'::text)))
);

COMMENT ON TABLE public.experience_files IS 'Markdown files in which a project''s assistant keeps what it has learned. Every project begins with five.';

COMMENT ON COLUMN public.experience_files.updated_by_session IS 'The session that wrote it last; it outlives the session.';

CREATE VIEW public.job_dead WITH (security_invoker='true') AS
 SELECT job_id,
    org_id,
    lane,
    kind,
    dedupe_key,
    code,
    message,
    attempt,
    created_at,
    finished_at
   FROM private.list_dead_jobs() list_dead_jobs(job_id, org_id, lane, kind, dedupe_key, code, message, attempt, created_at, finished_at);

COMMENT ON VIEW public.job_dead IS 'See private.list_dead_jobs.';

CREATE VIEW public.job_health WITH (security_invoker='true') AS
 SELECT is_healthy,
    last_tick_at,
    tick_age_seconds,
    oldest_ready_seconds,
    worker_count,
    dead_last_day,
    has_secrets
   FROM private.get_job_health() get_job_health(is_healthy, last_tick_at, tick_age_seconds, oldest_ready_seconds, worker_count, dead_last_day, has_secrets);

COMMENT ON VIEW public.job_health IS 'See private.get_job_health.';

CREATE VIEW public.job_lanes WITH (security_invoker='true') AS
 SELECT lane,
    cap,
    held_count,
    max_in_flight,
    requests_per_minute,
    tokens_per_minute,
    paused_until,
    pause_reason
   FROM private.list_lane_states() list_lane_states(lane, cap, held_count, max_in_flight, requests_per_minute, tokens_per_minute, paused_until, pause_reason);

COMMENT ON VIEW public.job_lanes IS 'See private.list_lane_states.';

CREATE VIEW public.job_stats WITH (security_invoker='true') AS
 SELECT lane,
    kind,
    ready_count,
    delayed_count,
    held_count,
    oldest_due_seconds,
    completed_last_hour,
    dead_last_hour,
    p50_seconds,
    p95_seconds
   FROM private.list_job_stats() list_job_stats(lane, kind, ready_count, delayed_count, held_count, oldest_due_seconds, completed_last_hour, dead_last_hour, p50_seconds, p95_seconds);

COMMENT ON VIEW public.job_stats IS 'See private.list_job_stats.';

CREATE TABLE public.mono_training_sets (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    org_id uuid NOT NULL,
    name text NOT NULL,
    description text,
    auto_train boolean DEFAULT false NOT NULL,
    reads_scans boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT mono_training_sets_description_check CHECK ((char_length(description) <= 2000)),
    CONSTRAINT mono_training_sets_name_check CHECK ((private.is_visible(name) AND (char_length(name) <= 255)))
);

COMMENT ON TABLE public.mono_training_sets IS 'Groups of documents that are searched together. The set named Vault is made when a document is first trained.';

COMMENT ON COLUMN public.mono_training_sets.auto_train IS 'Whether documents of the set are to be trained without being asked.';

COMMENT ON COLUMN public.mono_training_sets.reads_scans IS 'Whether pages of PDFs that are pictures may be sent to the vision provider: it costs tokens, and the pictures leave the house. A document in several sets needs one that allows it.';

CREATE TABLE public.organization_quotas (
    org_id uuid NOT NULL,
    name text NOT NULL,
    max_count bigint,
    CONSTRAINT organization_quotas_max_count_check CHECK ((max_count >= 0))
);

COMMENT ON TABLE public.organization_quotas IS 'Quotas of organisations that differ from those of all; null for no limit. Operators write it with the service role, members read it.';

CREATE TABLE public.pages (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    org_id uuid DEFAULT '00000000-0000-0000-0000-000000000000'::uuid NOT NULL,
    project_id uuid NOT NULL,
    discipline_id uuid,
    page_name text NOT NULL,
    sheet_number text,
    sheet_reflection text,
    sheet_key text GENERATED ALWAYS AS (private.get_key(COALESCE(sheet_number, page_name))) STORED,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT pages_page_name_check CHECK ((private.is_visible(page_name) AND (char_length(page_name) <= 255))),
    CONSTRAINT pages_sheet_number_check CHECK ((private.is_visible(sheet_number) AND (char_length(sheet_number) <= 50))),
    CONSTRAINT pages_sheet_reflection_check CHECK ((char_length(sheet_reflection) <= 100000))
);

COMMENT ON TABLE public.pages IS 'Sheets of a drawing set, as Pass 1 leaves them.';

COMMENT ON COLUMN public.pages.sheet_reflection IS 'What Pass 1 says of the whole sheet: the context in which its crops are read.';

COMMENT ON COLUMN public.pages.sheet_key IS 'The sheet number, or else the name, in capitals without spaces and punctuation: what references are matched with.';

CREATE TABLE public.personas (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    org_id uuid NOT NULL,
    persona_key text NOT NULL,
    name text NOT NULL,
    description text,
    demographics jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT personas_name_check CHECK ((private.is_visible(name) AND (char_length(name) <= 255))),
    CONSTRAINT personas_persona_key_check CHECK ((persona_key ~ '^[a-z0-9_]{1,100}$'::text))
);

COMMENT ON TABLE public.personas IS 'Who the client in a conversation is.';

COMMENT ON COLUMN public.personas.persona_key IS 'Stable name in files, lower case with underscores.';

CREATE VIEW public.pointer_links WITH (security_invoker='true') AS
 SELECT pointer.org_id,
    pointer.project_id,
    pointer.id AS pointer_id,
    (reference."position")::integer AS "position",
    (reference.item ->> 'raw'::text) AS raw,
    page.id AS target_page_id,
    target.id AS target_pointer_id
   FROM ((((public.pointers pointer
     CROSS JOIN LATERAL jsonb_array_elements(pointer.cross_references) WITH ORDINALITY reference(item, "position"))
     CROSS JOIN LATERAL ( SELECT COALESCE((reference.item ->> 'sheet'::text), "substring"((reference.item ->> 'detail'::text), '^\s*(?:[A-Za-z]{2}[ -]?)?\d\d ?\d\d ?\d\d(?:\.\d\d)? ?- ?\w+\s*$'::text)) AS number) sheet)
     LEFT JOIN LATERAL ( SELECT found.id
           FROM public.pages found
          WHERE ((found.project_id = pointer.project_id) AND ((found.sheet_key = private.get_key(sheet.number)) OR ((private.get_key(sheet.number) ~ '^[0-9]{4,}$'::text) AND (regexp_replace(found.sheet_key, '^[A-Z]+'::text, ''::text) = private.get_key(sheet.number)))))
          ORDER BY (found.sheet_key = private.get_key(sheet.number)) DESC, (regexp_replace(upper(COALESCE(found.sheet_number, found.page_name)), '[^A-Z0-9.]'::text, ''::text, 'g'::text) = regexp_replace(upper(sheet.number), '[^A-Z0-9.]'::text, ''::text, 'g'::text)) DESC, found.created_at
         LIMIT 1) page ON (true))
     LEFT JOIN LATERAL ( SELECT found.id
           FROM public.pointers found
          WHERE ((found.page_id = COALESCE(page.id,
                CASE
                    WHEN ((reference.item ->> 'sheet'::text) IS NULL) THEN pointer.page_id
                    ELSE NULL::uuid
                END)) AND ((found.detail_key = private.get_key((reference.item ->> 'detail'::text))) OR ((private.get_key((reference.item ->> 'detail'::text)) ~ '^[0-9]{6,}$'::text) AND (regexp_replace(found.detail_key, '^[A-Z]+'::text, ''::text) = private.get_key((reference.item ->> 'detail'::text))))) AND (found.id <> pointer.id))
          ORDER BY (regexp_replace(upper((found.enrichment_metadata ->> 'detail_number'::text)), '[^A-Z0-9.]'::text, ''::text, 'g'::text) = regexp_replace(upper((reference.item ->> 'detail'::text)), '[^A-Z0-9.]'::text, ''::text, 'g'::text)) DESC NULLS LAST, found.created_at
         LIMIT 1) target ON (true));

COMMENT ON VIEW public.pointer_links IS 'What each cross-reference leads to in its project, as it is now: a page, a crop of it, or nothing yet.';

CREATE VIEW public.project_progress AS
SELECT
    NULL::uuid AS org_id,
    NULL::uuid AS project_id,
    NULL::bigint AS pending,
    NULL::bigint AS processing,
    NULL::bigint AS complete,
    NULL::bigint AS failed,
    NULL::bigint AS total;

COMMENT ON VIEW public.project_progress IS 'How many crops of each project are read, by status.';

CREATE TABLE public.projects (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    org_id uuid NOT NULL,
    name text NOT NULL,
    created_by uuid DEFAULT auth.uid(),
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT projects_name_check CHECK ((private.is_visible(name) AND (char_length(name) <= 255)))
);

COMMENT ON TABLE public.projects IS 'Construction projects of an organisation.';

CREATE TABLE public.sessions (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    org_id uuid DEFAULT '00000000-0000-0000-0000-000000000000'::uuid NOT NULL,
    project_id uuid NOT NULL,
    user_id text DEFAULT (auth.uid())::text NOT NULL,
    session_type text NOT NULL,
    workspace_id uuid,
    workspace_name text,
    maestro_messages jsonb DEFAULT '[]'::jsonb NOT NULL,
    learning_messages jsonb DEFAULT '[]'::jsonb NOT NULL,
    workspace_state jsonb DEFAULT '{"pinned_pages": [], "displayed_pages": [], "highlighted_pointers": []}'::jsonb,
    status text DEFAULT 'active'::text NOT NULL,
    last_active_at timestamp with time zone DEFAULT now() NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT sessions_session_type_check CHECK ((session_type = ANY (ARRAY['workspace'::text, 'telegram'::text]))),
    CONSTRAINT sessions_status_check CHECK ((status = ANY (ARRAY['active'::text, 'idle'::text, 'closed'::text])))
);

COMMENT ON TABLE public.sessions IS 'Conversations of a user with a project''s assistant.';

COMMENT ON COLUMN public.sessions.user_id IS 'Whose session it is: an id of auth.users, or of another service that the service role speaks for.';

CREATE TABLE public.training_file_conversations (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    org_id uuid NOT NULL,
    training_file_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    "position" integer NOT NULL,
    added_at timestamp with time zone DEFAULT now() NOT NULL,
    added_by uuid,
    CONSTRAINT training_file_conversations_position_check CHECK (("position" >= 0))
);

COMMENT ON TABLE public.training_file_conversations IS 'The conversations of the live version of a training file, in their order.';

CREATE TABLE public.training_file_sources (
    org_id uuid NOT NULL,
    version_id uuid NOT NULL,
    "position" integer NOT NULL,
    conversation_id uuid NOT NULL,
    sha256 text
);

COMMENT ON TABLE public.training_file_sources IS 'What a version is made of: its conversations in order, each with the hash of the bytes that were read.';

CREATE TABLE public.training_topics (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    org_id uuid NOT NULL,
    training_topic_key text NOT NULL,
    name text NOT NULL,
    description text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT training_topics_name_check CHECK ((private.is_visible(name) AND (char_length(name) <= 255))),
    CONSTRAINT training_topics_training_topic_key_check CHECK ((training_topic_key ~ '^[a-z0-9_]{1,100}$'::text))
);

COMMENT ON TABLE public.training_topics IS 'What a conversation is about.';

COMMENT ON COLUMN public.training_topics.training_topic_key IS 'Stable name in files, lower case with underscores.';

CREATE VIEW public.usage_daily WITH (security_invoker='true') AS
 SELECT org_id,
    ((created_at AT TIME ZONE 'utc'::text))::date AS day,
    kind,
    provider,
    model,
    sum(input_tokens) AS input_tokens,
    sum(output_tokens) AS output_tokens,
    sum((input_tokens + output_tokens)) FILTER (WHERE is_wasted) AS wasted_tokens,
    sum(cost_usd) AS cost_usd
   FROM public.usage_events event
  GROUP BY org_id, (((created_at AT TIME ZONE 'utc'::text))::date), kind, provider, model;

COMMENT ON VIEW public.usage_daily IS 'Tokens and cost by organisation, day (UTC), kind of job and model. Members see their own organisations.';

ALTER TABLE public.usage_events ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.usage_events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE ONLY private.embedding_models
    ADD CONSTRAINT embedding_models_pkey PRIMARY KEY (model);

ALTER TABLE ONLY private.failed_reembeddings
    ADD CONSTRAINT failed_reembeddings_pkey PRIMARY KEY (vault_document_id);

ALTER TABLE ONLY private.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (user_id, key);

ALTER TABLE ONLY private.installed_objects
    ADD CONSTRAINT installed_objects_pkey PRIMARY KEY (kind, name);

ALTER TABLE ONLY private.interrupted_vectors
    ADD CONSTRAINT interrupted_vectors_pkey PRIMARY KEY (vault_document_id, embedding_model, content_hash);

ALTER TABLE ONLY private.invitation_tokens
    ADD CONSTRAINT invitation_tokens_invitation_id_key UNIQUE (invitation_id);

ALTER TABLE ONLY private.invitation_tokens
    ADD CONSTRAINT invitation_tokens_pkey PRIMARY KEY (token_hash);

ALTER TABLE ONLY private.job_history
    ADD CONSTRAINT job_history_pkey PRIMARY KEY (id);

ALTER TABLE ONLY private.jobs
    ADD CONSTRAINT jobs_pkey PRIMARY KEY (id);

ALTER TABLE ONLY private.lanes
    ADD CONSTRAINT lanes_pkey PRIMARY KEY (lane);

ALTER TABLE ONLY private.minute_counts
    ADD CONSTRAINT minute_counts_pkey PRIMARY KEY (org_id, name);

ALTER TABLE ONLY private.model_prices
    ADD CONSTRAINT model_prices_pkey PRIMARY KEY (provider, model);

ALTER TABLE ONLY private.next_pointer_vectors
    ADD CONSTRAINT next_pointer_vectors_pkey PRIMARY KEY (pointer_id);

ALTER TABLE ONLY private.page_readings
    ADD CONSTRAINT page_readings_pkey PRIMARY KEY (org_id, vault_document_id, source_hash, page);

ALTER TABLE ONLY private.pointer_readings
    ADD CONSTRAINT pointer_readings_pkey PRIMARY KEY (pointer_id);

ALTER TABLE ONLY private.quotas
    ADD CONSTRAINT quotas_pkey PRIMARY KEY (name);

ALTER TABLE ONLY private.row_counts
    ADD CONSTRAINT row_counts_pkey PRIMARY KEY (org_id);

ALTER TABLE ONLY private.search_lexemes
    ADD CONSTRAINT search_lexemes_pkey PRIMARY KEY (org_id, lexeme);

ALTER TABLE ONLY private.search_recounts
    ADD CONSTRAINT search_recounts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY private.search_settings
    ADD CONSTRAINT search_settings_pkey PRIMARY KEY (id);

ALTER TABLE ONLY private.search_stats
    ADD CONSTRAINT search_stats_pkey PRIMARY KEY (org_id);

ALTER TABLE ONLY private.stale_chunks
    ADD CONSTRAINT stale_chunks_pkey PRIMARY KEY (org_id, vault_document_id, embedding_model);

ALTER TABLE ONLY private.storage_outbox
    ADD CONSTRAINT storage_outbox_bucket_path_key UNIQUE (bucket, path);

ALTER TABLE ONLY private.storage_outbox
    ADD CONSTRAINT storage_outbox_pkey PRIMARY KEY (id);

ALTER TABLE ONLY private.wakeups
    ADD CONSTRAINT wakeups_pkey PRIMARY KEY (only_row);

ALTER TABLE ONLY private.workers
    ADD CONSTRAINT workers_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.audit_events
    ADD CONSTRAINT audit_events_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.batch_items
    ADD CONSTRAINT batch_items_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.batch_jobs
    ADD CONSTRAINT batch_jobs_org_id_id_key UNIQUE (org_id, id);

ALTER TABLE ONLY public.batch_jobs
    ADD CONSTRAINT batch_jobs_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.conversation_snapshots
    ADD CONSTRAINT conversation_snapshots_pkey PRIMARY KEY (org_id, sha256);

ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_org_id_conversation_id_key UNIQUE (org_id, conversation_id);

ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.disciplines
    ADD CONSTRAINT disciplines_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.disciplines
    ADD CONSTRAINT disciplines_project_id_id_key UNIQUE (project_id, id);

ALTER TABLE ONLY public.disciplines
    ADD CONSTRAINT disciplines_project_id_name_key UNIQUE (project_id, name);

ALTER TABLE ONLY public.emotional_arcs
    ADD CONSTRAINT emotional_arcs_org_id_emotional_arc_key_key UNIQUE (org_id, emotional_arc_key);

ALTER TABLE ONLY public.emotional_arcs
    ADD CONSTRAINT emotional_arcs_org_id_id_key UNIQUE (org_id, id);

ALTER TABLE ONLY public.emotional_arcs
    ADD CONSTRAINT emotional_arcs_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.experience_files
    ADD CONSTRAINT experience_files_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.experience_files
    ADD CONSTRAINT experience_files_project_id_path_key UNIQUE (project_id, path);

ALTER TABLE ONLY public.mono_training_chunks
    ADD CONSTRAINT mono_training_chunks_org_id_document_generation_ordinal_key UNIQUE (org_id, vault_document_id, generation, ordinal);

ALTER TABLE ONLY public.mono_training_chunks
    ADD CONSTRAINT mono_training_chunks_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.mono_training_docs
    ADD CONSTRAINT mono_training_docs_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.mono_training_docs
    ADD CONSTRAINT mono_training_docs_training_set_id_vault_document_id_key UNIQUE (training_set_id, vault_document_id);

ALTER TABLE ONLY public.mono_training_jobs
    ADD CONSTRAINT mono_training_jobs_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.mono_training_sets
    ADD CONSTRAINT mono_training_sets_org_id_id_key UNIQUE (org_id, id);

ALTER TABLE ONLY public.mono_training_sets
    ADD CONSTRAINT mono_training_sets_org_id_name_key UNIQUE (org_id, name);

ALTER TABLE ONLY public.mono_training_sets
    ADD CONSTRAINT mono_training_sets_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.organization_invitations
    ADD CONSTRAINT organization_invitations_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.organization_members
    ADD CONSTRAINT organization_members_pkey PRIMARY KEY (org_id, user_id);

ALTER TABLE ONLY public.organization_quotas
    ADD CONSTRAINT organization_quotas_pkey PRIMARY KEY (org_id, name);

ALTER TABLE ONLY public.organizations
    ADD CONSTRAINT organizations_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.pages
    ADD CONSTRAINT pages_org_id_project_id_id_key UNIQUE (org_id, project_id, id);

ALTER TABLE ONLY public.pages
    ADD CONSTRAINT pages_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.personas
    ADD CONSTRAINT personas_org_id_id_key UNIQUE (org_id, id);

ALTER TABLE ONLY public.personas
    ADD CONSTRAINT personas_org_id_persona_key_key UNIQUE (org_id, persona_key);

ALTER TABLE ONLY public.personas
    ADD CONSTRAINT personas_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.pointers
    ADD CONSTRAINT pointers_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.projects
    ADD CONSTRAINT projects_org_id_id_key UNIQUE (org_id, id);

ALTER TABLE ONLY public.projects
    ADD CONSTRAINT projects_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.training_artifacts
    ADD CONSTRAINT training_artifacts_path_key UNIQUE (path);

ALTER TABLE ONLY public.training_artifacts
    ADD CONSTRAINT training_artifacts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.training_artifacts
    ADD CONSTRAINT training_artifacts_version_id_format_options_hash_key UNIQUE (version_id, format, options_hash);

ALTER TABLE ONLY public.training_file_conversations
    ADD CONSTRAINT training_file_conversations_file_conversation_key UNIQUE (training_file_id, conversation_id);

ALTER TABLE ONLY public.training_file_conversations
    ADD CONSTRAINT training_file_conversations_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.training_file_sources
    ADD CONSTRAINT training_file_sources_pkey PRIMARY KEY (version_id, "position");

ALTER TABLE ONLY public.training_file_sources
    ADD CONSTRAINT training_file_sources_version_id_conversation_id_key UNIQUE (version_id, conversation_id);

ALTER TABLE ONLY public.training_file_versions
    ADD CONSTRAINT training_file_versions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.training_file_versions
    ADD CONSTRAINT training_file_versions_training_file_id_version_key UNIQUE (training_file_id, version);

ALTER TABLE ONLY public.training_files
    ADD CONSTRAINT training_files_org_id_id_key UNIQUE (org_id, id);

ALTER TABLE ONLY public.training_files
    ADD CONSTRAINT training_files_org_id_name_key UNIQUE (org_id, name);

ALTER TABLE ONLY public.training_files
    ADD CONSTRAINT training_files_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.training_topics
    ADD CONSTRAINT training_topics_org_id_id_key UNIQUE (org_id, id);

ALTER TABLE ONLY public.training_topics
    ADD CONSTRAINT training_topics_org_id_training_topic_key_key UNIQUE (org_id, training_topic_key);

ALTER TABLE ONLY public.training_topics
    ADD CONSTRAINT training_topics_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.usage_events
    ADD CONSTRAINT usage_events_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.vault_documents
    ADD CONSTRAINT vault_documents_org_id_id_key UNIQUE (org_id, id);

ALTER TABLE ONLY public.vault_documents
    ADD CONSTRAINT vault_documents_pkey PRIMARY KEY (id);

CREATE INDEX failed_reembeddings_org_id_vault_document_id_idx ON private.failed_reembeddings USING btree (org_id, vault_document_id);

CREATE INDEX idempotency_keys_version_id_idx ON private.idempotency_keys USING btree (version_id);

CREATE INDEX job_history_dead_idx ON private.job_history USING btree (lane, kind, id) WHERE (outcome = 'dead'::text);

CREATE INDEX job_history_finished_at_idx ON private.job_history USING brin (finished_at) WITH (pages_per_range='16');

CREATE INDEX job_history_input_idx ON private.job_history USING btree (kind, dedupe_key, id DESC) WHERE ((outcome = 'completed'::text) AND (input_hash IS NOT NULL));

CREATE INDEX job_history_org_id_finished_at_idx ON private.job_history USING btree (org_id, finished_at DESC);

CREATE INDEX jobs_delayed_idx ON private.jobs USING btree (lane, visible_at) WHERE ((NOT is_ready) AND (lease_token IS NULL));

CREATE INDEX jobs_held_idx ON private.jobs USING btree (lane, visible_at) WHERE (lease_token IS NOT NULL);

CREATE UNIQUE INDEX jobs_kind_dedupe_key_idx ON private.jobs USING btree (kind, dedupe_key) WHERE (lease_token IS NULL);

CREATE INDEX jobs_lane_idx ON private.jobs USING brin (lane);

CREATE INDEX jobs_org_id_idx ON private.jobs USING btree (org_id, lane, priority, turn);

CREATE INDEX jobs_ready_idx ON private.jobs USING btree (lane, priority, turn, id) WHERE is_ready;

CREATE INDEX storage_outbox_due_at_idx ON private.storage_outbox USING btree (due_at);

CREATE INDEX audit_events_created_at_idx ON public.audit_events USING brin (created_at);

CREATE INDEX audit_events_org_id_id_idx ON public.audit_events USING btree (org_id, id DESC);

CREATE INDEX batch_items_org_id_batch_job_id_idx ON public.batch_items USING btree (org_id, batch_job_id);

CREATE INDEX batch_items_org_id_conversation_id_idx ON public.batch_items USING btree (org_id, conversation_id);

CREATE INDEX batch_jobs_created_by_idx ON public.batch_jobs USING btree (created_by);

CREATE INDEX conversations_created_by_idx ON public.conversations USING btree (created_by);

CREATE INDEX conversations_org_id_emotional_arc_id_idx ON public.conversations USING btree (org_id, emotional_arc_id);

CREATE INDEX conversations_org_id_persona_id_idx ON public.conversations USING btree (org_id, persona_id);

CREATE INDEX conversations_org_id_training_topic_id_idx ON public.conversations USING btree (org_id, training_topic_id);

CREATE INDEX disciplines_org_id_project_id_idx ON public.disciplines USING btree (org_id, project_id);

CREATE INDEX experience_files_org_id_project_id_idx ON public.experience_files USING btree (org_id, project_id);

CREATE INDEX experience_files_project_id_idx ON public.experience_files USING btree (project_id);

CREATE INDEX mono_training_chunks_metadata_idx ON ONLY public.mono_training_chunks USING gin (metadata jsonb_path_ops);

CREATE INDEX mono_training_chunks_search_vector_idx ON ONLY public.mono_training_chunks USING gin (search_vector);

CREATE INDEX mono_training_docs_org_id_training_set_id_idx ON public.mono_training_docs USING btree (org_id, training_set_id);

CREATE INDEX mono_training_docs_org_id_vault_document_id_idx ON public.mono_training_docs USING btree (org_id, vault_document_id);

CREATE INDEX mono_training_jobs_org_id_queued_at_idx ON public.mono_training_jobs USING btree (org_id, queued_at DESC, id DESC);

CREATE INDEX mono_training_jobs_org_id_vault_document_id_idx ON public.mono_training_jobs USING btree (org_id, vault_document_id, queued_at DESC);

CREATE INDEX mono_training_jobs_training_doc_id_idx ON public.mono_training_jobs USING btree (training_doc_id);

CREATE UNIQUE INDEX mono_training_jobs_vault_document_id_open_idx ON public.mono_training_jobs USING btree (vault_document_id) WHERE (status = ANY (ARRAY['queued'::text, 'processing'::text]));

CREATE INDEX organization_invitations_accepted_by_idx ON public.organization_invitations USING btree (accepted_by);

CREATE INDEX organization_invitations_invited_by_idx ON public.organization_invitations USING btree (invited_by);

CREATE UNIQUE INDEX organization_invitations_open_idx ON public.organization_invitations USING btree (org_id, email) WHERE (status = 'open'::text);

CREATE INDEX organization_invitations_org_id_created_at_idx ON public.organization_invitations USING btree (org_id, created_at DESC);

CREATE INDEX organization_members_user_id_idx ON public.organization_members USING btree (user_id);

CREATE INDEX organization_quotas_name_idx ON public.organization_quotas USING btree (name);

CREATE INDEX organizations_next_embedding_model_idx ON public.organizations USING btree (id) WHERE (next_embedding_model IS NOT NULL);

CREATE INDEX pages_project_id_discipline_id_idx ON public.pages USING btree (project_id, discipline_id);

CREATE INDEX pages_project_id_sheet_key_idx ON public.pages USING btree (project_id, sheet_key);

CREATE INDEX pointers_created_by_idx ON public.pointers USING btree (created_by);

CREATE INDEX pointers_enrichment_status_idx ON public.pointers USING btree (enrichment_status);

CREATE INDEX pointers_org_id_project_id_page_id_idx ON public.pointers USING btree (org_id, project_id, page_id);

CREATE INDEX pointers_page_id_detail_key_idx ON public.pointers USING btree (page_id, detail_key);

CREATE INDEX pointers_search_vector_idx ON public.pointers USING gin (search_vector);

CREATE INDEX projects_created_by_idx ON public.projects USING btree (created_by);

CREATE INDEX sessions_org_id_project_id_idx ON public.sessions USING btree (org_id, project_id);

CREATE INDEX sessions_project_id_idx ON public.sessions USING btree (project_id);

CREATE INDEX sessions_status_idx ON public.sessions USING btree (status) WHERE (status = 'active'::text);

CREATE INDEX sessions_user_id_idx ON public.sessions USING btree (user_id);

CREATE INDEX training_artifacts_org_id_idx ON public.training_artifacts USING btree (org_id);

CREATE INDEX training_file_conversations_added_by_idx ON public.training_file_conversations USING btree (added_by);

CREATE INDEX training_file_conversations_org_id_conversation_id_idx ON public.training_file_conversations USING btree (org_id, conversation_id);

CREATE INDEX training_file_conversations_org_id_training_file_id_idx ON public.training_file_conversations USING btree (org_id, training_file_id, "position");

CREATE INDEX training_file_sources_org_id_idx ON public.training_file_sources USING btree (org_id);

CREATE INDEX training_file_versions_created_by_idx ON public.training_file_versions USING btree (created_by);

CREATE INDEX training_file_versions_org_id_training_file_id_idx ON public.training_file_versions USING btree (org_id, training_file_id, version DESC);

CREATE UNIQUE INDEX training_file_versions_training_file_id_building_idx ON public.training_file_versions USING btree (training_file_id) WHERE (state = 'building'::text);

CREATE INDEX training_files_created_by_idx ON public.training_files USING btree (created_by);

CREATE INDEX training_files_org_id_created_at_idx ON public.training_files USING btree (org_id, created_at DESC, id DESC);

CREATE INDEX usage_events_org_id_created_at_idx ON public.usage_events USING btree (org_id, created_at DESC) INCLUDE (input_tokens, output_tokens);

CREATE INDEX usage_events_org_id_subject_id_idx ON public.usage_events USING btree (org_id, subject_id);

CREATE INDEX vault_documents_created_by_idx ON public.vault_documents USING btree (created_by);

CREATE INDEX vault_documents_org_id_created_at_idx ON public.vault_documents USING btree (org_id, created_at DESC, id DESC);

CREATE OR REPLACE VIEW public.project_progress WITH (security_invoker='true') AS
 SELECT project.org_id,
    project.id AS project_id,
    count(*) FILTER (WHERE ((pointer.enrichment_status)::text = 'pending'::text)) AS pending,
    count(*) FILTER (WHERE ((pointer.enrichment_status)::text = 'processing'::text)) AS processing,
    count(*) FILTER (WHERE ((pointer.enrichment_status)::text = 'complete'::text)) AS complete,
    count(*) FILTER (WHERE ((pointer.enrichment_status)::text = 'failed'::text)) AS failed,
    count(pointer.id) AS total
   FROM (public.projects project
     LEFT JOIN public.pointers pointer ON (((pointer.org_id = project.org_id) AND (pointer.project_id = project.id))))
  GROUP BY project.id;

CREATE TRIGGER _100_add_failed_reembedding AFTER INSERT ON private.job_history FOR EACH ROW WHEN (((new.kind = 'reembed_document'::text) AND (new.outcome = 'dead'::text))) EXECUTE FUNCTION private.tg_job_history__add_failed_reembedding();

CREATE TRIGGER _100_end_pointer AFTER INSERT ON private.job_history FOR EACH ROW WHEN ((new.kind = 'enrich_pointer'::text)) EXECUTE FUNCTION private.tg_job_history__end_pointer();

CREATE TRIGGER _100_end_training_job AFTER INSERT ON private.job_history FOR EACH ROW WHEN ((new.kind = 'train_document'::text)) EXECUTE FUNCTION private.tg_job_history__end_training_job();

CREATE TRIGGER _100_reopen_training_job AFTER INSERT ON private.jobs FOR EACH ROW WHEN (((new.kind = 'train_document'::text) AND (new.last_error IS NOT NULL))) EXECUTE FUNCTION private.tg_jobs__reopen_training_job();

CREATE TRIGGER _100_update_pointer AFTER INSERT ON private.jobs FOR EACH ROW WHEN ((new.kind = 'enrich_pointer'::text)) EXECUTE FUNCTION private.tg_jobs__update_pointer();

CREATE TRIGGER _100_update_training_job AFTER UPDATE ON private.jobs FOR EACH ROW WHEN (((new.kind = 'train_document'::text) AND ((old.lease_token IS DISTINCT FROM new.lease_token) OR (old.progress <> new.progress) OR (old.attempt <> new.attempt)))) EXECUTE FUNCTION private.tg_jobs__update_training_job();

CREATE TRIGGER _110_update_pointer AFTER UPDATE ON private.jobs FOR EACH ROW WHEN (((new.kind = 'enrich_pointer'::text) AND ((old.lease_token IS DISTINCT FROM new.lease_token) OR (old.attempt <> new.attempt)))) EXECUTE FUNCTION private.tg_jobs__update_pointer();

CREATE TRIGGER _200_delete_staged_chunks AFTER INSERT ON private.job_history FOR EACH ROW WHEN ((new.kind = 'train_document'::text)) EXECUTE FUNCTION private.tg_job_history__delete_staged_chunks();

CREATE TRIGGER _200_keep_vectors AFTER UPDATE OF last_error ON private.jobs FOR EACH ROW WHEN (((new.kind = 'train_document'::text) AND (old.lease_token IS NOT NULL) AND (new.lease_token IS NULL))) EXECUTE FUNCTION private.tg_jobs__keep_vectors();

CREATE TRIGGER _300_add_usage AFTER INSERT ON private.job_history FOR EACH ROW WHEN ((new.usage IS NOT NULL)) EXECUTE FUNCTION private.tg_job_history__add_usage();

CREATE TRIGGER _300_delete_page_readings AFTER INSERT ON private.job_history FOR EACH ROW WHEN (((new.kind = 'train_document'::text) AND (new.outcome = 'completed'::text))) EXECUTE FUNCTION private.tg_job_history__delete_page_readings();

CREATE TRIGGER _900_wake_worker AFTER INSERT ON private.jobs FOR EACH STATEMENT EXECUTE FUNCTION private.tg_jobs__wake_worker();

CREATE TRIGGER _100_assert_kept BEFORE DELETE OR UPDATE ON public.audit_events FOR EACH ROW EXECUTE FUNCTION private.tg_audit_events__assert_kept();

CREATE TRIGGER _100_revoke BEFORE UPDATE OF invited_by ON public.organization_invitations FOR EACH ROW WHEN (((new.invited_by IS NULL) AND (new.status = 'open'::text))) EXECUTE FUNCTION private.tg_organization_invitations__revoke();

CREATE TRIGGER _100_set_updated_at BEFORE UPDATE ON public.batch_items FOR EACH ROW EXECUTE FUNCTION private.tg_any__set_updated_at();

CREATE TRIGGER _100_set_updated_at BEFORE UPDATE ON public.batch_jobs FOR EACH ROW EXECUTE FUNCTION private.tg_any__set_updated_at();

CREATE TRIGGER _100_set_updated_at BEFORE UPDATE ON public.conversations FOR EACH ROW EXECUTE FUNCTION private.tg_any__set_updated_at();

CREATE TRIGGER _100_set_updated_at BEFORE UPDATE ON public.disciplines FOR EACH ROW EXECUTE FUNCTION private.tg_any__set_updated_at();

CREATE TRIGGER _100_set_updated_at BEFORE UPDATE ON public.emotional_arcs FOR EACH ROW EXECUTE FUNCTION private.tg_any__set_updated_at();

CREATE TRIGGER _100_set_updated_at BEFORE UPDATE ON public.experience_files FOR EACH ROW EXECUTE FUNCTION private.tg_any__set_updated_at();

CREATE TRIGGER _100_set_updated_at BEFORE UPDATE ON public.mono_training_docs FOR EACH ROW EXECUTE FUNCTION private.tg_any__set_updated_at();

CREATE TRIGGER _100_set_updated_at BEFORE UPDATE ON public.mono_training_sets FOR EACH ROW EXECUTE FUNCTION private.tg_any__set_updated_at();

CREATE TRIGGER _100_set_updated_at BEFORE UPDATE ON public.organizations FOR EACH ROW EXECUTE FUNCTION private.tg_any__set_updated_at();

CREATE TRIGGER _100_set_updated_at BEFORE UPDATE ON public.pages FOR EACH ROW EXECUTE FUNCTION private.tg_any__set_updated_at();

CREATE TRIGGER _100_set_updated_at BEFORE UPDATE ON public.personas FOR EACH ROW EXECUTE FUNCTION private.tg_any__set_updated_at();

CREATE TRIGGER _100_set_updated_at BEFORE UPDATE ON public.pointers FOR EACH ROW EXECUTE FUNCTION private.tg_any__set_updated_at();

CREATE TRIGGER _100_set_updated_at BEFORE UPDATE ON public.projects FOR EACH ROW EXECUTE FUNCTION private.tg_any__set_updated_at();

CREATE TRIGGER _100_set_updated_at BEFORE UPDATE ON public.sessions FOR EACH ROW EXECUTE FUNCTION private.tg_any__set_updated_at();

CREATE TRIGGER _100_set_updated_at BEFORE UPDATE ON public.training_files FOR EACH ROW EXECUTE FUNCTION private.tg_any__set_updated_at();

CREATE TRIGGER _100_set_updated_at BEFORE UPDATE ON public.training_topics FOR EACH ROW EXECUTE FUNCTION private.tg_any__set_updated_at();

CREATE TRIGGER _100_set_updated_at BEFORE UPDATE ON public.vault_documents FOR EACH ROW EXECUTE FUNCTION private.tg_any__set_updated_at();

CREATE TRIGGER _110_assert_kept BEFORE TRUNCATE ON public.audit_events FOR EACH STATEMENT EXECUTE FUNCTION private.tg_audit_events__assert_kept();

CREATE TRIGGER _150_set_enriched_at BEFORE UPDATE OF enriched_file_path, enrichment_status ON public.conversations FOR EACH ROW WHEN (((new.enrichment_status = 'completed'::text) OR (new.enrichment_status <> old.enrichment_status))) EXECUTE FUNCTION private.tg_conversations__set_enriched_at();

CREATE TRIGGER _200_assert_path BEFORE UPDATE OF enriched_file_path ON public.conversations FOR EACH ROW WHEN (((new.created_by IS NULL) AND (new.enriched_file_path <> COALESCE(old.enriched_file_path, ''::text)))) EXECUTE FUNCTION private.tg_conversations__assert_path();

CREATE TRIGGER _200_assert_path_of_new BEFORE INSERT ON public.conversations FOR EACH ROW WHEN (((new.created_by IS NULL) AND (new.enriched_file_path IS NOT NULL))) EXECUTE FUNCTION private.tg_conversations__assert_path();

CREATE TRIGGER _200_delete_interrupted_vectors AFTER DELETE ON public.vault_documents REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_vault_documents__delete_interrupted_vectors();

CREATE TRIGGER _200_raise_revision BEFORE UPDATE OF title, png_path ON public.pointers FOR EACH ROW EXECUTE FUNCTION private.tg_pointers__raise_revision();

CREATE TRIGGER _200_raise_revision BEFORE UPDATE OF title, storage_path, mime_type, language ON public.vault_documents FOR EACH ROW EXECUTE FUNCTION private.tg_vault_documents__raise_revision();

CREATE TRIGGER _200_revoke_invitations AFTER DELETE OR UPDATE OF role ON public.organization_members FOR EACH ROW EXECUTE FUNCTION private.tg_organization_members__revoke_invitations();

CREATE TRIGGER _200_set_org_id BEFORE INSERT ON public.disciplines FOR EACH ROW EXECUTE FUNCTION private.tg_any__set_project_org_id();

CREATE TRIGGER _200_set_org_id BEFORE INSERT ON public.experience_files FOR EACH ROW EXECUTE FUNCTION private.tg_any__set_project_org_id();

CREATE TRIGGER _200_set_org_id BEFORE INSERT ON public.mono_training_docs FOR EACH ROW EXECUTE FUNCTION private.tg_mono_training_docs__set_org_id();

CREATE TRIGGER _200_set_org_id BEFORE INSERT ON public.pages FOR EACH ROW EXECUTE FUNCTION private.tg_any__set_project_org_id();

CREATE TRIGGER _200_set_org_id BEFORE INSERT ON public.sessions FOR EACH ROW EXECUTE FUNCTION private.tg_any__set_project_org_id();

CREATE TRIGGER _200_set_project BEFORE INSERT ON public.pointers FOR EACH ROW EXECUTE FUNCTION private.tg_pointers__set_project();

CREATE TRIGGER _300_add_default_experience AFTER INSERT ON public.projects FOR EACH ROW EXECUTE FUNCTION private.tg_projects__add_experience();

CREATE TRIGGER _300_add_objects_to_outbox AFTER DELETE ON public.organizations FOR EACH ROW EXECUTE FUNCTION private.tg_organizations__add_objects_to_outbox();

CREATE TRIGGER _300_keep_jobs BEFORE DELETE ON public.mono_training_docs FOR EACH ROW EXECUTE FUNCTION private.tg_mono_training_docs__keep_jobs();

CREATE TRIGGER _300_list_changed_objects AFTER UPDATE OF png_path ON public.pointers FOR EACH ROW WHEN ((old.png_path <> new.png_path)) EXECUTE FUNCTION private.tg_pointers__list_objects();

CREATE TRIGGER _300_list_changed_objects AFTER UPDATE OF storage_path ON public.vault_documents FOR EACH ROW WHEN ((old.storage_path <> new.storage_path)) EXECUTE FUNCTION private.tg_vault_documents__list_objects();

CREATE TRIGGER _300_list_gone_objects AFTER DELETE ON public.pointers REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_pointers__list_objects();

CREATE TRIGGER _300_list_gone_objects AFTER DELETE ON public.vault_documents REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_vault_documents__list_objects();

CREATE TRIGGER _300_list_new_objects AFTER INSERT ON public.pointers REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_pointers__list_objects();

CREATE TRIGGER _300_list_new_objects AFTER INSERT ON public.vault_documents REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_vault_documents__list_objects();

CREATE TRIGGER _300_update_training_files AFTER UPDATE ON public.conversations FOR EACH ROW WHEN ((new.enriched_at <> old.enriched_at)) EXECUTE FUNCTION private.tg_conversations__update_training_files();

CREATE TRIGGER _400_delete_chunks AFTER DELETE ON public.mono_training_docs REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_mono_training_docs__delete_chunks();

CREATE TRIGGER _500_enqueue_search_recount AFTER DELETE ON public.mono_training_docs REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_any__enqueue_search_recount();

CREATE TRIGGER _500_enqueue_search_recount AFTER DELETE ON public.vault_documents REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_any__enqueue_search_recount();

CREATE TRIGGER _700_count_gone AFTER DELETE ON public.batch_items REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_any__count_gone();

CREATE TRIGGER _700_count_gone AFTER DELETE ON public.batch_jobs REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_any__count_gone();

CREATE TRIGGER _700_count_gone AFTER DELETE ON public.conversations REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_any__count_gone();

CREATE TRIGGER _700_count_gone AFTER DELETE ON public.disciplines REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_any__count_gone();

CREATE TRIGGER _700_count_gone AFTER DELETE ON public.emotional_arcs REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_any__count_gone();

CREATE TRIGGER _700_count_gone AFTER DELETE ON public.experience_files REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_any__count_gone();

CREATE TRIGGER _700_count_gone AFTER DELETE ON public.mono_training_docs REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_any__count_gone();

CREATE TRIGGER _700_count_gone AFTER DELETE ON public.mono_training_sets REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_any__count_gone();

CREATE TRIGGER _700_count_gone AFTER DELETE ON public.pages REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_any__count_gone();

CREATE TRIGGER _700_count_gone AFTER DELETE ON public.personas REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_any__count_gone();

CREATE TRIGGER _700_count_gone AFTER DELETE ON public.pointers REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_any__count_gone();

CREATE TRIGGER _700_count_gone AFTER DELETE ON public.projects REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_any__count_gone();

CREATE TRIGGER _700_count_gone AFTER DELETE ON public.sessions REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_any__count_gone();

CREATE TRIGGER _700_count_gone AFTER DELETE ON public.training_files REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_any__count_gone();

CREATE TRIGGER _700_count_gone AFTER DELETE ON public.training_topics REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_any__count_gone();

CREATE TRIGGER _700_count_gone AFTER DELETE ON public.vault_documents REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_any__count_gone();

CREATE TRIGGER _700_count_new AFTER INSERT ON public.batch_items REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_any__count_new();

CREATE TRIGGER _700_count_new AFTER INSERT ON public.batch_jobs REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_any__count_new();

CREATE TRIGGER _700_count_new AFTER INSERT ON public.conversations REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_any__count_new();

CREATE TRIGGER _700_count_new AFTER INSERT ON public.disciplines REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_any__count_new();

CREATE TRIGGER _700_count_new AFTER INSERT ON public.emotional_arcs REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_any__count_new();

CREATE TRIGGER _700_count_new AFTER INSERT ON public.experience_files REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_any__count_new();

CREATE TRIGGER _700_count_new AFTER INSERT ON public.mono_training_docs REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_any__count_new();

CREATE TRIGGER _700_count_new AFTER INSERT ON public.mono_training_sets REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_any__count_new();

CREATE TRIGGER _700_count_new AFTER INSERT ON public.pages REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_any__count_new();

CREATE TRIGGER _700_count_new AFTER INSERT ON public.personas REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_any__count_new();

CREATE TRIGGER _700_count_new AFTER INSERT ON public.pointers REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_any__count_new();

CREATE TRIGGER _700_count_new AFTER INSERT ON public.projects REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_any__count_new();

CREATE TRIGGER _700_count_new AFTER INSERT ON public.sessions REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_any__count_new();

CREATE TRIGGER _700_count_new AFTER INSERT ON public.training_files REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_any__count_new();

CREATE TRIGGER _700_count_new AFTER INSERT ON public.training_topics REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_any__count_new();

CREATE TRIGGER _700_count_new AFTER INSERT ON public.vault_documents REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_any__count_new();

CREATE TRIGGER _800_add_change_event AFTER UPDATE ON public.mono_training_sets FOR EACH ROW WHEN ((((old.name IS DISTINCT FROM new.name) OR (old.auto_train IS DISTINCT FROM new.auto_train)) OR (old.reads_scans IS DISTINCT FROM new.reads_scans))) EXECUTE FUNCTION private.tg_any__add_change_event('training_set', 'name', 'name', 'auto_train', 'reads_scans');

CREATE TRIGGER _800_add_change_event AFTER UPDATE ON public.projects FOR EACH ROW WHEN ((old.name <> new.name)) EXECUTE FUNCTION private.tg_any__add_change_event('project', 'name', 'name');

CREATE TRIGGER _800_add_change_event AFTER UPDATE ON public.vault_documents FOR EACH ROW WHEN ((old.revision <> new.revision)) EXECUTE FUNCTION private.tg_any__add_change_event('document', 'title', 'title', 'mime_type', 'language', 'revision');

CREATE TRIGGER _800_add_creation_event AFTER INSERT ON public.mono_training_sets FOR EACH ROW EXECUTE FUNCTION private.tg_any__add_change_event('training_set', 'name');

CREATE TRIGGER _800_add_creation_event AFTER INSERT ON public.projects FOR EACH ROW EXECUTE FUNCTION private.tg_any__add_change_event('project', 'name');

CREATE TRIGGER _800_add_creation_event AFTER INSERT ON public.training_files FOR EACH ROW EXECUTE FUNCTION private.tg_any__add_change_event('training_file', 'name');

CREATE TRIGGER _800_add_creation_event AFTER INSERT ON public.vault_documents FOR EACH ROW EXECUTE FUNCTION private.tg_any__add_change_event('document', 'title');

CREATE TRIGGER _800_add_deletion_events AFTER DELETE ON public.conversations REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION private.tg_any__add_deletion_events('conversation.deleted', 'conversation_id');

CREATE TRIGGER _800_add_deletion_events AFTER DELETE ON public.mono_training_sets REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION private.tg_any__add_deletion_events('training_set.deleted', 'name');

CREATE TRIGGER _800_add_deletion_events AFTER DELETE ON public.projects REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION private.tg_any__add_deletion_events('project.deleted', 'name');

CREATE TRIGGER _800_add_deletion_events AFTER DELETE ON public.training_files REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION private.tg_any__add_deletion_events('training_file.deleted', 'name');

CREATE TRIGGER _800_add_deletion_events AFTER DELETE ON public.vault_documents REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION private.tg_any__add_deletion_events('document.deleted', 'title');

CREATE TRIGGER _800_add_event AFTER INSERT ON public.organization_invitations FOR EACH ROW EXECUTE FUNCTION private.tg_organization_invitations__add_event();

CREATE TRIGGER _800_add_event AFTER INSERT OR DELETE ON public.organization_members FOR EACH ROW EXECUTE FUNCTION private.tg_organization_members__add_event();

CREATE TRIGGER _800_add_event AFTER INSERT OR DELETE OR UPDATE ON public.organization_quotas FOR EACH ROW EXECUTE FUNCTION private.tg_organization_quotas__add_event();

CREATE TRIGGER _800_add_event AFTER INSERT OR DELETE ON public.organizations FOR EACH ROW EXECUTE FUNCTION private.tg_organizations__add_event();

CREATE TRIGGER _800_enqueue_changed AFTER UPDATE ON public.pointers REFERENCING OLD TABLE AS former NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_pointers__enqueue_changed();

CREATE TRIGGER _800_enqueue_new AFTER INSERT ON public.pointers REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_pointers__enqueue();

CREATE TRIGGER _800_enqueue_pointers AFTER UPDATE ON public.disciplines REFERENCING OLD TABLE AS former NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_disciplines__enqueue_pointers();

CREATE TRIGGER _800_enqueue_pointers AFTER UPDATE OF embedding_model ON public.organizations FOR EACH ROW WHEN ((old.embedding_model IS DISTINCT FROM new.embedding_model)) EXECUTE FUNCTION private.tg_organizations__enqueue_pointers();

CREATE TRIGGER _800_enqueue_pointers AFTER UPDATE ON public.pages REFERENCING OLD TABLE AS former NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_pages__enqueue_pointers();

CREATE TRIGGER _800_train AFTER INSERT ON public.mono_training_docs REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION private.tg_mono_training_docs__train();

CREATE TRIGGER _800_train AFTER INSERT OR UPDATE OF auto_train ON public.mono_training_sets FOR EACH ROW WHEN (new.auto_train) EXECUTE FUNCTION private.tg_mono_training_sets__train();

CREATE TRIGGER _800_train_changed AFTER UPDATE ON public.vault_documents REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_vault_documents__train();

CREATE TRIGGER _800_train_new AFTER INSERT ON public.vault_documents REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_vault_documents__train();

CREATE TRIGGER _810_add_event AFTER UPDATE ON public.organization_invitations FOR EACH ROW WHEN ((old.status <> new.status)) EXECUTE FUNCTION private.tg_organization_invitations__add_event();

CREATE TRIGGER _810_add_event AFTER UPDATE OF role ON public.organization_members FOR EACH ROW WHEN ((old.role <> new.role)) EXECUTE FUNCTION private.tg_organization_members__add_event();

CREATE TRIGGER _810_add_event AFTER UPDATE OF name ON public.organizations FOR EACH ROW WHEN ((old.name <> new.name)) EXECUTE FUNCTION private.tg_organizations__add_event();

CREATE CONSTRAINT TRIGGER _900_assert_owner AFTER DELETE OR UPDATE ON public.organization_members DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((old.role = 'owner'::text)) EXECUTE FUNCTION private.tg_organization_members__assert_owner();

CREATE TRIGGER _900_delete_search_stats AFTER DELETE ON public.organizations FOR EACH ROW EXECUTE FUNCTION private.tg_organizations__delete_search_stats();

ALTER TABLE ONLY private.failed_reembeddings
    ADD CONSTRAINT failed_reembeddings_org_id_vault_document_id_fkey FOREIGN KEY (org_id, vault_document_id) REFERENCES public.vault_documents(org_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY private.idempotency_keys
    ADD CONSTRAINT idempotency_keys_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY private.idempotency_keys
    ADD CONSTRAINT idempotency_keys_version_id_fkey FOREIGN KEY (version_id) REFERENCES public.training_file_versions(id) ON DELETE CASCADE;

ALTER TABLE ONLY private.invitation_tokens
    ADD CONSTRAINT invitation_tokens_invitation_id_fkey FOREIGN KEY (invitation_id) REFERENCES public.organization_invitations(id) ON DELETE CASCADE;

ALTER TABLE ONLY private.job_history
    ADD CONSTRAINT job_history_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE ONLY private.jobs
    ADD CONSTRAINT jobs_lane_fkey FOREIGN KEY (lane) REFERENCES private.lanes(lane) ON DELETE RESTRICT;

ALTER TABLE ONLY private.jobs
    ADD CONSTRAINT jobs_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE ONLY private.minute_counts
    ADD CONSTRAINT minute_counts_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE ONLY private.next_pointer_vectors
    ADD CONSTRAINT next_pointer_vectors_pointer_id_fkey FOREIGN KEY (pointer_id) REFERENCES public.pointers(id) ON DELETE CASCADE;

ALTER TABLE ONLY private.page_readings
    ADD CONSTRAINT page_readings_org_id_vault_document_id_fkey FOREIGN KEY (org_id, vault_document_id) REFERENCES public.vault_documents(org_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY private.pointer_readings
    ADD CONSTRAINT pointer_readings_pointer_id_fkey FOREIGN KEY (pointer_id) REFERENCES public.pointers(id) ON DELETE CASCADE;

ALTER TABLE ONLY private.row_counts
    ADD CONSTRAINT row_counts_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE ONLY private.stale_chunks
    ADD CONSTRAINT stale_chunks_org_id_vault_document_id_fkey FOREIGN KEY (org_id, vault_document_id) REFERENCES public.vault_documents(org_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.batch_items
    ADD CONSTRAINT batch_items_org_id_batch_job_id_fkey FOREIGN KEY (org_id, batch_job_id) REFERENCES public.batch_jobs(org_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.batch_items
    ADD CONSTRAINT batch_items_org_id_conversation_id_fkey FOREIGN KEY (org_id, conversation_id) REFERENCES public.conversations(org_id, conversation_id) ON DELETE SET NULL (conversation_id);

ALTER TABLE ONLY public.batch_jobs
    ADD CONSTRAINT batch_jobs_created_by_fkey FOREIGN KEY (created_by) REFERENCES auth.users(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.batch_jobs
    ADD CONSTRAINT batch_jobs_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.conversation_snapshots
    ADD CONSTRAINT conversation_snapshots_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_created_by_fkey FOREIGN KEY (created_by) REFERENCES auth.users(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_org_id_emotional_arc_id_fkey FOREIGN KEY (org_id, emotional_arc_id) REFERENCES public.emotional_arcs(org_id, id) ON DELETE SET NULL (emotional_arc_id);

ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_org_id_persona_id_fkey FOREIGN KEY (org_id, persona_id) REFERENCES public.personas(org_id, id) ON DELETE SET NULL (persona_id);

ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_org_id_training_topic_id_fkey FOREIGN KEY (org_id, training_topic_id) REFERENCES public.training_topics(org_id, id) ON DELETE SET NULL (training_topic_id);

ALTER TABLE ONLY public.disciplines
    ADD CONSTRAINT disciplines_org_id_project_id_fkey FOREIGN KEY (org_id, project_id) REFERENCES public.projects(org_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.emotional_arcs
    ADD CONSTRAINT emotional_arcs_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.experience_files
    ADD CONSTRAINT experience_files_org_id_project_id_fkey FOREIGN KEY (org_id, project_id) REFERENCES public.projects(org_id, id) ON DELETE CASCADE;

ALTER TABLE public.mono_training_chunks
    ADD CONSTRAINT mono_training_chunks_org_id_vault_document_id_fkey FOREIGN KEY (org_id, vault_document_id) REFERENCES public.vault_documents(org_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.mono_training_docs
    ADD CONSTRAINT mono_training_docs_org_id_training_set_id_fkey FOREIGN KEY (org_id, training_set_id) REFERENCES public.mono_training_sets(org_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.mono_training_docs
    ADD CONSTRAINT mono_training_docs_org_id_vault_document_id_fkey FOREIGN KEY (org_id, vault_document_id) REFERENCES public.vault_documents(org_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.mono_training_jobs
    ADD CONSTRAINT mono_training_jobs_org_id_vault_document_id_fkey FOREIGN KEY (org_id, vault_document_id) REFERENCES public.vault_documents(org_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.mono_training_jobs
    ADD CONSTRAINT mono_training_jobs_training_doc_id_fkey FOREIGN KEY (training_doc_id) REFERENCES public.mono_training_docs(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.mono_training_sets
    ADD CONSTRAINT mono_training_sets_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.organization_invitations
    ADD CONSTRAINT organization_invitations_accepted_by_fkey FOREIGN KEY (accepted_by) REFERENCES auth.users(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.organization_invitations
    ADD CONSTRAINT organization_invitations_invited_by_fkey FOREIGN KEY (invited_by) REFERENCES auth.users(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.organization_invitations
    ADD CONSTRAINT organization_invitations_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.organization_members
    ADD CONSTRAINT organization_members_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.organization_members
    ADD CONSTRAINT organization_members_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.organization_quotas
    ADD CONSTRAINT organization_quotas_name_fkey FOREIGN KEY (name) REFERENCES private.quotas(name) ON DELETE CASCADE;

ALTER TABLE ONLY public.organization_quotas
    ADD CONSTRAINT organization_quotas_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.pages
    ADD CONSTRAINT pages_org_id_project_id_fkey FOREIGN KEY (org_id, project_id) REFERENCES public.projects(org_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.pages
    ADD CONSTRAINT pages_project_id_discipline_id_fkey FOREIGN KEY (project_id, discipline_id) REFERENCES public.disciplines(project_id, id) ON DELETE SET NULL (discipline_id);

ALTER TABLE ONLY public.personas
    ADD CONSTRAINT personas_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.pointers
    ADD CONSTRAINT pointers_created_by_fkey FOREIGN KEY (created_by) REFERENCES auth.users(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.pointers
    ADD CONSTRAINT pointers_org_id_project_id_page_id_fkey FOREIGN KEY (org_id, project_id, page_id) REFERENCES public.pages(org_id, project_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.projects
    ADD CONSTRAINT projects_created_by_fkey FOREIGN KEY (created_by) REFERENCES auth.users(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.projects
    ADD CONSTRAINT projects_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_org_id_project_id_fkey FOREIGN KEY (org_id, project_id) REFERENCES public.projects(org_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.training_artifacts
    ADD CONSTRAINT training_artifacts_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.training_artifacts
    ADD CONSTRAINT training_artifacts_version_id_fkey FOREIGN KEY (version_id) REFERENCES public.training_file_versions(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.training_file_conversations
    ADD CONSTRAINT training_file_conversations_added_by_fkey FOREIGN KEY (added_by) REFERENCES auth.users(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.training_file_conversations
    ADD CONSTRAINT training_file_conversations_org_id_conversation_id_fkey FOREIGN KEY (org_id, conversation_id) REFERENCES public.conversations(org_id, conversation_id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.training_file_conversations
    ADD CONSTRAINT training_file_conversations_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.training_file_conversations
    ADD CONSTRAINT training_file_conversations_org_id_training_file_id_fkey FOREIGN KEY (org_id, training_file_id) REFERENCES public.training_files(org_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.training_file_sources
    ADD CONSTRAINT training_file_sources_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.training_file_sources
    ADD CONSTRAINT training_file_sources_version_id_fkey FOREIGN KEY (version_id) REFERENCES public.training_file_versions(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.training_file_versions
    ADD CONSTRAINT training_file_versions_created_by_fkey FOREIGN KEY (created_by) REFERENCES auth.users(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.training_file_versions
    ADD CONSTRAINT training_file_versions_org_id_training_file_id_fkey FOREIGN KEY (org_id, training_file_id) REFERENCES public.training_files(org_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.training_files
    ADD CONSTRAINT training_files_created_by_fkey FOREIGN KEY (created_by) REFERENCES auth.users(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.training_files
    ADD CONSTRAINT training_files_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.training_topics
    ADD CONSTRAINT training_topics_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.usage_events
    ADD CONSTRAINT usage_events_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.vault_documents
    ADD CONSTRAINT vault_documents_created_by_fkey FOREIGN KEY (created_by) REFERENCES auth.users(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.vault_documents
    ADD CONSTRAINT vault_documents_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE private.embedding_models ENABLE ROW LEVEL SECURITY;

ALTER TABLE private.failed_reembeddings ENABLE ROW LEVEL SECURITY;

ALTER TABLE private.idempotency_keys ENABLE ROW LEVEL SECURITY;

ALTER TABLE private.installed_objects ENABLE ROW LEVEL SECURITY;

ALTER TABLE private.interrupted_vectors ENABLE ROW LEVEL SECURITY;

ALTER TABLE private.invitation_tokens ENABLE ROW LEVEL SECURITY;

ALTER TABLE private.job_history ENABLE ROW LEVEL SECURITY;

ALTER TABLE private.jobs ENABLE ROW LEVEL SECURITY;

ALTER TABLE private.lanes ENABLE ROW LEVEL SECURITY;

ALTER TABLE private.minute_counts ENABLE ROW LEVEL SECURITY;

ALTER TABLE private.model_prices ENABLE ROW LEVEL SECURITY;

ALTER TABLE private.next_pointer_vectors ENABLE ROW LEVEL SECURITY;

ALTER TABLE private.page_readings ENABLE ROW LEVEL SECURITY;

ALTER TABLE private.pointer_readings ENABLE ROW LEVEL SECURITY;

ALTER TABLE private.quotas ENABLE ROW LEVEL SECURITY;

ALTER TABLE private.row_counts ENABLE ROW LEVEL SECURITY;

ALTER TABLE private.search_lexemes ENABLE ROW LEVEL SECURITY;

ALTER TABLE private.search_recounts ENABLE ROW LEVEL SECURITY;

ALTER TABLE private.search_settings ENABLE ROW LEVEL SECURITY;

ALTER TABLE private.search_stats ENABLE ROW LEVEL SECURITY;

ALTER TABLE private.stale_chunks ENABLE ROW LEVEL SECURITY;

ALTER TABLE private.storage_outbox ENABLE ROW LEVEL SECURITY;

ALTER TABLE private.wakeups ENABLE ROW LEVEL SECURITY;

ALTER TABLE private.workers ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.audit_events ENABLE ROW LEVEL SECURITY;

CREATE POLICY audit_events_select_admin ON public.audit_events FOR SELECT TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('admin'::text) AS get_member_org_ids)));

ALTER TABLE public.batch_items ENABLE ROW LEVEL SECURITY;

CREATE POLICY batch_items_delete_admin ON public.batch_items FOR DELETE TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('admin'::text) AS get_member_org_ids)));

CREATE POLICY batch_items_insert_editor ON public.batch_items FOR INSERT TO authenticated WITH CHECK ((org_id IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids)));

CREATE POLICY batch_items_select_viewer ON public.batch_items FOR SELECT TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('viewer'::text) AS get_member_org_ids)));

CREATE POLICY batch_items_update_editor ON public.batch_items FOR UPDATE TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids))) WITH CHECK ((org_id IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids)));

ALTER TABLE public.batch_jobs ENABLE ROW LEVEL SECURITY;

CREATE POLICY batch_jobs_delete_admin ON public.batch_jobs FOR DELETE TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('admin'::text) AS get_member_org_ids)));

CREATE POLICY batch_jobs_insert_editor ON public.batch_jobs FOR INSERT TO authenticated WITH CHECK ((org_id IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids)));

CREATE POLICY batch_jobs_select_viewer ON public.batch_jobs FOR SELECT TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('viewer'::text) AS get_member_org_ids)));

CREATE POLICY batch_jobs_update_editor ON public.batch_jobs FOR UPDATE TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids))) WITH CHECK ((org_id IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids)));

ALTER TABLE public.conversation_snapshots ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.conversations ENABLE ROW LEVEL SECURITY;

CREATE POLICY conversations_delete_admin ON public.conversations FOR DELETE TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('admin'::text) AS get_member_org_ids)));

CREATE POLICY conversations_insert_editor ON public.conversations FOR INSERT TO authenticated WITH CHECK ((org_id IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids)));

CREATE POLICY conversations_select_viewer ON public.conversations FOR SELECT TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('viewer'::text) AS get_member_org_ids)));

CREATE POLICY conversations_update_editor ON public.conversations FOR UPDATE TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids))) WITH CHECK ((org_id IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids)));

ALTER TABLE public.disciplines ENABLE ROW LEVEL SECURITY;

CREATE POLICY disciplines_delete_admin ON public.disciplines FOR DELETE TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('admin'::text) AS get_member_org_ids)));

CREATE POLICY disciplines_insert_editor ON public.disciplines FOR INSERT TO authenticated WITH CHECK ((org_id IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids)));

CREATE POLICY disciplines_select_viewer ON public.disciplines FOR SELECT TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('viewer'::text) AS get_member_org_ids)));

CREATE POLICY disciplines_update_editor ON public.disciplines FOR UPDATE TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids))) WITH CHECK ((org_id IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids)));

ALTER TABLE public.emotional_arcs ENABLE ROW LEVEL SECURITY;

CREATE POLICY emotional_arcs_delete_admin ON public.emotional_arcs FOR DELETE TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('admin'::text) AS get_member_org_ids)));

CREATE POLICY emotional_arcs_insert_editor ON public.emotional_arcs FOR INSERT TO authenticated WITH CHECK ((org_id IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids)));

CREATE POLICY emotional_arcs_select_viewer ON public.emotional_arcs FOR SELECT TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('viewer'::text) AS get_member_org_ids)));

CREATE POLICY emotional_arcs_update_editor ON public.emotional_arcs FOR UPDATE TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids))) WITH CHECK ((org_id IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids)));

ALTER TABLE public.experience_files ENABLE ROW LEVEL SECURITY;

CREATE POLICY experience_files_delete_editor ON public.experience_files FOR DELETE TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids)));

CREATE POLICY experience_files_insert_editor ON public.experience_files FOR INSERT TO authenticated WITH CHECK ((org_id IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids)));

CREATE POLICY experience_files_select_viewer ON public.experience_files FOR SELECT TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('viewer'::text) AS get_member_org_ids)));

CREATE POLICY experience_files_update_editor ON public.experience_files FOR UPDATE TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids))) WITH CHECK ((org_id IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids)));

ALTER TABLE public.mono_training_chunks ENABLE ROW LEVEL SECURITY;

CREATE POLICY mono_training_chunks_select_viewer ON public.mono_training_chunks FOR SELECT TO authenticated USING (((org_id IN ( SELECT private.get_member_org_ids('viewer'::text) AS get_member_org_ids)) AND (EXISTS ( SELECT
   FROM public.vault_documents document
  WHERE ((document.id = mono_training_chunks.vault_document_id) AND (document.chunk_generation = mono_training_chunks.generation))))));

ALTER TABLE public.mono_training_docs ENABLE ROW LEVEL SECURITY;

CREATE POLICY mono_training_docs_delete_editor ON public.mono_training_docs FOR DELETE TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids)));

CREATE POLICY mono_training_docs_insert_editor ON public.mono_training_docs FOR INSERT TO authenticated WITH CHECK ((org_id IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids)));

CREATE POLICY mono_training_docs_select_viewer ON public.mono_training_docs FOR SELECT TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('viewer'::text) AS get_member_org_ids)));

ALTER TABLE public.mono_training_jobs ENABLE ROW LEVEL SECURITY;

CREATE POLICY mono_training_jobs_select_viewer ON public.mono_training_jobs FOR SELECT TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('viewer'::text) AS get_member_org_ids)));

ALTER TABLE public.mono_training_sets ENABLE ROW LEVEL SECURITY;

CREATE POLICY mono_training_sets_delete_admin ON public.mono_training_sets FOR DELETE TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('admin'::text) AS get_member_org_ids)));

CREATE POLICY mono_training_sets_insert_editor ON public.mono_training_sets FOR INSERT TO authenticated WITH CHECK ((org_id IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids)));

CREATE POLICY mono_training_sets_select_viewer ON public.mono_training_sets FOR SELECT TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('viewer'::text) AS get_member_org_ids)));

CREATE POLICY mono_training_sets_update_editor ON public.mono_training_sets FOR UPDATE TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids))) WITH CHECK ((org_id IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids)));

ALTER TABLE public.organization_invitations ENABLE ROW LEVEL SECURITY;

CREATE POLICY organization_invitations_select_admin ON public.organization_invitations FOR SELECT TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('admin'::text) AS get_member_org_ids)));

ALTER TABLE public.organization_members ENABLE ROW LEVEL SECURITY;

CREATE POLICY organization_members_select_member ON public.organization_members FOR SELECT TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('viewer'::text) AS get_member_org_ids)));

ALTER TABLE public.organization_quotas ENABLE ROW LEVEL SECURITY;

CREATE POLICY organization_quotas_select_viewer ON public.organization_quotas FOR SELECT TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('viewer'::text) AS get_member_org_ids)));

ALTER TABLE public.organizations ENABLE ROW LEVEL SECURITY;

CREATE POLICY organizations_delete_owner ON public.organizations FOR DELETE TO authenticated USING ((id IN ( SELECT private.get_member_org_ids('owner'::text) AS get_member_org_ids)));

CREATE POLICY organizations_select_member ON public.organizations FOR SELECT TO authenticated USING ((id IN ( SELECT private.get_member_org_ids('viewer'::text) AS get_member_org_ids)));

CREATE POLICY organizations_update_admin ON public.organizations FOR UPDATE TO authenticated USING ((id IN ( SELECT private.get_member_org_ids('admin'::text) AS get_member_org_ids))) WITH CHECK ((id IN ( SELECT private.get_member_org_ids('admin'::text) AS get_member_org_ids)));

ALTER TABLE public.pages ENABLE ROW LEVEL SECURITY;

CREATE POLICY pages_delete_admin ON public.pages FOR DELETE TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('admin'::text) AS get_member_org_ids)));

CREATE POLICY pages_insert_editor ON public.pages FOR INSERT TO authenticated WITH CHECK ((org_id IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids)));

CREATE POLICY pages_select_viewer ON public.pages FOR SELECT TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('viewer'::text) AS get_member_org_ids)));

CREATE POLICY pages_update_editor ON public.pages FOR UPDATE TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids))) WITH CHECK ((org_id IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids)));

ALTER TABLE public.personas ENABLE ROW LEVEL SECURITY;

CREATE POLICY personas_delete_admin ON public.personas FOR DELETE TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('admin'::text) AS get_member_org_ids)));

CREATE POLICY personas_insert_editor ON public.personas FOR INSERT TO authenticated WITH CHECK ((org_id IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids)));

CREATE POLICY personas_select_viewer ON public.personas FOR SELECT TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('viewer'::text) AS get_member_org_ids)));

CREATE POLICY personas_update_editor ON public.personas FOR UPDATE TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids))) WITH CHECK ((org_id IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids)));

ALTER TABLE public.pointers ENABLE ROW LEVEL SECURITY;

CREATE POLICY pointers_delete_admin ON public.pointers FOR DELETE TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('admin'::text) AS get_member_org_ids)));

CREATE POLICY pointers_insert_editor ON public.pointers FOR INSERT TO authenticated WITH CHECK ((org_id IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids)));

CREATE POLICY pointers_select_viewer ON public.pointers FOR SELECT TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('viewer'::text) AS get_member_org_ids)));

CREATE POLICY pointers_update_editor ON public.pointers FOR UPDATE TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids))) WITH CHECK ((org_id IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids)));

ALTER TABLE public.projects ENABLE ROW LEVEL SECURITY;

CREATE POLICY projects_delete_admin ON public.projects FOR DELETE TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('admin'::text) AS get_member_org_ids)));

CREATE POLICY projects_insert_editor ON public.projects FOR INSERT TO authenticated WITH CHECK ((org_id IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids)));

CREATE POLICY projects_select_viewer ON public.projects FOR SELECT TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('viewer'::text) AS get_member_org_ids)));

CREATE POLICY projects_update_editor ON public.projects FOR UPDATE TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids))) WITH CHECK ((org_id IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids)));

ALTER TABLE public.sessions ENABLE ROW LEVEL SECURITY;

CREATE POLICY sessions_delete_own ON public.sessions FOR DELETE TO authenticated USING (((user_id = (( SELECT auth.uid() AS uid))::text) AND (org_id IN ( SELECT private.get_member_org_ids('viewer'::text) AS get_member_org_ids))));

CREATE POLICY sessions_insert_own ON public.sessions FOR INSERT TO authenticated WITH CHECK (((user_id = (( SELECT auth.uid() AS uid))::text) AND (org_id IN ( SELECT private.get_member_org_ids('viewer'::text) AS get_member_org_ids))));

CREATE POLICY sessions_select_own ON public.sessions FOR SELECT TO authenticated USING (((user_id = (( SELECT auth.uid() AS uid))::text) AND (org_id IN ( SELECT private.get_member_org_ids('viewer'::text) AS get_member_org_ids))));

CREATE POLICY sessions_update_own ON public.sessions FOR UPDATE TO authenticated USING (((user_id = (( SELECT auth.uid() AS uid))::text) AND (org_id IN ( SELECT private.get_member_org_ids('viewer'::text) AS get_member_org_ids)))) WITH CHECK (((user_id = (( SELECT auth.uid() AS uid))::text) AND (org_id IN ( SELECT private.get_member_org_ids('viewer'::text) AS get_member_org_ids))));

ALTER TABLE public.training_artifacts ENABLE ROW LEVEL SECURITY;

CREATE POLICY training_artifacts_select_viewer ON public.training_artifacts FOR SELECT TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('viewer'::text) AS get_member_org_ids)));

ALTER TABLE public.training_file_conversations ENABLE ROW LEVEL SECURITY;

CREATE POLICY training_file_conversations_select_viewer ON public.training_file_conversations FOR SELECT TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('viewer'::text) AS get_member_org_ids)));

ALTER TABLE public.training_file_sources ENABLE ROW LEVEL SECURITY;

CREATE POLICY training_file_sources_select_viewer ON public.training_file_sources FOR SELECT TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('viewer'::text) AS get_member_org_ids)));

ALTER TABLE public.training_file_versions ENABLE ROW LEVEL SECURITY;

CREATE POLICY training_file_versions_select_viewer ON public.training_file_versions FOR SELECT TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('viewer'::text) AS get_member_org_ids)));

ALTER TABLE public.training_files ENABLE ROW LEVEL SECURITY;

CREATE POLICY training_files_select_viewer ON public.training_files FOR SELECT TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('viewer'::text) AS get_member_org_ids)));

ALTER TABLE public.training_topics ENABLE ROW LEVEL SECURITY;

CREATE POLICY training_topics_delete_admin ON public.training_topics FOR DELETE TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('admin'::text) AS get_member_org_ids)));

CREATE POLICY training_topics_insert_editor ON public.training_topics FOR INSERT TO authenticated WITH CHECK ((org_id IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids)));

CREATE POLICY training_topics_select_viewer ON public.training_topics FOR SELECT TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('viewer'::text) AS get_member_org_ids)));

CREATE POLICY training_topics_update_editor ON public.training_topics FOR UPDATE TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids))) WITH CHECK ((org_id IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids)));

ALTER TABLE public.usage_events ENABLE ROW LEVEL SECURITY;

CREATE POLICY usage_events_select_viewer ON public.usage_events FOR SELECT TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('viewer'::text) AS get_member_org_ids)));

ALTER TABLE public.vault_documents ENABLE ROW LEVEL SECURITY;

CREATE POLICY vault_documents_delete_admin ON public.vault_documents FOR DELETE TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('admin'::text) AS get_member_org_ids)));

CREATE POLICY vault_documents_insert_editor ON public.vault_documents FOR INSERT TO authenticated WITH CHECK ((org_id IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids)));

CREATE POLICY vault_documents_select_viewer ON public.vault_documents FOR SELECT TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('viewer'::text) AS get_member_org_ids)));

CREATE POLICY vault_documents_update_editor ON public.vault_documents FOR UPDATE TO authenticated USING ((org_id IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids))) WITH CHECK ((org_id IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids)));

GRANT USAGE ON SCHEMA private TO authenticated;
GRANT USAGE ON SCHEMA private TO service_role;

GRANT USAGE ON SCHEMA public TO anon;
GRANT USAGE ON SCHEMA public TO authenticated;
GRANT USAGE ON SCHEMA public TO service_role;

GRANT SELECT ON TABLE public.organization_members TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.organization_members TO service_role;

REVOKE ALL ON FUNCTION private.accept_invitation(token text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.accept_invitation(token text) TO authenticated;

REVOKE ALL ON FUNCTION private.add_audit_event(org_id uuid, action text, subject_id uuid, details jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.add_default_experience(project_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.add_default_experience(project_id uuid) TO authenticated;

REVOKE ALL ON FUNCTION private.add_document_chunks(job_id text, lease_token uuid, chunks jsonb, progress real) FROM PUBLIC;
GRANT ALL ON FUNCTION private.add_document_chunks(job_id text, lease_token uuid, chunks jsonb, progress real) TO service_role;

REVOKE ALL ON FUNCTION private.add_embedding_models(models text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.add_idempotency_key(key text, request_hash text, version_id uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.add_minute_count(org_id uuid, name text, quota text) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.add_missing_experience(project_id uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.is_visible(text text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.is_visible(text text) TO authenticated;
GRANT ALL ON FUNCTION private.is_visible(text text) TO service_role;

GRANT SELECT,DELETE ON TABLE public.organizations TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.organizations TO service_role;

GRANT UPDATE(name) ON TABLE public.organizations TO authenticated;

REVOKE ALL ON FUNCTION private.add_next_pointer_vector(organization public.organizations, reading_id uuid, input_hash text, result jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.add_objects_to_outbox(bucket text, paths text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.add_page_reading(job_id text, lease_token uuid, source_hash text, page integer, content text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.add_page_reading(job_id text, lease_token uuid, source_hash text, page integer, content text) TO service_role;

REVOKE ALL ON FUNCTION private.add_pointer_reading(job_id text, lease_token uuid, source_hash text, input_hash text, reading jsonb, token_count integer, usage jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION private.add_pointer_reading(job_id text, lease_token uuid, source_hash text, input_hash text, reading jsonb, token_count integer, usage jsonb) TO service_role;

REVOKE ALL ON FUNCTION private.add_reembedded_chunks(job_id text, lease_token uuid, chunks jsonb, progress real) FROM PUBLIC;
GRANT ALL ON FUNCTION private.add_reembedded_chunks(job_id text, lease_token uuid, chunks jsonb, progress real) TO service_role;

REVOKE ALL ON FUNCTION private.add_search(org_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.add_search(org_id uuid) TO authenticated;

REVOKE ALL ON FUNCTION private.add_stale_usage(job_id bigint, lease_token uuid, usage jsonb) FROM PUBLIC;

GRANT SELECT ON TABLE public.training_artifacts TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.training_artifacts TO service_role;

REVOKE ALL ON FUNCTION private.add_training_artifact(version_id uuid, artifact jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION private.add_training_artifact(version_id uuid, artifact jsonb) TO service_role;

REVOKE ALL ON FUNCTION private.add_training_file_conversations(training_file_id uuid, conversation_ids uuid[], options jsonb, idempotency_key text, request_hash text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.add_training_file_conversations(training_file_id uuid, conversation_ids uuid[], options jsonb, idempotency_key text, request_hash text) TO authenticated;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.training_file_versions TO service_role;

GRANT SELECT(id) ON TABLE public.training_file_versions TO authenticated;

GRANT SELECT(org_id) ON TABLE public.training_file_versions TO authenticated;

GRANT SELECT(training_file_id) ON TABLE public.training_file_versions TO authenticated;

GRANT SELECT(version) ON TABLE public.training_file_versions TO authenticated;

GRANT SELECT(parent_version) ON TABLE public.training_file_versions TO authenticated;

GRANT SELECT(file_name) ON TABLE public.training_file_versions TO authenticated;

GRANT SELECT(change) ON TABLE public.training_file_versions TO authenticated;

GRANT SELECT(state) ON TABLE public.training_file_versions TO authenticated;

GRANT SELECT(is_queued) ON TABLE public.training_file_versions TO authenticated;

GRANT SELECT(progress) ON TABLE public.training_file_versions TO authenticated;

GRANT SELECT(options) ON TABLE public.training_file_versions TO authenticated;

GRANT SELECT(conversation_count) ON TABLE public.training_file_versions TO authenticated;

GRANT SELECT(total_training_pairs) ON TABLE public.training_file_versions TO authenticated;

GRANT SELECT(json_sha256) ON TABLE public.training_file_versions TO authenticated;

GRANT SELECT(jsonl_sha256) ON TABLE public.training_file_versions TO authenticated;

GRANT SELECT(content_digest) ON TABLE public.training_file_versions TO authenticated;

GRANT SELECT(totals) ON TABLE public.training_file_versions TO authenticated;

GRANT SELECT(error) ON TABLE public.training_file_versions TO authenticated;

GRANT SELECT(created_by) ON TABLE public.training_file_versions TO authenticated;

GRANT SELECT(created_at) ON TABLE public.training_file_versions TO authenticated;

GRANT SELECT(published_at) ON TABLE public.training_file_versions TO authenticated;

REVOKE ALL ON FUNCTION private.add_training_file_results(version public.training_file_versions, result jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.add_usage(org_id uuid, job_id bigint, kind text, subject_id text, usage jsonb, is_wasted boolean) FROM PUBLIC;

GRANT SELECT,DELETE ON TABLE public.vault_documents TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.vault_documents TO service_role;

GRANT INSERT(id) ON TABLE public.vault_documents TO authenticated;

GRANT INSERT(org_id) ON TABLE public.vault_documents TO authenticated;

GRANT INSERT(title),UPDATE(title) ON TABLE public.vault_documents TO authenticated;

GRANT INSERT(storage_path),UPDATE(storage_path) ON TABLE public.vault_documents TO authenticated;

GRANT INSERT(mime_type),UPDATE(mime_type) ON TABLE public.vault_documents TO authenticated;

GRANT INSERT(language),UPDATE(language) ON TABLE public.vault_documents TO authenticated;

REVOKE ALL ON FUNCTION private.add_vault_doc(document public.vault_documents) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.add_wasted_usage(refs jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION private.add_wasted_usage(refs jsonb) TO service_role;

REVOKE ALL ON FUNCTION private.assert_batch(batch jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION private.assert_batch(batch jsonb) TO service_role;

REVOKE ALL ON FUNCTION private.assert_conversation_ids(conversation_ids uuid[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.assert_conversations_exist(org_id uuid, conversation_ids uuid[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.assert_conversations_ready(org_id uuid, conversation_ids uuid[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.assert_conversations_small(org_id uuid, conversation_ids uuid[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.assert_conversations_usable(org_id uuid, conversation_ids uuid[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.assert_enqueue_quotas(jobs jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.assert_idempotency_key(key text, request_hash text) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.assert_in_training_file(members uuid[], conversation_ids uuid[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.assert_invitation(email text, role text) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.assert_job_filter(filter jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.assert_job_payloads(jobs jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION private.assert_job_payloads(jobs jsonb) TO service_role;

REVOKE ALL ON FUNCTION private.assert_job_quota(org_id uuid, added_count bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.assert_lane(lane private.lanes) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.assert_minute_count(org_id uuid, name text, quota text) FROM PUBLIC;

GRANT SELECT ON TABLE public.training_files TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.training_files TO service_role;

REVOKE ALL ON FUNCTION private.assert_not_in_training_file(file public.training_files, members uuid[], conversation_ids uuid[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.assert_org_role(org_id uuid, min_role text) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.assert_org_role_locked(org_id uuid, min_role text) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.assert_other_owner(member public.organization_members) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.assert_project_role(project_id uuid, min_role text) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.assert_quota(org_id uuid, name text, used_count bigint, retry_after integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.assert_role_name(role text) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.assert_token_quota(org_id uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.assert_training_file_changes(changes jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.assert_training_file_options(options jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.assert_training_file_sources(version public.training_file_versions) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.audit_builds() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.audit_chunks() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.audit_file_sources() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.audit_file_versions() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.audit_installation(part text, grace interval) FROM PUBLIC;
GRANT ALL ON FUNCTION private.audit_installation(part text, grace interval) TO service_role;

REVOKE ALL ON FUNCTION private.audit_leases() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.audit_objects(grace interval) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.audit_pointer_vectors() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.audit_pointers() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.audit_row_counts() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.audit_search_counts() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.audit_trainings() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.audit_usage() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.cancel_embedding_switch(organization public.organizations) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.cancel_embedding_switches(org_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.cancel_embedding_switches(org_id uuid) TO service_role;

REVOKE ALL ON FUNCTION private.cancel_jobs(filter jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION private.cancel_jobs(filter jsonb) TO service_role;

REVOKE ALL ON FUNCTION private.cancel_next_pointer_vectors(organization public.organizations) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.cancel_training_file_build(training_file_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.cancel_training_file_build(training_file_id uuid) TO authenticated;

GRANT SELECT ON TABLE public.mono_training_jobs TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.mono_training_jobs TO service_role;

REVOKE ALL ON FUNCTION private.cancel_training_job(training_job_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.cancel_training_job(training_job_id uuid) TO authenticated;

REVOKE ALL ON FUNCTION private.claim_idempotency_key(key text, request_hash text) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.claim_job_organizations(job_ids bigint[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.claim_job_place(job private.jobs, lane_name text, tokens integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.claim_job_subjects(job_ids bigint[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.claim_jobs(worker_id text, kinds text[], max_jobs integer, lease_seconds integer, lanes text[], max_tokens bigint, moves jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION private.claim_jobs(worker_id text, kinds text[], max_jobs integer, lease_seconds integer, lanes text[], max_tokens bigint, moves jsonb) TO service_role;

REVOKE ALL ON FUNCTION private.claim_lane_places(lane_name text, kinds text[], max_jobs integer, max_tokens bigint, may_wait boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.claim_lane_requests(lane text, request_count integer, token_count integer) FROM PUBLIC;
GRANT ALL ON FUNCTION private.claim_lane_requests(lane text, request_count integer, token_count integer) TO service_role;

REVOKE ALL ON FUNCTION private.claim_pointer_result(job_id text, lease_token uuid, source_hash text, usage jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.claim_question(org_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.claim_question(org_id uuid) TO authenticated;

REVOKE ALL ON FUNCTION private.claim_training_file_build(version_id uuid, build_token uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.claim_training_file_build(version_id uuid, build_token uuid) TO service_role;

REVOKE ALL ON FUNCTION private.complete_document_job(job_id text, lease_token uuid, revision integer, chunk_count integer, usage jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION private.complete_document_job(job_id text, lease_token uuid, revision integer, chunk_count integer, usage jsonb) TO service_role;

REVOKE ALL ON FUNCTION private.complete_embedding_switch(organization public.organizations) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.complete_embedding_switches() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.complete_job(job private.jobs, outcome text, error jsonb, usage jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.complete_jobs(refs jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION private.complete_jobs(refs jsonb) TO service_role;

REVOKE ALL ON FUNCTION private.complete_lost_jobs(lane_name text) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.complete_pointer_job(job_id text, lease_token uuid, source_hash text, result jsonb, usage jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION private.complete_pointer_job(job_id text, lease_token uuid, source_hash text, result jsonb, usage jsonb) TO service_role;

REVOKE ALL ON FUNCTION private.complete_rebuild_job(job_id text, lease_token uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.complete_rebuild_job(job_id text, lease_token uuid) TO service_role;

REVOKE ALL ON FUNCTION private.complete_reembed_job(job_id text, lease_token uuid, usage jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION private.complete_reembed_job(job_id text, lease_token uuid, usage jsonb) TO service_role;

REVOKE ALL ON FUNCTION private.complete_sweep_job(job_id text, lease_token uuid, deleted_ids text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION private.complete_sweep_job(job_id text, lease_token uuid, deleted_ids text[]) TO service_role;

REVOKE ALL ON FUNCTION private.complete_training_file_build(version_id uuid, build_token uuid, result jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION private.complete_training_file_build(version_id uuid, build_token uuid, result jsonb) TO service_role;

REVOKE ALL ON FUNCTION private.complete_unknown_jobs() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.create_embedding_index(model text) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.create_organization(name text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.create_organization(name text) TO authenticated;

REVOKE ALL ON FUNCTION private.create_training_file(org_id uuid, name text, description text, conversation_ids uuid[], options jsonb, idempotency_key text, request_hash text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.create_training_file(org_id uuid, name text, description text, conversation_ids uuid[], options jsonb, idempotency_key text, request_hash text) TO authenticated;

REVOKE ALL ON FUNCTION private.create_training_file_build(file public.training_files, change text, conversation_ids uuid[], options jsonb, idempotency_key text, request_hash text) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.create_training_file_version(file public.training_files, change text, conversation_ids uuid[], options jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.defer_document_job(job_id text, lease_token uuid, lane text, usage jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION private.defer_document_job(job_id text, lease_token uuid, lane text, usage jsonb) TO service_role;

REVOKE ALL ON FUNCTION private.defer_job(job private.jobs, error jsonb, seconds double precision, scope text) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.defer_jobs(refs jsonb, retry_after double precision, scope text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.defer_jobs(refs jsonb, retry_after double precision, scope text) TO service_role;

REVOKE ALL ON FUNCTION private.delete_next_pointer_vectors(organization public.organizations) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.delete_old_audit_events() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.delete_old_invitations() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.delete_stale_chunks(max_chunks integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.delete_training_file(training_file_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.delete_training_file(training_file_id uuid) TO authenticated;

REVOKE ALL ON FUNCTION private.drain_workers(worker_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.drain_workers(worker_id text) TO service_role;

REVOKE ALL ON FUNCTION private.enqueue_auto_trainings(vault_document_ids uuid[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.enqueue_document_training(org_id uuid, vault_document_id uuid, trigger text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.enqueue_document_training(org_id uuid, vault_document_id uuid, trigger text) TO authenticated;

REVOKE ALL ON FUNCTION private.enqueue_jobs(jobs jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION private.enqueue_jobs(jobs jsonb) TO service_role;

REVOKE ALL ON FUNCTION private.enqueue_lost_trainings() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.enqueue_next_pointer_vectors(organization public.organizations, pointer_id uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.enqueue_object_deletion(bucket text, path text, delay interval) FROM PUBLIC;
GRANT ALL ON FUNCTION private.enqueue_object_deletion(bucket text, path text, delay interval) TO service_role;

REVOKE ALL ON FUNCTION private.enqueue_orphaned_objects() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.enqueue_pointers(pointer_ids uuid[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.enqueue_reembeddings(org_id uuid, vault_document_id uuid, max_jobs integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.enqueue_storage_sweep() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.enqueue_training_file_build(version public.training_file_versions, is_forced boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.enqueue_training_file_rebuild(file public.training_files) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.enqueue_training_file_rebuilds(training_file_ids uuid[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.enqueue_training_job(document public.vault_documents, trigger text) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.fail_arguments(state text, message text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.fail_arguments(state text, message text) TO service_role;

REVOKE ALL ON FUNCTION private.fail_job(job private.jobs, error jsonb, is_permanent boolean, retry_after double precision) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.fail_jobs(refs jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION private.fail_jobs(refs jsonb) TO service_role;

REVOKE ALL ON FUNCTION private.fail_lost_build(training_file_id uuid, keeps_file boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.fail_lost_builds() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.fail_training_file_build(version_id uuid, build_token uuid, error jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION private.fail_training_file_build(version_id uuid, build_token uuid, error jsonb) TO service_role;

REVOKE ALL ON FUNCTION private.fail_training_file_version(version public.training_file_versions, state text, error jsonb, keeps_file boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.get_account_id() FROM PUBLIC;
GRANT ALL ON FUNCTION private.get_account_id() TO authenticated;

REVOKE ALL ON FUNCTION private.get_actor() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.get_conversation_snapshots(org_id uuid, sha256s text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION private.get_conversation_snapshots(org_id uuid, sha256s text[]) TO service_role;

REVOKE ALL ON FUNCTION private.get_crop_path_org_id(name text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.get_crop_path_org_id(name text) TO authenticated;

REVOKE ALL ON FUNCTION private.get_document_path_org_id(name text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.get_document_path_org_id(name text) TO authenticated;

REVOKE ALL ON FUNCTION private.get_embedding_index(model text) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.get_filter_job_ids(filter jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.get_job_count_within_tokens(lane_name text, kinds text[], max_jobs integer, tokens double precision, max_tokens bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.get_job_health() FROM PUBLIC;
GRANT ALL ON FUNCTION private.get_job_health() TO service_role;

REVOKE ALL ON FUNCTION private.get_key(text text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.get_key(text text) TO authenticated;
GRANT ALL ON FUNCTION private.get_key(text text) TO service_role;

REVOKE ALL ON FUNCTION private.get_lane_budget(per_minute integer, budget double precision, age interval) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.get_lane_cap(lane private.lanes, now_at timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.get_lead(scores double precision[], least_count integer, settings private.search_settings) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.get_member_for_change(org_id uuid, user_id uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.get_member_org_ids(min_role text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.get_member_org_ids(min_role text) TO authenticated;

REVOKE ALL ON FUNCTION private.get_missing_pointer_count(organization public.organizations) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.get_missing_worker_count(now_at timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.get_search_vector(language text, content text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.get_search_vector(language text, content text) TO authenticated;
GRANT ALL ON FUNCTION private.get_search_vector(language text, content text) TO service_role;

GRANT SELECT,DELETE ON TABLE public.pointers TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.pointers TO service_role;

GRANT INSERT(id) ON TABLE public.pointers TO authenticated;

GRANT INSERT(page_id) ON TABLE public.pointers TO authenticated;

GRANT INSERT(title),UPDATE(title) ON TABLE public.pointers TO authenticated;

GRANT INSERT(png_path),UPDATE(png_path) ON TABLE public.pointers TO authenticated;

GRANT INSERT(bbox),UPDATE(bbox) ON TABLE public.pointers TO authenticated;

REVOKE ALL ON FUNCTION private.get_next_pointer_model(pointer public.pointers, organization public.organizations, input_hash text) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.get_next_turn(lane text, priority smallint, org_id uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.get_object_usage(owner_id uuid, max_objects bigint) FROM PUBLIC;

GRANT SELECT ON TABLE public.organization_invitations TO authenticated;
GRANT SELECT ON TABLE public.organization_invitations TO service_role;

REVOKE ALL ON FUNCTION private.get_open_invitation(token text) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.get_org_id(org_id uuid, min_role text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.get_org_id(org_id uuid, min_role text) TO authenticated;

REVOKE ALL ON FUNCTION private.get_organization_for_training(org_id uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.get_pointer_source(pointer_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.get_pointer_source(pointer_id uuid) TO service_role;

REVOKE ALL ON FUNCTION private.get_quota(org_id uuid, name text) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.get_role_rank(role text) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.get_searched_model(org_id uuid, embedding_model text) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.get_seconds_left() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.get_tokens_today(org_id uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.get_training_file_entries(version_id uuid, has_fingerprints boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION private.get_training_file_entries(version_id uuid, has_fingerprints boolean) TO service_role;

REVOKE ALL ON FUNCTION private.get_training_file_for_update(training_file_id uuid, min_role text) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.get_training_file_members(file public.training_files) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.get_training_job_for_update(training_job_id uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.get_verified_email() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.has_object_room(owner_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.has_object_room(owner_id uuid) TO authenticated;

REVOKE ALL ON FUNCTION private.heartbeat_jobs(worker_id text, refs jsonb, lease_seconds integer) FROM PUBLIC;
GRANT ALL ON FUNCTION private.heartbeat_jobs(worker_id text, refs jsonb, lease_seconds integer) TO service_role;

REVOKE ALL ON FUNCTION private.heartbeat_training_file_build(version_id uuid, build_token uuid, progress real) FROM PUBLIC;
GRANT ALL ON FUNCTION private.heartbeat_training_file_build(version_id uuid, build_token uuid, progress real) TO service_role;

REVOKE ALL ON FUNCTION private.invite_member(org_id uuid, email text, role text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.invite_member(org_id uuid, email text, role text) TO authenticated;

REVOKE ALL ON FUNCTION private.is_build_lost(version public.training_file_versions) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.is_conversation_path_of(name text, user_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.is_conversation_path_of(name text, user_id uuid) TO authenticated;

REVOKE ALL ON FUNCTION private.is_header_value(value text) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.is_input_known(lane text, kind text, dedupe_key text, input_hash text) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.is_job_match(filter jsonb, org_id uuid, lane text, kind text, error jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.is_object_kept(listed private.storage_outbox) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.is_of_other_bucket(condition text) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.is_project_url(url text) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.is_scan_reading_allowed(vault_document_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.is_scan_reading_allowed(vault_document_id uuid) TO service_role;

REVOKE ALL ON FUNCTION private.is_small_scope(org_id uuid, document_ids uuid[], metadata jsonb, settings private.search_settings) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.is_training_file_version_stale(version public.training_file_versions) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.leave_organization(org_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.leave_organization(org_id uuid) TO authenticated;

REVOKE ALL ON FUNCTION private.list_checks() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.list_conversation_paths(org_id uuid, conversation_ids uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION private.list_conversation_paths(org_id uuid, conversation_ids uuid[]) TO authenticated;

REVOKE ALL ON FUNCTION private.list_cron_checks() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.list_dead_jobs() FROM PUBLIC;
GRANT ALL ON FUNCTION private.list_dead_jobs() TO service_role;

REVOKE ALL ON FUNCTION private.list_default_experience() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.list_differences(part text, grace interval) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.list_due_lanes(lanes text[], now_at timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.list_due_objects(max_objects integer) FROM PUBLIC;
GRANT ALL ON FUNCTION private.list_due_objects(max_objects integer) TO service_role;

REVOKE ALL ON FUNCTION private.list_embedded_hashes(vault_document_id uuid, embedding_model text, content_hashes text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION private.list_embedded_hashes(vault_document_id uuid, embedding_model text, content_hashes text[]) TO service_role;

REVOKE ALL ON FUNCTION private.list_embedding_models() FROM PUBLIC;
GRANT ALL ON FUNCTION private.list_embedding_models() TO service_role;

REVOKE ALL ON FUNCTION private.list_embedding_switches() FROM PUBLIC;
GRANT ALL ON FUNCTION private.list_embedding_switches() TO service_role;

REVOKE ALL ON FUNCTION private.list_functions() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.list_fused_matches(near_ids uuid[], similarities double precision[], word_ids uuid[], ranks double precision[], settings private.search_settings) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.list_grant_objects() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.list_graph_chunks(org_id uuid, question extensions.halfvec, embedding_model text, document_ids uuid[], metadata jsonb, match_count integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.list_installable_objects() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.list_installation_differences() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.list_job_stats() FROM PUBLIC;
GRANT ALL ON FUNCTION private.list_job_stats() TO service_role;

REVOKE ALL ON FUNCTION private.list_lane_states() FROM PUBLIC;
GRANT ALL ON FUNCTION private.list_lane_states() TO service_role;

REVOKE ALL ON FUNCTION private.list_named_objects() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.list_nearest_chunks(org_id uuid, question extensions.halfvec, embedding_model text, document_ids uuid[], metadata jsonb, match_count integer, settings private.search_settings) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.list_nearest_pointers(org_id uuid, question extensions.halfvec, embedding_model text, project_ids uuid[], metadata jsonb, match_count integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.list_object_checks() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.list_page_readings(vault_document_id uuid, source_hash text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.list_page_readings(vault_document_id uuid, source_hash text) TO service_role;

REVOKE ALL ON FUNCTION private.list_pointer_failures(organization public.organizations) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.list_query_words(org_id uuid, query text, further_language text) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.list_quotas(org_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.list_quotas(org_id uuid) TO authenticated;

REVOKE ALL ON FUNCTION private.list_reembed_chunks(job_id text, lease_token uuid, max_chunks integer) FROM PUBLIC;
GRANT ALL ON FUNCTION private.list_reembed_chunks(job_id text, lease_token uuid, max_chunks integer) TO service_role;

REVOKE ALL ON FUNCTION private.list_relations() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.list_role_checks() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.list_rule_objects() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.list_server_checks() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.list_table_objects() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.list_worded_chunks(org_id uuid, query text, embedding_model text, document_ids uuid[], metadata jsonb, match_count integer, settings private.search_settings) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.list_worded_pointers(org_id uuid, query text, project_ids uuid[], metadata jsonb, match_count integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.list_work_checks() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.pause_lane(lane text, until timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION private.pause_lane(lane text, until timestamp with time zone) TO service_role;

REVOKE ALL ON FUNCTION private.raise_error(code text, status integer, message text, details jsonb, hint text, headers json) FROM PUBLIC;
GRANT ALL ON FUNCTION private.raise_error(code text, status integer, message text, details jsonb, hint text, headers json) TO authenticated;
GRANT ALL ON FUNCTION private.raise_error(code text, status integer, message text, details jsonb, hint text, headers json) TO service_role;

REVOKE ALL ON FUNCTION private.release_due_jobs(lane_name text) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.release_jobs(worker_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.release_jobs(worker_id text) TO service_role;

REVOKE ALL ON FUNCTION private.remove_member(org_id uuid, user_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.remove_member(org_id uuid, user_id uuid) TO authenticated;

REVOKE ALL ON FUNCTION private.remove_objects_from_outbox(bucket text, paths text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.remove_training_file_conversations(training_file_id uuid, conversation_ids uuid[], idempotency_key text, request_hash text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.remove_training_file_conversations(training_file_id uuid, conversation_ids uuid[], idempotency_key text, request_hash text) TO authenticated;

REVOKE ALL ON FUNCTION private.retry_dead_jobs(filter jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION private.retry_dead_jobs(filter jsonb) TO service_role;

REVOKE ALL ON FUNCTION private.retry_job(job private.jobs, due_at timestamp with time zone, attempt integer, error jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.retry_pointer(pointer_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.retry_pointer(pointer_id uuid) TO authenticated;

REVOKE ALL ON FUNCTION private.retry_project_pointers(project_id uuid, status text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.retry_project_pointers(project_id uuid, status text) TO authenticated;

REVOKE ALL ON FUNCTION private.retry_stale_pointer(job private.jobs, usage jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.retry_training_job(training_job_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.retry_training_job(training_job_id uuid) TO authenticated;

REVOKE ALL ON FUNCTION private.revoke_invitation(id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.revoke_invitation(id uuid) TO authenticated;

REVOKE ALL ON FUNCTION private.search_knowledge(org_id uuid, query text, embedding extensions.vector, match_count integer, sources text[], mode text, training_set_ids uuid[], vault_document_ids uuid[], project_ids uuid[], metadata jsonb, min_similarity double precision, embedding_model text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.search_knowledge(org_id uuid, query text, embedding extensions.vector, match_count integer, sources text[], mode text, training_set_ids uuid[], vault_document_ids uuid[], project_ids uuid[], metadata jsonb, min_similarity double precision, embedding_model text) TO authenticated;

REVOKE ALL ON FUNCTION private.set_member_role(org_id uuid, user_id uuid, role text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.set_member_role(org_id uuid, user_id uuid, role text) TO authenticated;

REVOKE ALL ON FUNCTION private.sweep_jobs() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.switch_embedding_model(org_id uuid, model text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.switch_embedding_model(org_id uuid, model text) TO service_role;

REVOKE ALL ON FUNCTION private.tg_any__add_change_event() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_any__add_deletion_events() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_any__count_gone() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_any__count_new() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_any__enqueue_search_recount() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_any__set_project_org_id() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_any__set_updated_at() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_audit_events__assert_kept() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_conversations__assert_path() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_conversations__set_enriched_at() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_conversations__update_training_files() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_disciplines__enqueue_pointers() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_job_history__add_failed_reembedding() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_job_history__add_usage() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_job_history__delete_page_readings() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_job_history__delete_staged_chunks() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_job_history__end_pointer() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_job_history__end_training_job() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_jobs__keep_vectors() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_jobs__reopen_training_job() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_jobs__update_pointer() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_jobs__update_training_job() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_jobs__wake_worker() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_mono_training_docs__delete_chunks() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_mono_training_docs__keep_jobs() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_mono_training_docs__set_org_id() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_mono_training_docs__train() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_mono_training_sets__train() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_organization_invitations__add_event() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_organization_invitations__revoke() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_organization_members__add_event() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_organization_members__assert_owner() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_organization_members__revoke_invitations() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_organization_quotas__add_event() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_organizations__add_event() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_organizations__add_objects_to_outbox() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_organizations__delete_search_stats() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_organizations__enqueue_pointers() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_pages__enqueue_pointers() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_pointers__enqueue() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_pointers__enqueue_changed() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_pointers__list_objects() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_pointers__raise_revision() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_pointers__set_project() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_projects__add_experience() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_vault_documents__delete_interrupted_vectors() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_vault_documents__list_objects() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_vault_documents__raise_revision() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tg_vault_documents__train() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.tick_jobs(min_interval interval) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.transfer_ownership(org_id uuid, user_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.transfer_ownership(org_id uuid, user_id uuid) TO authenticated;

REVOKE ALL ON FUNCTION private.update_backfilled_pointers() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.update_installed_objects() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.update_job_lane(job private.jobs, lane_name text, tokens integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.update_job_lanes(moves jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.update_lane(lane text, changes jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION private.update_lane(lane text, changes jsonb) TO service_role;

REVOKE ALL ON FUNCTION private.update_lane_budget(lane_name text, requests double precision, tokens double precision) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.update_lane_pause(lane_name text, seconds double precision, reason text) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.update_lane_start(lane text, max_in_flight integer) FROM PUBLIC;
GRANT ALL ON FUNCTION private.update_lane_start(lane text, max_in_flight integer) TO service_role;

REVOKE ALL ON FUNCTION private.update_left_documents(vault_document_ids uuid[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.update_pointer_vectors(organization public.organizations) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.update_published_training_file(version public.training_file_versions, result jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.update_search_counts(org_id uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.update_search_indexes() FROM PUBLIC;

REVOKE ALL ON FUNCTION private.update_search_stats(org_id uuid, vault_document_id uuid, old_generation bigint, new_generation bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.update_training_file(training_file_id uuid, changes jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION private.update_training_file(training_file_id uuid, changes jsonb) TO authenticated;

REVOKE ALL ON FUNCTION private.update_training_file_members(version public.training_file_versions) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.update_worker(worker_id text, seconds integer, has_claimed boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION private.validate_installation() FROM PUBLIC;
GRANT ALL ON FUNCTION private.validate_installation() TO service_role;

REVOKE ALL ON FUNCTION public.accept_invitation(token text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.accept_invitation(token text) TO authenticated;

REVOKE ALL ON FUNCTION public.add_default_experience(p_project_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.add_default_experience(p_project_id uuid) TO authenticated;

REVOKE ALL ON FUNCTION public.add_document_chunks(p_job_id text, p_lease_token uuid, p_chunks jsonb, p_progress real) FROM PUBLIC;
GRANT ALL ON FUNCTION public.add_document_chunks(p_job_id text, p_lease_token uuid, p_chunks jsonb, p_progress real) TO service_role;

REVOKE ALL ON FUNCTION public.add_page_reading(p_job_id text, p_lease_token uuid, p_source_hash text, p_page integer, p_content text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.add_page_reading(p_job_id text, p_lease_token uuid, p_source_hash text, p_page integer, p_content text) TO service_role;

REVOKE ALL ON FUNCTION public.add_pointer_reading(p_job_id text, p_lease_token uuid, p_source_hash text, p_input_hash text, p_reading jsonb, p_token_count integer, p_usage jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.add_pointer_reading(p_job_id text, p_lease_token uuid, p_source_hash text, p_input_hash text, p_reading jsonb, p_token_count integer, p_usage jsonb) TO service_role;

REVOKE ALL ON FUNCTION public.add_reembedded_chunks(p_job_id text, p_lease_token uuid, p_chunks jsonb, p_progress real) FROM PUBLIC;
GRANT ALL ON FUNCTION public.add_reembedded_chunks(p_job_id text, p_lease_token uuid, p_chunks jsonb, p_progress real) TO service_role;

REVOKE ALL ON FUNCTION public.add_training_artifact(p_version_id uuid, p_artifact jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.add_training_artifact(p_version_id uuid, p_artifact jsonb) TO service_role;

REVOKE ALL ON FUNCTION public.add_training_file_conversations(p_training_file_id uuid, p_conversation_ids uuid[], p_options jsonb, p_idempotency_key text, p_request_hash text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.add_training_file_conversations(p_training_file_id uuid, p_conversation_ids uuid[], p_options jsonb, p_idempotency_key text, p_request_hash text) TO authenticated;

REVOKE ALL ON FUNCTION public.add_wasted_usage(p_refs jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.add_wasted_usage(p_refs jsonb) TO service_role;

REVOKE ALL ON FUNCTION public.audit_installation(p_part text, p_grace_minutes integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.audit_installation(p_part text, p_grace_minutes integer) TO service_role;

REVOKE ALL ON FUNCTION public.cancel_embedding_switches(p_org_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.cancel_embedding_switches(p_org_id uuid) TO service_role;

REVOKE ALL ON FUNCTION public.cancel_jobs(p_filter jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.cancel_jobs(p_filter jsonb) TO service_role;

REVOKE ALL ON FUNCTION public.cancel_training_file_build(p_training_file_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.cancel_training_file_build(p_training_file_id uuid) TO authenticated;

REVOKE ALL ON FUNCTION public.cancel_training_job(p_training_job_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.cancel_training_job(p_training_job_id uuid) TO authenticated;

REVOKE ALL ON FUNCTION public.claim_jobs(p_worker_id text, p_kinds text[], p_max_jobs integer, p_lease_seconds integer, p_lanes text[], p_max_tokens bigint, p_moves jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.claim_jobs(p_worker_id text, p_kinds text[], p_max_jobs integer, p_lease_seconds integer, p_lanes text[], p_max_tokens bigint, p_moves jsonb) TO service_role;

REVOKE ALL ON FUNCTION public.claim_lane_requests(p_lane text, p_request_count integer, p_token_count integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.claim_lane_requests(p_lane text, p_request_count integer, p_token_count integer) TO service_role;

REVOKE ALL ON FUNCTION public.claim_question(p_org_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.claim_question(p_org_id uuid) TO authenticated;

REVOKE ALL ON FUNCTION public.claim_training_file_build(p_version_id uuid, p_build_token uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.claim_training_file_build(p_version_id uuid, p_build_token uuid) TO service_role;

REVOKE ALL ON FUNCTION public.complete_document_job(p_job_id text, p_lease_token uuid, p_revision integer, p_chunk_count integer, p_usage jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.complete_document_job(p_job_id text, p_lease_token uuid, p_revision integer, p_chunk_count integer, p_usage jsonb) TO service_role;

REVOKE ALL ON FUNCTION public.complete_jobs(p_refs jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.complete_jobs(p_refs jsonb) TO service_role;

REVOKE ALL ON FUNCTION public.complete_pointer_job(p_job_id text, p_lease_token uuid, p_source_hash text, p_result jsonb, p_usage jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.complete_pointer_job(p_job_id text, p_lease_token uuid, p_source_hash text, p_result jsonb, p_usage jsonb) TO service_role;

REVOKE ALL ON FUNCTION public.complete_rebuild_job(p_job_id text, p_lease_token uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.complete_rebuild_job(p_job_id text, p_lease_token uuid) TO service_role;

REVOKE ALL ON FUNCTION public.complete_reembed_job(p_job_id text, p_lease_token uuid, p_usage jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.complete_reembed_job(p_job_id text, p_lease_token uuid, p_usage jsonb) TO service_role;

REVOKE ALL ON FUNCTION public.complete_sweep_job(p_job_id text, p_lease_token uuid, p_deleted_ids text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.complete_sweep_job(p_job_id text, p_lease_token uuid, p_deleted_ids text[]) TO service_role;

REVOKE ALL ON FUNCTION public.complete_training_file_build(p_version_id uuid, p_build_token uuid, p_result jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.complete_training_file_build(p_version_id uuid, p_build_token uuid, p_result jsonb) TO service_role;

REVOKE ALL ON FUNCTION public.create_organization(name text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.create_organization(name text) TO authenticated;

REVOKE ALL ON FUNCTION public.create_training_file(p_name text, p_conversation_ids uuid[], p_org_id uuid, p_description text, p_options jsonb, p_idempotency_key text, p_request_hash text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.create_training_file(p_name text, p_conversation_ids uuid[], p_org_id uuid, p_description text, p_options jsonb, p_idempotency_key text, p_request_hash text) TO authenticated;

REVOKE ALL ON FUNCTION public.defer_document_job(p_job_id text, p_lease_token uuid, p_lane text, p_usage jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.defer_document_job(p_job_id text, p_lease_token uuid, p_lane text, p_usage jsonb) TO service_role;

REVOKE ALL ON FUNCTION public.defer_jobs(p_refs jsonb, p_retry_after double precision, p_scope text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.defer_jobs(p_refs jsonb, p_retry_after double precision, p_scope text) TO service_role;

REVOKE ALL ON FUNCTION public.delete_training_file(p_training_file_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.delete_training_file(p_training_file_id uuid) TO authenticated;

REVOKE ALL ON FUNCTION public.drain_workers(p_worker_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.drain_workers(p_worker_id text) TO service_role;

REVOKE ALL ON FUNCTION public.enqueue_document_training(p_vault_document_id uuid, p_org_id uuid, p_trigger text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.enqueue_document_training(p_vault_document_id uuid, p_org_id uuid, p_trigger text) TO authenticated;

REVOKE ALL ON FUNCTION public.enqueue_jobs(p_jobs jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.enqueue_jobs(p_jobs jsonb) TO service_role;

REVOKE ALL ON FUNCTION public.enqueue_object_deletion(p_bucket text, p_path text, p_delay interval) FROM PUBLIC;
GRANT ALL ON FUNCTION public.enqueue_object_deletion(p_bucket text, p_path text, p_delay interval) TO service_role;

REVOKE ALL ON FUNCTION public.fail_jobs(p_refs jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.fail_jobs(p_refs jsonb) TO service_role;

REVOKE ALL ON FUNCTION public.fail_training_file_build(p_version_id uuid, p_build_token uuid, p_error jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.fail_training_file_build(p_version_id uuid, p_build_token uuid, p_error jsonb) TO service_role;

REVOKE ALL ON FUNCTION public.get_conversation_snapshots(p_org_id uuid, p_sha256s text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.get_conversation_snapshots(p_org_id uuid, p_sha256s text[]) TO service_role;

REVOKE ALL ON FUNCTION public.get_org_id(p_org_id uuid, p_min_role text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.get_org_id(p_org_id uuid, p_min_role text) TO authenticated;

REVOKE ALL ON FUNCTION public.get_pointer_source(p_pointer_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.get_pointer_source(p_pointer_id uuid) TO service_role;

REVOKE ALL ON FUNCTION public.get_training_file_entries(p_version_id uuid, p_has_fingerprints boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION public.get_training_file_entries(p_version_id uuid, p_has_fingerprints boolean) TO service_role;

REVOKE ALL ON FUNCTION public.heartbeat_jobs(p_worker_id text, p_refs jsonb, p_lease_seconds integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.heartbeat_jobs(p_worker_id text, p_refs jsonb, p_lease_seconds integer) TO service_role;

REVOKE ALL ON FUNCTION public.heartbeat_training_file_build(p_version_id uuid, p_build_token uuid, p_progress real) FROM PUBLIC;
GRANT ALL ON FUNCTION public.heartbeat_training_file_build(p_version_id uuid, p_build_token uuid, p_progress real) TO service_role;

REVOKE ALL ON FUNCTION public.invite_member(org_id uuid, email text, role text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.invite_member(org_id uuid, email text, role text) TO authenticated;

REVOKE ALL ON FUNCTION public.is_scan_reading_allowed(p_vault_document_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.is_scan_reading_allowed(p_vault_document_id uuid) TO service_role;

REVOKE ALL ON FUNCTION public.leave_organization(org_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.leave_organization(org_id uuid) TO authenticated;

REVOKE ALL ON FUNCTION public.list_conversation_paths(p_conversation_ids uuid[], p_org_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.list_conversation_paths(p_conversation_ids uuid[], p_org_id uuid) TO authenticated;

REVOKE ALL ON FUNCTION public.list_due_objects(p_max_objects integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.list_due_objects(p_max_objects integer) TO service_role;

REVOKE ALL ON FUNCTION public.list_embedded_hashes(p_vault_document_id uuid, p_embedding_model text, p_content_hashes text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.list_embedded_hashes(p_vault_document_id uuid, p_embedding_model text, p_content_hashes text[]) TO service_role;

REVOKE ALL ON FUNCTION public.list_page_readings(p_vault_document_id uuid, p_source_hash text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.list_page_readings(p_vault_document_id uuid, p_source_hash text) TO service_role;

REVOKE ALL ON FUNCTION public.list_quotas(p_org_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.list_quotas(p_org_id uuid) TO authenticated;

REVOKE ALL ON FUNCTION public.list_reembed_chunks(p_job_id text, p_lease_token uuid, p_max_chunks integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.list_reembed_chunks(p_job_id text, p_lease_token uuid, p_max_chunks integer) TO service_role;

REVOKE ALL ON FUNCTION public.pause_lane(p_lane text, p_until timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.pause_lane(p_lane text, p_until timestamp with time zone) TO service_role;

REVOKE ALL ON FUNCTION public.release_jobs(p_worker_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.release_jobs(p_worker_id text) TO service_role;

REVOKE ALL ON FUNCTION public.remove_member(org_id uuid, user_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.remove_member(org_id uuid, user_id uuid) TO authenticated;

REVOKE ALL ON FUNCTION public.remove_training_file_conversations(p_training_file_id uuid, p_conversation_ids uuid[], p_idempotency_key text, p_request_hash text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.remove_training_file_conversations(p_training_file_id uuid, p_conversation_ids uuid[], p_idempotency_key text, p_request_hash text) TO authenticated;

REVOKE ALL ON FUNCTION public.retry_dead_jobs(p_filter jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.retry_dead_jobs(p_filter jsonb) TO service_role;

REVOKE ALL ON FUNCTION public.retry_pointer(p_pointer_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.retry_pointer(p_pointer_id uuid) TO authenticated;

REVOKE ALL ON FUNCTION public.retry_project_pointers(p_project_id uuid, p_status text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.retry_project_pointers(p_project_id uuid, p_status text) TO authenticated;

REVOKE ALL ON FUNCTION public.retry_training_job(p_training_job_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.retry_training_job(p_training_job_id uuid) TO authenticated;

REVOKE ALL ON FUNCTION public.revoke_invitation(id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.revoke_invitation(id uuid) TO authenticated;

REVOKE ALL ON FUNCTION public.search_knowledge(p_org_id uuid, p_query text, p_embedding extensions.vector, p_match_count integer, p_sources text[], p_mode text, p_training_set_ids uuid[], p_vault_document_ids uuid[], p_project_ids uuid[], p_metadata jsonb, p_min_similarity double precision, p_embedding_model text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.search_knowledge(p_org_id uuid, p_query text, p_embedding extensions.vector, p_match_count integer, p_sources text[], p_mode text, p_training_set_ids uuid[], p_vault_document_ids uuid[], p_project_ids uuid[], p_metadata jsonb, p_min_similarity double precision, p_embedding_model text) TO authenticated;

REVOKE ALL ON FUNCTION public.set_member_role(org_id uuid, user_id uuid, role text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.set_member_role(org_id uuid, user_id uuid, role text) TO authenticated;

REVOKE ALL ON FUNCTION public.switch_embedding_model(p_model text, p_org_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.switch_embedding_model(p_model text, p_org_id uuid) TO service_role;

REVOKE ALL ON FUNCTION public.transfer_ownership(org_id uuid, user_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.transfer_ownership(org_id uuid, user_id uuid) TO authenticated;

REVOKE ALL ON FUNCTION public.update_lane(p_lane text, p_changes jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.update_lane(p_lane text, p_changes jsonb) TO service_role;

REVOKE ALL ON FUNCTION public.update_lane_start(p_lane text, p_max_in_flight integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.update_lane_start(p_lane text, p_max_in_flight integer) TO service_role;

REVOKE ALL ON FUNCTION public.update_training_file(p_training_file_id uuid, p_changes jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.update_training_file(p_training_file_id uuid, p_changes jsonb) TO authenticated;

REVOKE ALL ON FUNCTION public.validate_installation() FROM PUBLIC;
GRANT ALL ON FUNCTION public.validate_installation() TO service_role;

GRANT SELECT ON TABLE public.mono_training_chunks TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.mono_training_chunks TO service_role;

GRANT SELECT ON TABLE public.audit_events TO authenticated;
GRANT SELECT ON TABLE public.audit_events TO service_role;

GRANT SELECT,DELETE ON TABLE public.batch_items TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.batch_items TO service_role;

GRANT INSERT(id) ON TABLE public.batch_items TO authenticated;

GRANT INSERT(org_id) ON TABLE public.batch_items TO authenticated;

GRANT INSERT(batch_job_id) ON TABLE public.batch_items TO authenticated;

GRANT INSERT(conversation_id),UPDATE(conversation_id) ON TABLE public.batch_items TO authenticated;

GRANT INSERT(status),UPDATE(status) ON TABLE public.batch_items TO authenticated;

GRANT SELECT,DELETE ON TABLE public.batch_jobs TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.batch_jobs TO service_role;

GRANT INSERT(id) ON TABLE public.batch_jobs TO authenticated;

GRANT INSERT(org_id) ON TABLE public.batch_jobs TO authenticated;

GRANT INSERT(status),UPDATE(status) ON TABLE public.batch_jobs TO authenticated;

GRANT INSERT(total_items),UPDATE(total_items) ON TABLE public.batch_jobs TO authenticated;

GRANT INSERT(tier) ON TABLE public.batch_jobs TO authenticated;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.conversation_snapshots TO service_role;

GRANT SELECT,DELETE ON TABLE public.conversations TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.conversations TO service_role;

GRANT INSERT(id) ON TABLE public.conversations TO authenticated;

GRANT INSERT(org_id) ON TABLE public.conversations TO authenticated;

GRANT INSERT(conversation_id) ON TABLE public.conversations TO authenticated;

GRANT INSERT(file_path),UPDATE(file_path) ON TABLE public.conversations TO authenticated;

GRANT INSERT(raw_response_path),UPDATE(raw_response_path) ON TABLE public.conversations TO authenticated;

GRANT INSERT(enriched_file_path),UPDATE(enriched_file_path) ON TABLE public.conversations TO authenticated;

GRANT INSERT(enrichment_status),UPDATE(enrichment_status) ON TABLE public.conversations TO authenticated;

GRANT INSERT(persona_id),UPDATE(persona_id) ON TABLE public.conversations TO authenticated;

GRANT INSERT(emotional_arc_id),UPDATE(emotional_arc_id) ON TABLE public.conversations TO authenticated;

GRANT INSERT(training_topic_id),UPDATE(training_topic_id) ON TABLE public.conversations TO authenticated;

GRANT SELECT,DELETE ON TABLE public.disciplines TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.disciplines TO service_role;

GRANT INSERT(id) ON TABLE public.disciplines TO authenticated;

GRANT INSERT(project_id) ON TABLE public.disciplines TO authenticated;

GRANT INSERT(name),UPDATE(name) ON TABLE public.disciplines TO authenticated;

GRANT SELECT,DELETE ON TABLE public.mono_training_docs TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.mono_training_docs TO service_role;

GRANT INSERT(training_set_id) ON TABLE public.mono_training_docs TO authenticated;

GRANT INSERT(vault_document_id) ON TABLE public.mono_training_docs TO authenticated;

GRANT SELECT ON TABLE public.usage_events TO authenticated;
GRANT SELECT ON TABLE public.usage_events TO service_role;

GRANT SELECT ON TABLE public.document_progress TO authenticated;
GRANT SELECT ON TABLE public.document_progress TO service_role;

GRANT SELECT ON TABLE public.embedding_models TO service_role;

GRANT SELECT ON TABLE public.embedding_switches TO service_role;

GRANT SELECT,DELETE ON TABLE public.emotional_arcs TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.emotional_arcs TO service_role;

GRANT INSERT(id) ON TABLE public.emotional_arcs TO authenticated;

GRANT INSERT(org_id) ON TABLE public.emotional_arcs TO authenticated;

GRANT INSERT(emotional_arc_key),UPDATE(emotional_arc_key) ON TABLE public.emotional_arcs TO authenticated;

GRANT INSERT(name),UPDATE(name) ON TABLE public.emotional_arcs TO authenticated;

GRANT INSERT(description),UPDATE(description) ON TABLE public.emotional_arcs TO authenticated;

GRANT SELECT,DELETE ON TABLE public.experience_files TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.experience_files TO service_role;

GRANT INSERT(project_id) ON TABLE public.experience_files TO authenticated;

GRANT INSERT(path) ON TABLE public.experience_files TO authenticated;

GRANT INSERT(content),UPDATE(content) ON TABLE public.experience_files TO authenticated;

GRANT INSERT(updated_by_session),UPDATE(updated_by_session) ON TABLE public.experience_files TO authenticated;

GRANT SELECT ON TABLE public.job_dead TO service_role;

GRANT SELECT ON TABLE public.job_health TO service_role;

GRANT SELECT ON TABLE public.job_lanes TO service_role;

GRANT SELECT ON TABLE public.job_stats TO service_role;

GRANT SELECT,DELETE ON TABLE public.mono_training_sets TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.mono_training_sets TO service_role;

GRANT INSERT(org_id) ON TABLE public.mono_training_sets TO authenticated;

GRANT INSERT(name),UPDATE(name) ON TABLE public.mono_training_sets TO authenticated;

GRANT INSERT(description),UPDATE(description) ON TABLE public.mono_training_sets TO authenticated;

GRANT INSERT(auto_train),UPDATE(auto_train) ON TABLE public.mono_training_sets TO authenticated;

GRANT INSERT(reads_scans),UPDATE(reads_scans) ON TABLE public.mono_training_sets TO authenticated;

GRANT SELECT ON TABLE public.organization_quotas TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.organization_quotas TO service_role;

GRANT SELECT,DELETE ON TABLE public.pages TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.pages TO service_role;

GRANT INSERT(id) ON TABLE public.pages TO authenticated;

GRANT INSERT(project_id) ON TABLE public.pages TO authenticated;

GRANT INSERT(discipline_id),UPDATE(discipline_id) ON TABLE public.pages TO authenticated;

GRANT INSERT(page_name),UPDATE(page_name) ON TABLE public.pages TO authenticated;

GRANT INSERT(sheet_number),UPDATE(sheet_number) ON TABLE public.pages TO authenticated;

GRANT INSERT(sheet_reflection),UPDATE(sheet_reflection) ON TABLE public.pages TO authenticated;

GRANT SELECT,DELETE ON TABLE public.personas TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.personas TO service_role;

GRANT INSERT(id) ON TABLE public.personas TO authenticated;

GRANT INSERT(org_id) ON TABLE public.personas TO authenticated;

GRANT INSERT(persona_key),UPDATE(persona_key) ON TABLE public.personas TO authenticated;

GRANT INSERT(name),UPDATE(name) ON TABLE public.personas TO authenticated;

GRANT INSERT(description),UPDATE(description) ON TABLE public.personas TO authenticated;

GRANT INSERT(demographics),UPDATE(demographics) ON TABLE public.personas TO authenticated;

GRANT SELECT ON TABLE public.pointer_links TO authenticated;
GRANT SELECT ON TABLE public.pointer_links TO service_role;

GRANT SELECT ON TABLE public.project_progress TO authenticated;
GRANT SELECT ON TABLE public.project_progress TO service_role;

GRANT SELECT,DELETE ON TABLE public.projects TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.projects TO service_role;

GRANT INSERT(id) ON TABLE public.projects TO authenticated;

GRANT INSERT(org_id) ON TABLE public.projects TO authenticated;

GRANT INSERT(name),UPDATE(name) ON TABLE public.projects TO authenticated;

GRANT SELECT,DELETE ON TABLE public.sessions TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sessions TO service_role;

GRANT INSERT(project_id) ON TABLE public.sessions TO authenticated;

GRANT INSERT(session_type) ON TABLE public.sessions TO authenticated;

GRANT INSERT(workspace_id),UPDATE(workspace_id) ON TABLE public.sessions TO authenticated;

GRANT INSERT(workspace_name),UPDATE(workspace_name) ON TABLE public.sessions TO authenticated;

GRANT INSERT(maestro_messages),UPDATE(maestro_messages) ON TABLE public.sessions TO authenticated;

GRANT INSERT(learning_messages),UPDATE(learning_messages) ON TABLE public.sessions TO authenticated;

GRANT INSERT(workspace_state),UPDATE(workspace_state) ON TABLE public.sessions TO authenticated;

GRANT INSERT(status),UPDATE(status) ON TABLE public.sessions TO authenticated;

GRANT INSERT(last_active_at),UPDATE(last_active_at) ON TABLE public.sessions TO authenticated;

GRANT SELECT ON TABLE public.training_file_conversations TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.training_file_conversations TO service_role;

GRANT SELECT ON TABLE public.training_file_sources TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.training_file_sources TO service_role;

GRANT SELECT,DELETE ON TABLE public.training_topics TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.training_topics TO service_role;

GRANT INSERT(id) ON TABLE public.training_topics TO authenticated;

GRANT INSERT(org_id) ON TABLE public.training_topics TO authenticated;

GRANT INSERT(training_topic_key),UPDATE(training_topic_key) ON TABLE public.training_topics TO authenticated;

GRANT INSERT(name),UPDATE(name) ON TABLE public.training_topics TO authenticated;

GRANT INSERT(description),UPDATE(description) ON TABLE public.training_topics TO authenticated;

GRANT SELECT ON TABLE public.usage_daily TO authenticated;
GRANT SELECT ON TABLE public.usage_daily TO service_role;

-- Outside of both schemas

create policy conversation_files_objects_delete_owner on storage.objects for delete to authenticated
  using ((bucket_id = 'conversation-files'::text) AND private.is_conversation_path_of(name, ( SELECT private.get_account_id() AS get_account_id)));
create policy conversation_files_objects_insert_owner on storage.objects for insert to authenticated
  with check ((bucket_id = 'conversation-files'::text) AND private.is_conversation_path_of(name, ( SELECT private.get_account_id() AS get_account_id)) AND private.has_object_room(( SELECT private.get_account_id() AS get_account_id)));
create policy conversation_files_objects_select_owner on storage.objects for select to authenticated
  using ((bucket_id = 'conversation-files'::text) AND private.is_conversation_path_of(name, ( SELECT private.get_account_id() AS get_account_id)));
create policy conversation_files_objects_update_owner on storage.objects for update to authenticated
  using ((bucket_id = 'conversation-files'::text) AND private.is_conversation_path_of(name, ( SELECT private.get_account_id() AS get_account_id)))
  with check ((bucket_id = 'conversation-files'::text) AND private.is_conversation_path_of(name, ( SELECT private.get_account_id() AS get_account_id)));
create policy documents_objects_delete_admin on storage.objects for delete to authenticated
  using ((bucket_id = 'documents'::text) AND (private.get_document_path_org_id(name) IN ( SELECT private.get_member_org_ids('admin'::text) AS get_member_org_ids)));
create policy documents_objects_insert_editor on storage.objects for insert to authenticated
  with check ((bucket_id = 'documents'::text) AND (private.get_document_path_org_id(name) IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids)) AND private.has_object_room(private.get_document_path_org_id(name)));
create policy documents_objects_select_viewer on storage.objects for select to authenticated
  using ((bucket_id = 'documents'::text) AND (private.get_document_path_org_id(name) IN ( SELECT private.get_member_org_ids('viewer'::text) AS get_member_org_ids)));
create policy documents_objects_update_editor on storage.objects for update to authenticated
  using ((bucket_id = 'documents'::text) AND (private.get_document_path_org_id(name) IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids)))
  with check ((bucket_id = 'documents'::text) AND (private.get_document_path_org_id(name) IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids)));
create policy pointer_crops_objects_delete_admin on storage.objects for delete to authenticated
  using ((bucket_id = 'pointer-crops'::text) AND (private.get_crop_path_org_id(name) IN ( SELECT private.get_member_org_ids('admin'::text) AS get_member_org_ids)));
create policy pointer_crops_objects_insert_editor on storage.objects for insert to authenticated
  with check ((bucket_id = 'pointer-crops'::text) AND (private.get_crop_path_org_id(name) IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids)) AND private.has_object_room(private.get_crop_path_org_id(name)));
create policy pointer_crops_objects_select_viewer on storage.objects for select to authenticated
  using ((bucket_id = 'pointer-crops'::text) AND (private.get_crop_path_org_id(name) IN ( SELECT private.get_member_org_ids('viewer'::text) AS get_member_org_ids)));
create policy pointer_crops_objects_update_editor on storage.objects for update to authenticated
  using ((bucket_id = 'pointer-crops'::text) AND (private.get_crop_path_org_id(name) IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids)))
  with check ((bucket_id = 'pointer-crops'::text) AND (private.get_crop_path_org_id(name) IN ( SELECT private.get_member_org_ids('editor'::text) AS get_member_org_ids)));
insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types) values ('conversation-files', 'conversation-files', 'f', '52428800', '{application/json}');
insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types) values ('documents', 'documents', 'f', '52428800', NULL);
insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types) values ('pointer-crops', 'pointer-crops', 'f', '20971520', '{image/png}');
insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types) values ('training-files', 'training-files', 'f', '52428800', '{application/json,application/x-ndjson,application/jsonl,application/zip,text/markdown}');
select cron.schedule('maestro-delete-old-audit-events', '29 3 * * *', 'select private.delete_old_audit_events()');
select cron.schedule('maestro-delete-old-invitations', '23 3 * * *', 'select private.delete_old_invitations()');
select cron.schedule('maestro-find-orphaned-objects', '17 3 * * *', 'select private.enqueue_orphaned_objects()');
select cron.schedule('maestro-purge-cron-log', '17 3 * * *', 'delete from cron.job_run_details where end_time < now() - interval ''3 days''');
select cron.schedule('maestro-sweep-jobs', '* * * * *', 'select private.sweep_jobs()');
select cron.schedule('maestro-sweep-storage', '* * * * *', 'select private.enqueue_storage_sweep()');
select cron.schedule('maestro-tick-jobs', '5 seconds', 'select private.tick_jobs()');
select cron.schedule('maestro-update-search', '* * * * *', 'select private.update_search_indexes()');
