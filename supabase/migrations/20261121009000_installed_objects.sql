-- What the migrations have made, object by object, so that a later look sees what is gone or changed.
create table private.installed_objects (
  kind text not null,
  name text not null,
  parent text,
  digest text not null,
  constraint installed_objects_pkey primary key (kind, name)
);
comment on table private.installed_objects is
  'Every table, column, index, policy and so on as the last migration left it: what private.validate_installation compares the database with. Migrations that change any end with: select private.update_installed_objects();';
comment on column private.installed_objects.parent is
  'The relation that it goes with: when that is missing, nothing more is said of the object.';
comment on column private.installed_objects.digest is 'Of its definition.';
alter table private.installed_objects enable row level security;
revoke all on table private.installed_objects from public, anon, authenticated, service_role;

create function private.list_relations()
returns table (id oid, name text, kind "char")
language sql
stable
security invoker
set search_path = ''
as $$
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
comment on function private.list_relations() is
  'Tables and views of public and private, without those that belong to an extension.';
revoke all on function private.list_relations() from public, anon, authenticated, service_role;

create function private.list_functions()
returns table (id oid, name text)
language sql
stable
security invoker
set search_path = ''
as $$
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
comment on function private.list_functions() is
  'Functions of public and private, without those that belong to an extension.';
revoke all on function private.list_functions() from public, anon, authenticated, service_role;

create function private.list_table_objects()
returns table (kind text, name text, parent text, definition text)
language sql
stable
security invoker
set search_path = ''
as $$
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
comment on function private.list_table_objects() is
  'Tables, views and what tables are made of, each with a text that changes when it does. Expressions are written out in full, whatever search_path the caller has.';
revoke all on function private.list_table_objects() from public, anon, authenticated, service_role;

create function private.is_of_other_bucket(condition text)
returns boolean
language sql
immutable
security invoker
set search_path = ''
return coalesce(
  is_of_other_bucket.condition
      !~ '''(documents|pointer-crops|conversation-files|training-files)''::text'
    and (
      -- One of what all must hold, as PostgreSQL writes conditions out.
      is_of_other_bucket.condition ~ '^\(\(bucket_id = ''[^'']+''::text\) AND '
      or is_of_other_bucket.condition ~ '\(bucket_id = ''[^'']+''::text\)'
        and is_of_other_bucket.condition !~ '\mOR\M'
    ),
  true
);
comment on function private.is_of_other_bucket(text) is
  'Whether a policy''s condition lets nobody at our buckets: it asks for another one by name. True for none.';
revoke all on function private.is_of_other_bucket(text)
  from public, anon, authenticated, service_role;

create function private.list_rule_objects()
returns table (kind text, name text, parent text, definition text)
language sql
stable
security invoker
set search_path = ''
as $$
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
comment on function private.list_rule_objects() is
  'Policies, triggers and functions, each with a text that changes when it does.';
revoke all on function private.list_rule_objects() from public, anon, authenticated, service_role;

create function private.list_grant_objects()
returns table (kind text, name text, parent text, definition text)
language sql
stable
security invoker
set search_path = ''
as $$
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
comment on function private.list_grant_objects() is
  'What the API roles, or everybody, hold on relations, columns, functions and schemas.';
revoke all on function private.list_grant_objects() from public, anon, authenticated, service_role;
