-- Vectors of crops against the models of their organisations.
create function private.audit_pointer_vectors()
returns table (name text, subject text, detail text)
language sql
stable
security invoker
set search_path = ''
as $$
  select 'models of crops', pointer.id::text,
    format(
      'its vector is of %s, and its organisation searches with %s',
      pointer.embedding_model, organization.embedding_model
    )
  from public.pointers as pointer
  join public.organizations as organization on organization.id = pointer.org_id
  -- One that could not be read again keeps what it was found by.
  where pointer.enrichment_status = 'complete'
    -- Without a model of its own, it searches with that of the question.
    and pointer.embedding_model <> organization.embedding_model
    and not exists (
      select from private.jobs as job
      where job.kind = 'enrich_pointer' and job.dedupe_key = pointer.id::text
    )
  union all
  select 'models of crops', pointer.id::text,
    format('a vector of %s is kept, and no switch to it goes on', next_vector.embedding_model)
  from private.next_pointer_vectors as next_vector
  join public.pointers as pointer on pointer.id = next_vector.pointer_id
  join public.organizations as organization on organization.id = pointer.org_id
  where next_vector.embedding_model is distinct from organization.next_embedding_model
$$;
comment on function private.audit_pointer_vectors() is
  'Crops whose vector is of another model than their organisation searches with, so that no search by meaning finds them, and vectors left over from a switch.';
revoke all on function private.audit_pointer_vectors()
  from public, anon, authenticated, service_role;
