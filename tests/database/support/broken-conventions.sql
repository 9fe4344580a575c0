-- One row for each rule of the house that an object of schema public or private breaks.
with
our_schema as (
  select oid, nspname from pg_namespace where nspname in ('public', 'private')
),
our_function as (
  select
    proc.oid, proc.proname, proc.proacl, proc.proowner, proc.prosecdef, proc.proconfig,
    our_schema.nspname, proc.prorettype = 'trigger'::regtype as is_trigger_function,
    obj_description(proc.oid, 'pg_proc') as comment,
    format('%I.%I(%s)', nspname, proname, pg_get_function_identity_arguments(proc.oid)) as name
  from pg_proc as proc
  join our_schema on our_schema.oid = proc.pronamespace
),
our_relation as (
  select
    class.oid, class.relname, class.relkind, class.relrowsecurity, class.reloptions,
    obj_description(class.oid, 'pg_class') as comment,
    format('%I.%I', nspname, relname) as name
  from pg_class as class
  join our_schema on our_schema.oid = class.relnamespace
),
our_table as (
  select * from our_relation where relkind in ('r', 'p')
),
our_index as (
  select index.*, class.relname, our_table.name as table_name
  from pg_index as index
  join our_table on our_table.oid = index.indrelid
  join pg_class as class on class.oid = index.indexrelid
),
our_policy as (
  select
    policy.polname, policy.polroles, policy.polpermissive, policy.polrelid,
    our_table.relname, format('%s on %s', polname, our_table.name) as name,
    case polcmd
      when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete'
    end as command
  from pg_policy as policy
  join our_table on our_table.oid = policy.polrelid
),
-- A policy for all commands is one for each of them.
permissive as (
  select our_policy.polrelid, role.oid as role_id, covered.command
  from our_policy
  cross join unnest(polroles) as role (oid)
  cross join (values ('select'), ('insert'), ('update'), ('delete')) as covered (command)
  where polpermissive and (our_policy.command is null or our_policy.command = covered.command)
)

select 'function without comment' as rule, name as object
from our_function where comment is null

union all
select 'function without an empty search_path', name
from our_function where not coalesce('search_path=""' = any (proconfig), false)

union all
-- What cannot do without costs 1e10 then, and would be compiled with each call.
select 'function without sequential scans that is compiled', name
from our_function
where 'enable_seqscan=off' = any (proconfig) and not 'jit=off' = any (proconfig)

union all
select 'security definer outside private', name
from our_function where prosecdef and nspname <> 'private'

union all
select 'definer without the reason in its comment', name
from our_function where prosecdef and coalesce(comment, '') !~ '\mDefiner\M'

union all
select 'function that anon may execute', name
from our_function where has_function_privilege('anon', oid, 'execute')

union all
select 'function that everybody may execute', name
from our_function
where exists (
  select from aclexplode(coalesce(proacl, acldefault('f', proowner))) as item where item.grantee = 0
)

union all
select 'function name without a verb of the list', name
from our_function
where not is_trigger_function
  and proname !~ '^(get|list|search|create|update|delete|add|remove|enqueue|claim|heartbeat|complete|fail|defer|release|cancel|retry|is|has|assert|audit)_[a-z_]+$'
  and proname not in ('raise_error', 'invite_member', 'accept_invitation', 'revoke_invitation', 'set_member_role', 'leave_organization', 'transfer_ownership', 'tick_jobs', 'sweep_jobs', 'pause_lane', 'drain_workers', 'switch_embedding_model', 'validate_installation')

union all
select 'trigger function not named tg_<table>__<what>', our_function.name
from our_function
where is_trigger_function
  and (
    proname !~ '^tg_[a-z_]+__[a-z_]+$'
    or split_part(substr(proname, 4), '__', 1) <> 'any'
      and not exists (
        select from our_table where our_table.relname = split_part(substr(proname, 4), '__', 1)
      )
  )

union all
select 'table without comment', name from our_table where comment is null

