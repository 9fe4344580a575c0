-- Lints 0025 to 0029 of Supabase's advisor, which db advisors of the CLI does not run: one row for
-- each object that breaks one. https://supabase.com/docs/guides/database/database-advisors
with
relation as (
  select class.oid, class.relkind, class.relrowsecurity,
    format('%I.%I', namespace.nspname, class.relname) as name
  from pg_class as class
  join pg_namespace as namespace on namespace.oid = class.relnamespace
  where namespace.nspname in ('public', 'private') and class.relkind in ('r', 'p', 'v', 'm', 'f')
),
definer as (
  select proc.oid, format('%I.%I', namespace.nspname, proc.proname) as name
  from pg_proc as proc
  join pg_namespace as namespace on namespace.oid = proc.pronamespace
  where proc.prosecdef
    and namespace.nspname not in ('pg_catalog', 'information_schema', 'auth', 'storage', 'cron', 'net', 'vault', 'extensions')
)

-- Who knows a public object's address reads it without any policy: one for listing shows them all.
select '0025 public bucket that can be listed' as lint, bucket.id as object
from storage.buckets as bucket
where bucket.public
  and exists (
    select from pg_policies as policy
    where policy.schemaname = 'storage' and policy.tablename = 'objects'
      and policy.permissive = 'PERMISSIVE' and policy.cmd in ('SELECT', 'ALL')
      and policy.roles && array['public', 'anon', 'authenticated']::name[]
      and (
        policy.qual in ('true', '(true)', '(1 = 1)')
        or policy.qual ~ format('^\(?bucket_id = %L::text\)?$', bucket.id)
      )
  )

union all
select '0026 relation that anon sees', relation.name
from relation
where has_any_column_privilege('anon', relation.oid, 'select')

union all
-- All that members read is meant to be known by name. What has no policy for them is not.
select '0027 relation that users see and cannot read', relation.name
from relation
where has_any_column_privilege('authenticated', relation.oid, 'select')
  and (
    relation.relkind in ('m', 'f')
    or relation.relkind in ('r', 'p') and not exists (
      select from pg_policy as policy
      where policy.polrelid = relation.oid and policy.polcmd in ('r', '*')
        and policy.polroles && array['authenticated'::regrole::oid, 0::oid]
    )
  )

union all
select '0028 definer function that anon may call', definer.name
from definer
where has_function_privilege('anon', definer.oid, 'execute')

union all
select '0029 definer function that users may call', definer.name
from definer
where has_function_privilege('authenticated', definer.oid, 'execute')

order by lint, object
