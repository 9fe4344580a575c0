-- A demo organisation and its owner, for local stacks: demo@maestro.example, password maestro-demo.
insert into auth.users (
  id, aud, role, email, encrypted_password, email_confirmed_at, confirmation_token, recovery_token,
  email_change, email_change_token_new, raw_app_meta_data, raw_user_meta_data, created_at, updated_at
)
values (
  '00000000-0000-4000-8000-000000000001', 'authenticated', 'authenticated', 'demo@maestro.example',
  '$2b$10$OaaUdURLJuKuENKYAUhXCOSfLGluAbHKmGZpVywwTxxqwo0VoUtP.', now(), '', '', '', '',
  '{"provider": "email", "providers": ["email"]}', '{}', now(), now()
);

insert into auth.identities (
  id, provider, provider_id, user_id, identity_data, last_sign_in_at, created_at, updated_at
)
values (
  '00000000-0000-4000-8000-000000000002', 'email', '00000000-0000-4000-8000-000000000001',
  '00000000-0000-4000-8000-000000000001',
  '{"sub": "00000000-0000-4000-8000-000000000001", "email": "demo@maestro.example", "email_verified": true}',
  now(), now(), now()
);

-- Supabase Auth finds users by instance, where its schema has that column.
do $$
begin
  if exists (
    select from information_schema.columns
    where table_schema = 'auth' and table_name = 'users' and column_name = 'instance_id'
  ) then
    execute $sql$
      update auth.users set instance_id = '00000000-0000-0000-0000-000000000000'
      where id = '00000000-0000-4000-8000-000000000001'
    $sql$;
  end if;
end
$$;

insert into public.organizations (id, name)
values ('00000000-0000-4000-8000-000000000003', 'Demo organisation');
insert into public.organization_members (org_id, user_id, role)
values (
  '00000000-0000-4000-8000-000000000003', '00000000-0000-4000-8000-000000000001', 'owner'
);
