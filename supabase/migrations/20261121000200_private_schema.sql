-- The schema of the machinery, and the helpers that every table and function uses.
create schema private;
comment on schema private is
  'Machinery of Maestro: the job engine, helpers, trigger functions and every security definer function. Never exposed through the API.';

revoke all on schema private from public, anon, authenticated, service_role;
grant usage on schema private to authenticated, service_role;

create function private.raise_error(
  code text,
  status integer,
  message text,
  details jsonb default null,
  hint text default null,
  headers json default '{}'
)
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
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
comment on function private.raise_error(text, integer, text, jsonb, text, json) is
  'Raises an error that PostgREST answers with the given HTTP status, code and headers. The only way in which our SQL reports a problem to a caller; codes are listed in docs/errors.md.';
revoke all on function private.raise_error(text, integer, text, jsonb, text, json)
  from public, anon, authenticated, service_role;
grant execute on function private.raise_error(text, integer, text, jsonb, text, json)
  to authenticated, service_role;

create function private.tg_any__set_updated_at()
returns trigger
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  new.updated_at := now();
  return new;
end
$$;
comment on function private.tg_any__set_updated_at() is
  'Before-update trigger for every table with an updated_at column.';
revoke all on function private.tg_any__set_updated_at()
  from public, anon, authenticated, service_role;
