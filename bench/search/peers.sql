-- What a user would pick, as its guides write it, for vectors of 1024 dimensions.
create table public.documents (
  id bigint primary key,
  org_id uuid not null,
  content text,
  metadata jsonb,
  fts tsvector generated always as (to_tsvector('english', content)) stored,
  embedding extensions.vector(1024)
);
alter table public.documents enable row level security;
-- supabase.com/docs/guides/ai/rag-with-permissions
create policy documents_select_member on public.documents for select to authenticated using (
  org_id in (
    select member.org_id from public.organization_members as member
    where member.user_id = (select auth.uid())
  )
);
grant select on public.documents to authenticated, service_role;

-- supabase.com/docs/guides/ai/semantic-search
create function public.match_documents (
  query_embedding extensions.vector(1024),
  match_threshold float,
  match_count int
)
returns setof public.documents
language sql
as $$
  select *
  from documents
  where documents.embedding <=> query_embedding < 1 - match_threshold
  order by documents.embedding <=> query_embedding asc
  limit least(match_count, 200);
$$;

-- supabase.com/docs/guides/ai/hybrid-search
create function public.hybrid_search (
  query_text text,
  query_embedding extensions.vector(1024),
  match_count int,
  full_text_weight float = 1,
  semantic_weight float = 1,
  rrf_k int = 50
)
returns setof public.documents
language sql
as $$
with full_text as (
  select
    id,
    row_number() over(order by ts_rank_cd(fts, websearch_to_tsquery(query_text)) desc) as rank_ix
  from documents
  where fts @@ websearch_to_tsquery(query_text)
  order by rank_ix
  limit least(match_count, 30) * 2
),
semantic as (
  select
    id,
    row_number() over (order by embedding <#> query_embedding) as rank_ix
  from documents
  order by rank_ix
  limit least(match_count, 30) * 2
)
select documents.*
from full_text
  full outer join semantic
    on full_text.id = semantic.id
  join documents
    on coalesce(full_text.id, semantic.id) = documents.id
order by
  coalesce(1.0 / (rrf_k + full_text.rank_ix), 0.0) * full_text_weight +
  coalesce(1.0 / (rrf_k + semantic.rank_ix), 0.0) * semantic_weight
  desc
limit least(match_count, 30)
$$;

-- supabase.com/docs/guides/ai/langchain
create function public.match_langchain_documents (
  query_embedding extensions.vector(1024),
  match_count int default null,
  filter jsonb default '{}'
)
returns table (id bigint, content text, metadata jsonb, similarity float)
language plpgsql
as $$
#variable_conflict use_column
begin
  return query
  select
    id,
    content,
    metadata,
    1 - (documents.embedding <=> query_embedding) as similarity
  from documents
  where metadata @> filter
  order by documents.embedding <=> query_embedding
  limit match_count;
end;
$$;
