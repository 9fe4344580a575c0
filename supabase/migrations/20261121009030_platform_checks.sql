-- Whether what the platform brings is as the migrations expect it, one row for each question.
create function private.list_platform_checks()
returns table (place integer, name text, ok boolean, detail text, hint text)
language sql
stable
security invoker
set search_path = ''
as $$
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
    coalesce(string_agg(foreign_object.name, ', ' order by foreign_object.name), 'one for everything'),
    'alter … owner to the owner of schema private: definer functions act with that role''s rights'
  from (
    select relation.name
    from private.list_relations() as relation
    join pg_catalog.pg_class as class on class.oid = relation.id
    where class.relowner <> (
        select namespace.nspowner from pg_catalog.pg_namespace as namespace
        where namespace.nspname = 'private'
      )
      and relation.name in (select object.name from private.installed_objects as object)
    union all
    select listed.name
    from private.list_functions() as listed
    join pg_catalog.pg_proc as proc on proc.oid = listed.id
    where proc.proowner <> (
        select namespace.nspowner from pg_catalog.pg_namespace as namespace
        where namespace.nspname = 'private'
      )
      and listed.name in (select object.name from private.installed_objects as object)
  ) as foreign_object
  union all
  -- What leases and delays are measured with; whoever calls compares it.
  select 60, 'clock', true, to_json(clock_timestamp() at time zone 'utc') #>> '{}' || 'Z', null
  union all
  -- Ours are revoked one by one; what somebody makes in private tomorrow must not be open by default.
  select 50, 'default privileges', count(*) = 0,
    coalesce(
      string_agg(
        format('%s may %s what is made in private', role.rolname, lower(acl.privilege_type)), ', '
        order by role.rolname, acl.privilege_type
      ),
      'nothing made in private is open by itself'
    ),
    'alter default privileges in schema private revoke … from …'
  from pg_catalog.pg_default_acl as given
  cross join lateral aclexplode(given.defaclacl) as acl
  join pg_catalog.pg_roles as role on role.oid = acl.grantee
  where given.defaclnamespace in (0, 'private'::regnamespace)
    and role.rolname in ('anon', 'authenticated', 'service_role')
$$;
comment on function private.list_platform_checks() is
  'Whether what the platform brings is as the migrations expect it.';
revoke all on function private.list_platform_checks() from public, anon, authenticated, service_role;

