-- How the database differs from what the migrations have made.
create function private.list_installable_objects()
returns table (kind text, name text, parent text, digest text)
language sql
stable
security invoker
set search_path = ''
as $$
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
comment on function private.list_installable_objects() is
  'Everything that the migrations make, as it is now.';
revoke all on function private.list_installable_objects()
  from public, anon, authenticated, service_role;

create function private.update_installed_objects()
returns bigint
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  delete from private.installed_objects where true;
  insert into private.installed_objects (kind, name, parent, digest)
  select object.kind, object.name, object.parent, object.digest
  from private.list_installable_objects() as object;
  return (select count(*) from private.installed_objects);
end
$$;
comment on function private.update_installed_objects() is
  'Takes the database as it is for what it should be; returns the number of objects. For the end of a migration, and for operators who changed something on purpose.';
revoke all on function private.update_installed_objects()
  from public, anon, authenticated, service_role;

create function private.list_installation_differences()
returns table (kind text, name text, difference text)
language sql
stable
security invoker
set search_path = ''
as $$
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
comment on function private.list_installation_differences() is
  'Objects that are missing or changed since the migrations, and policies and grants that have come since.';
revoke all on function private.list_installation_differences()
  from public, anon, authenticated, service_role;
