-- What a request may ask of a training file.
create function private.assert_conversation_ids(conversation_ids uuid[])
returns void
language plpgsql
immutable
security invoker
set search_path = ''
as $$
begin
  if coalesce(cardinality(conversation_ids), 0) not between 1 and 80
    or cardinality(conversation_ids)
      <> (select count(distinct wanted.id) from unnest(conversation_ids) as wanted (id))
  then
    perform private.raise_error(
      'INVALID_REQUEST', 400, 'The request is not valid', null,
      'conversation_ids names 1 to 80 conversations, none of them twice'
    );
  end if;
end
$$;
comment on function private.assert_conversation_ids(uuid[]) is
  'Passes for 1 to 80 ids, none null, none twice. Raises INVALID_REQUEST: whoever calls the functions below without the edge function meets the same rules.';
revoke all on function private.assert_conversation_ids(uuid[])
  from public, anon, authenticated, service_role;

create function private.assert_training_file_options(options jsonb)
returns void
language plpgsql
immutable
security invoker
set search_path = ''
as $$
begin
  if coalesce(
    options not in ('{}', '{"validation": "repair"}', '{"validation": "strict"}'), true
  ) then
    perform private.raise_error(
      'INVALID_REQUEST', 400, 'The request is not valid', null, 'validation is repair or strict'
    );
  end if;
end
$$;
comment on function private.assert_training_file_options(jsonb) is
  'Passes for what a build understands. Raises INVALID_REQUEST.';
revoke all on function private.assert_training_file_options(jsonb)
  from public, anon, authenticated, service_role;

create function private.assert_training_file_changes(changes jsonb)
returns void
language plpgsql
immutable
security invoker
set search_path = ''
as $$
begin
  if (case when jsonb_typeof(changes) = 'object' then
    changes - array['name', 'description', 'status', 'stale_policy'] = '{}'
    and (not changes ? 'name' or char_length(btrim(changes ->> 'name')) between 1 and 255)
    and coalesce(char_length(changes ->> 'description'), 0) <= 2000
    and (not changes ? 'status' or changes ->> 'status' in ('active', 'archived'))
    and (
      not changes ? 'stale_policy'
      or changes ->> 'stale_policy' in ('ignore', 'mark_stale', 'rebuild')
    )
  end) is not true then
    perform private.raise_error(
      'INVALID_REQUEST', 400, 'The request is not valid', null,
      'name has 1 to 255 characters, description at most 2000; status is active or archived; stale_policy is ignore, mark_stale or rebuild'
    );
  end if;
end
$$;
comment on function private.assert_training_file_changes(jsonb) is
  'Passes for {name?, description?, status?, stale_policy?}; processing and failed are not a user''s to set. Raises INVALID_REQUEST.';
revoke all on function private.assert_training_file_changes(jsonb)
  from public, anon, authenticated, service_role;
