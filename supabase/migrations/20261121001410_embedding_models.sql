-- One approximate index for each embedding model: two models never share a graph.
create table private.embedding_models (
  model text not null,
  created_at timestamptz not null default now(),
  constraint embedding_models_pkey primary key (model)
);
comment on table private.embedding_models is
  'Models that have made vectors of chunks. Each gets an HNSW index of its own within a minute; until then its vectors are searched exactly.';
alter table private.embedding_models enable row level security;
revoke all on table private.embedding_models from public, anon, authenticated, service_role;

create function private.add_embedding_models(models text[])
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  insert into private.embedding_models (model)
  select new_model from unnest(models) as new_model
  where not exists (
    select from private.embedding_models as known where known.model = new_model
  ) and new_model is not null
  order by new_model
  on conflict do nothing;
end
$$;
comment on function private.add_embedding_models(text[]) is
  'Notes models that are new. The index itself is made by cron: whoever holds a job must not wait for all writers of chunks.';
revoke all on function private.add_embedding_models(text[])
  from public, anon, authenticated, service_role;

create function private.get_embedding_index(model text)
returns regclass
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  return to_regclass(format(
    'public.mono_training_chunks_embedding_%s_idx', left(md5(get_embedding_index.model), 12)
  ));
end
$$;
comment on function private.get_embedding_index(text) is
  'The HNSW index of a model; null while there is none.';
revoke all on function private.get_embedding_index(text)
  from public, anon, authenticated, service_role;

create function private.create_embedding_index(model text)
returns boolean
language plpgsql
volatile
security invoker
set search_path = ''
set lock_timeout = '2s'
as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('private.create_embedding_index', 0));
  if private.get_embedding_index(create_embedding_index.model) is not null then
    return false;
  end if;
  execute format(
    'create index mono_training_chunks_embedding_%s_idx on public.mono_training_chunks
       using hnsw (embedding extensions.halfvec_cosine_ops) with (m = 16, ef_construction = 64)
       where embedding_model = %L',
    left(md5(create_embedding_index.model), 12), create_embedding_index.model
  );
  return true;
exception
  when lock_not_available then
    return false;
end
$$;
comment on function private.create_embedding_index(text) is
  'Makes the HNSW index of a model, unless there is one or a writer of chunks keeps it waiting for two seconds. Returns whether it did. Until the end of the transaction nobody writes chunks: call it in one that has locked nothing.';
revoke all on function private.create_embedding_index(text)
  from public, anon, authenticated, service_role;