union all
select 'view without comment', name from our_relation where relkind in ('v', 'm') and comment is null

union all
select 'table without row-level security', name from our_table where not relrowsecurity

union all
select 'view without security_invoker', name
from our_relation
where relkind = 'v'
  and not coalesce(reloptions && array['security_invoker=true', 'security_invoker=on'], false)

union all
select 'materialised view, which ignores row-level security', name
from our_relation where relkind = 'm' and has_table_privilege('authenticated', oid, 'select')

union all
select 'policy for everybody', name from our_policy where 0 = any (polroles)

union all
select 'two permissive policies for one role and command',
  format('%s for %s to %s', polrelid::regclass, command, role_id::regrole)
from permissive group by polrelid, command, role_id having count(*) > 1

union all
select 'policy not named <table>_<command>_<who>', name
from our_policy
where polname !~ ('^' || relname || '_' || coalesce(command, 'all') || '_[a-z_]+$') or command is null

union all
select format('%s held by %s', privilege.name, role.name), our_relation.name
from our_relation
cross join (values ('TRUNCATE'), ('REFERENCES'), ('TRIGGER')) as privilege (name)
cross join (values ('anon'), ('authenticated')) as role (name)
where our_relation.relkind in ('r', 'p', 'v', 'm')
  and has_table_privilege(role.name, our_relation.oid, privilege.name)

union all
select 'foreign key without an index', format('%s on %s', conname, our_table.name)
from pg_constraint as foreign_key
join our_table on our_table.oid = foreign_key.conrelid
where foreign_key.contype = 'f'
  and not exists (
    select from our_index
    where our_index.indrelid = foreign_key.conrelid
      and our_index.indpred is null
      and foreign_key.conkey <@ (our_index.indkey::smallint[])[0:cardinality(foreign_key.conkey) - 1]
  )

union all
select 'foreign key without on delete', format('%s on %s', conname, our_table.name)
from pg_constraint as foreign_key
join our_table on our_table.oid = foreign_key.conrelid
where foreign_key.contype = 'f' and foreign_key.confdeltype = 'a'

union all
select 'constraint name', format('%s on %s', conname, our_table.name)
from pg_constraint
join our_table on our_table.oid = pg_constraint.conrelid
where contype in ('p', 'u', 'f', 'c', 'x')
  -- A partition has its parent's, by the parent's names.
  and coninhcount = 0
  and conname !~ (
    '^' || our_table.relname || '(_[a-z0-9_]+)?_'
    || case contype
      when 'p' then 'pkey' when 'u' then 'key' when 'f' then 'fkey'
      when 'c' then 'check' else 'excl'
    end || '$'
  )

union all
select 'index name', format('%s on %s', relname, table_name)
from our_index
where relname !~ '_idx$'
  and not exists (select from pg_constraint where conindid = our_index.indexrelid and contype in ('p', 'u', 'x'))

union all
select 'trigger not named _<order>_<what>', format('%s on %s', tgname, our_table.name)
from pg_trigger
join our_table on our_table.oid = pg_trigger.tgrelid
where not tgisinternal and tgname !~ '^_[0-9]{3}_[a-z_]+$'

union all
-- _until for the end of a span, as in paused_until.
select 'timestamptz not named _at', format('%s.%s', our_table.name, attname)
from pg_attribute
join our_table on our_table.oid = pg_attribute.attrelid
where atttypid = 'timestamptz'::regtype and not attisdropped and attname !~ '_(at|until)$'

union all
select 'timestamp without time zone', format('%s.%s', our_table.name, attname)
from pg_attribute
join our_table on our_table.oid = pg_attribute.attrelid
where atttypid = 'timestamp'::regtype and not attisdropped

union all
select 'enum, where the house has text with a check', format('%I.%I', nspname, typname)
from pg_type
join our_schema on our_schema.oid = pg_type.typnamespace
where typtype = 'e'

union all
select 'bucket that everybody may read', id from storage.buckets where public

order by rule, object
