-- Whether what the migrations made is there, one row for each kind of object.
create function private.list_object_checks()
returns table (place integer, name text, ok boolean, detail text, hint text)
language sql
stable
security invoker
set search_path = ''
as $$
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
comment on function private.list_object_checks() is
  'Whether everything that the migrations made is there, unchanged.';
revoke all on function private.list_object_checks() from public, anon, authenticated, service_role;

