-- Extensions that the later migrations rely on. Hosted projects have most of them already.
create extension if not exists vector with schema extensions;
create extension if not exists pg_cron;
create extension if not exists pg_net with schema extensions;
create extension if not exists supabase_vault with schema vault;
