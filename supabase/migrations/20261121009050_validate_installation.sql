-- All checks of an installation together, for the SQL editor and for npm run doctor.
create function private.list_checks()
returns table (place integer, name text, ok boolean, detail text, hint text)
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  return query select server.* from private.list_server_checks() as server;
  return query select role.* from private.list_role_checks() as role;
  -- Somebody switched an extension off: its line says so, and the rest could not be read.
  if to_regclass('cron.job') is null or to_regclass('vault.decrypted_secrets') is null then
    return query
    select 100, 'everything else'::text, null::boolean, 'not without the extensions'::text, null::text;
    return;
  end if;
  return query select object.* from private.list_object_checks() as object;
  return query select cron.* from private.list_cron_checks() as cron;
  return query select work.* from private.list_work_checks() as work;
end
$$;
comment on function private.list_checks() is
  'Every check of the installation that can be made with the extensions that are there.';
revoke all on function private.list_checks() from public, anon, authenticated, service_role;

create function private.validate_installation()
returns table ("check" text, ok boolean, detail text, hint text)
language sql
stable
security definer
set search_path = ''
as $$
  select asked.name, asked.ok, asked.detail, case when not asked.ok then asked.hint end
  from private.list_checks() as asked
  order by asked.place
$$;
comment on function private.validate_installation() is
  'One row for each check of the installation: whether it is well (null when another line says why that cannot be told), what was found, and what to do about it. Paste into the SQL editor: select * from private.validate_installation(). Changes nothing. Definer: reads the catalogue, cron, Vault and the job tables; no secret is in what it returns.';
revoke all on function private.validate_installation()
  from public, anon, authenticated, service_role;
grant execute on function private.validate_installation() to service_role;

create function public.validate_installation()
returns table ("check" text, ok boolean, detail text, hint text)
language sql
stable
security invoker
set search_path = ''
as $$
  select found.* from private.validate_installation() as found
$$;
comment on function public.validate_installation() is
  'See private.validate_installation. For npm run doctor with the secret key.';
revoke all on function public.validate_installation()
  from public, anon, authenticated, service_role;
grant execute on function public.validate_installation() to service_role;
