-- Makes the role ":role" in this database what the role postgres is on a hosted project: owner of
-- the database, not a superuser, with those rights on the platform's schemas that hosted gives.
create role ":role" login createdb createrole bypassrls password 'hosted';
grant anon, authenticated, service_role to ":role" with admin option;
alter database ":database" owner to ":role";
alter schema extensions owner to ":role";
-- Hosted lets the role make this extension; PostgreSQL itself would not.
create extension if not exists vector with schema extensions;

grant usage on schema auth, storage, cron, net, vault to ":role" with grant option;
grant all on all tables in schema auth, storage to ":role" with grant option;
grant execute on all functions in schema auth, storage, cron, net, vault to ":role" with grant option;
grant select on all tables in schema cron to ":role";
grant select, delete on vault.secrets, vault.decrypted_secrets to ":role";
alter function cron.schedule(text, text, text) security definer;
alter function cron.unschedule(text) security definer;
alter function vault.create_secret(text, text, text) security definer;
alter function vault.update_secret(uuid, text, text, text) security definer;

-- Hosted lets it make policies of Storage and triggers on auth.users without owning either. Here it
-- owns them, and is refused everything else that owners may do.
alter table storage.objects owner to ":role";
alter table storage.buckets owner to ":role";
alter table auth.users owner to ":role";
create function public.hosted_refuse() returns event_trigger language plpgsql
set search_path = ''
as $$
declare
  command record;
begin
  for command in select * from pg_catalog.pg_event_trigger_ddl_commands() loop
    if session_user = ':role'
      and command.object_identity ~ '(^|\mon )(auth|storage|cron|net|vault)\.'
      and command.command_tag not in (
        'CREATE POLICY', 'ALTER POLICY', 'DROP POLICY', 'CREATE TRIGGER', 'DROP TRIGGER'
      )
    then
      raise insufficient_privilege using message =
        format('hosted projects refuse %s on %s', command.command_tag, command.object_identity);
    end if;
  end loop;
end
$$;
create event trigger hosted_refuse on ddl_command_end execute function public.hosted_refuse();
alter function public.hosted_refuse() set schema extensions;
