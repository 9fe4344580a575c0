-- Whether what the platform brings is as the migrations expect it, one row for each question.
create function private.list_server_checks()
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
  -- What leases and delays are measured with; whoever calls compares it.
  select 60, 'clock', true, to_json(clock_timestamp() at time zone 'utc') #>> '{}' || 'Z', null
$$;
comment on function private.list_server_checks() is
  'Whether the server is new enough and has its extensions, and what time it has.';
revoke all on function private.list_server_checks() from public, anon, authenticated, service_role;

create function private.list_role_checks()
returns table (place integer, name text, ok boolean, detail text, hint text)
language sql
stable
security invoker
set search_path = ''
as $$
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
comment on function private.list_role_checks() is
  'Whether the roles have the rights that the policies count on, and new objects no others.';
revoke all on function private.list_role_checks() from public, anon, authenticated, service_role;
