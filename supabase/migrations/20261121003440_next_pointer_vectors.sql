-- What crops will be found by when their organisation has changed to its next embedding model.
create table private.next_pointer_vectors (
  pointer_id uuid not null,
  embedding_model text not null,
  embedding extensions.halfvec(1024),
  constraint next_pointer_vectors_pkey primary key (pointer_id),
  constraint next_pointer_vectors_pointer_id_fkey
    foreign key (pointer_id) references public.pointers (id) on delete cascade
);
comment on table private.next_pointer_vectors is
  'Vectors of crops by the next model of their organisation, which no search meets before it is the organisation''s.';
comment on column private.next_pointer_vectors.embedding is 'Null where that model takes no text of the crop.';
alter table private.next_pointer_vectors enable row level security;
revoke all on table private.next_pointer_vectors from public, anon, authenticated, service_role;

create function private.get_next_pointer_model(
  pointer public.pointers,
  organization public.organizations,
  input_hash text
)
returns text
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  -- Asked for every crop that is read: nearly always nothing is going on.
  if organization.next_embedding_model is null then
    return null;
  end if;
  return (
    select organization.next_embedding_model
    where pointer.embedding_model = organization.embedding_model
      and pointer.enrichment_status <> 'failed'
      and pointer.input_hash = get_next_pointer_model.input_hash
      and not exists (
        select from private.next_pointer_vectors as next_vector
        where next_vector.pointer_id = pointer.id
          and next_vector.embedding_model = organization.next_embedding_model
      )
  );
end
$$;
comment on function private.get_next_pointer_model(public.pointers, public.organizations, text) is
  'The model that the organisation switches to, where a reading, by its input_hash, is the one that the crop is found by, and has no vector of that model yet; else null. A crop that could not be read again waits for nothing.';
revoke all on function private.get_next_pointer_model(public.pointers, public.organizations, text)
  from public, anon, authenticated, service_role;

create function private.add_next_pointer_vector(
  organization public.organizations,
  reading_id uuid,
  input_hash text,
  result jsonb
)
returns boolean
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  model constant text := result ->> 'embedding_model';
begin
  if organization.next_embedding_model is null then
    return false;
  end if;
  insert into private.next_pointer_vectors as known (pointer_id, embedding_model, embedding)
  select pointer.id, organization.next_embedding_model,
    (add_next_pointer_vector.result ->> 'embedding')::extensions.halfvec
  from public.pointers as pointer
  where pointer.id = reading_id
    and private.get_next_pointer_model(
      pointer, organization, add_next_pointer_vector.input_hash
    ) is not null
    and coalesce(model, organization.next_embedding_model) = organization.next_embedding_model
  on conflict (pointer_id) do update
    set embedding_model = excluded.embedding_model, embedding = excluded.embedding;
  return found;
end
$$;
comment on function private.add_next_pointer_vector(public.organizations, uuid, text, jsonb) is
  'Keeps {embedding, embedding_model} of a known reading for the switch that is going on, or nothing where it is not for that. Returns whether it was.';
revoke all on function private.add_next_pointer_vector(public.organizations, uuid, text, jsonb)
  from public, anon, authenticated, service_role;
