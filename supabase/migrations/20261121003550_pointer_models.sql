-- Crops follow their organisation to another embedding model.
create function private.tg_organizations__enqueue_pointers()
returns trigger
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  perform private.enqueue_pointers(array(
    select pointer.id from public.pointers as pointer
    where pointer.org_id = new.id and pointer.description is not null
      and pointer.embedding_model is distinct from new.embedding_model
  ));
  return null;
end
$$;
comment on function private.tg_organizations__enqueue_pointers() is
  'Queues the crops whose vectors are of another model than the organisation searches with now: they get new ones, and are not read again. Until then they are found by their words. Definer: see enqueue_pointers.';
revoke all on function private.tg_organizations__enqueue_pointers()
  from public, anon, authenticated, service_role;
create trigger _800_enqueue_pointers
  after update of embedding_model on public.organizations
  for each row when (old.embedding_model is distinct from new.embedding_model)
  execute function private.tg_organizations__enqueue_pointers();
