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

create function private.fail_arguments(state text, message text)
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  -- It may quote what was sent, and names our tables: for operators alone.
  raise log 'arguments refused with %: %', state, left(fail_arguments.message, 1000);
  perform private.raise_error(
    'INVALID_REQUEST', 400, 'The arguments are not valid', jsonb_build_object('sqlstate', state)
  );
end
$$;
comment on function private.fail_arguments(text, text) is
  'Raises INVALID_REQUEST in place of what PostgreSQL said of arguments that it could not cast or store; that goes to the log.';
revoke all on function private.fail_arguments(text, text)
  from public, anon, authenticated, service_role;
grant execute on function private.fail_arguments(text, text) to service_role;

create function private.is_visible(text text)
returns boolean
language plpgsql
immutable
security invoker
set search_path = ''
as $$
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
comment on function private.is_visible(text) is
  'Whether a name shows anything where it is read; null for null.';
revoke all on function private.is_visible(text) from public, anon, authenticated, service_role;
grant execute on function private.is_visible(text) to authenticated, service_role;

create function private.assert_batch(batch jsonb)
returns void
language plpgsql
immutable
security invoker
set search_path = ''
as $$
begin
  if jsonb_typeof(batch) = 'array' and jsonb_array_length(batch) > 10000 then
    perform private.raise_error('INVALID_REQUEST', 400, 'A batch has at most 10,000 items');
  end if;
end
$$;
comment on function private.assert_batch(jsonb) is
  'Raises INVALID_REQUEST for an array of more than 10,000 items, which one statement might not end in time.';
revoke all on function private.assert_batch(jsonb) from public, anon, authenticated, service_role;
grant execute on function private.assert_batch(jsonb) to service_role;

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
