-- All audits together, for the SQL editor and for npm run audit.
create function private.list_differences(part text, grace interval)
returns table (name text, subject text, detail text)
language sql
stable
security invoker
set search_path = ''
as $$
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
comment on function private.list_differences(text, interval) is
  'What does not agree in one part of the data (objects, chunks, jobs, training_files, counts) or, without one, in all: the check, the id that it is about, and what was found.';
revoke all on function private.list_differences(text, interval)
  from public, anon, authenticated, service_role;

create function private.audit_installation(part text default null, grace interval default '1 hour')
returns table (part text, "check" text, difference_count bigint, differences jsonb, hint text)
language sql
stable
security definer
set search_path = ''
as $$
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
comment on function private.audit_installation(text, interval) is
  'One row for each check of the data: how many differences, the first thousand of them by id, and what to do about them. All in one snapshot, so that what is under way is none; objects younger than the grace may still get their row. Paste into the SQL editor: select * from private.audit_installation(). Changes nothing. Definer: reads every organisation, the job tables and storage.objects.';
revoke all on function private.audit_installation(text, interval)
  from public, anon, authenticated, service_role;
grant execute on function private.audit_installation(text, interval) to service_role;

create function public.audit_installation(
  p_part text default null,
  p_grace_minutes integer default 60
)
returns table (part text, "check" text, difference_count bigint, differences jsonb, hint text)
language sql
stable
security invoker
set search_path = ''
-- The API applies it to the whole call: a large installation takes longer than its 8 s.
set statement_timeout = '10min'
as $$
  select found.* from private.audit_installation(
    p_part, make_interval(mins => greatest(p_grace_minutes, 0))
  ) as found
$$;
comment on function public.audit_installation(text, integer) is
  'See private.audit_installation. For npm run audit with the secret key, part by part.';
revoke all on function public.audit_installation(text, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.audit_installation(text, integer) to service_role;
