-- What jobs consume at providers, and what it costs.
create table private.model_prices (
  provider text not null,
  model text not null,
  input_price numeric(12, 6) not null,
  output_price numeric(12, 6) not null default 0,
  constraint model_prices_pkey primary key (provider, model),
  constraint model_prices_input_price_check check (input_price >= 0),
  constraint model_prices_output_price_check check (output_price >= 0)
);
comment on table private.model_prices is
  'US dollars for a million tokens, by model, for operators to keep up to date. A model that is not listed costs null: unknown.';
alter table private.model_prices enable row level security;
revoke all on table private.model_prices from public, anon, authenticated, service_role;
insert into private.model_prices (provider, model, input_price, output_price) values
  ('openai', 'text-embedding-3-small', 0.02, 0),
  ('openai', 'text-embedding-3-large', 0.13, 0),
  ('voyage', 'voyage-4-large', 0.12, 0),
  ('voyage', 'voyage-4', 0.06, 0),
  ('voyage', 'voyage-4-lite', 0.02, 0),
  ('voyage', 'voyage-3-large', 0.18, 0),
  ('voyage', 'voyage-code-3', 0.18, 0),
  ('voyage', 'voyage-finance-2', 0.12, 0),
  ('voyage', 'voyage-law-2', 0.12, 0),
  ('voyage', 'voyage-3.5', 0.06, 0),
  ('voyage', 'voyage-3.5-lite', 0.02, 0),
  ('gemini', 'gemini-embedding-001', 0.15, 0);

create table public.usage_events (
  id bigint not null generated always as identity,
  org_id uuid not null,
  job_id bigint,
  kind text not null,
  subject_id text,
  provider text not null,
  model text not null,
  input_tokens bigint not null default 0,
  output_tokens bigint not null default 0,
  is_wasted boolean not null default false,
  cost_usd numeric(18, 9),
  created_at timestamptz not null default now(),
  constraint usage_events_pkey primary key (id),
  constraint usage_events_org_id_fkey
    foreign key (org_id) references public.organizations (id) on delete cascade,
  constraint usage_events_input_tokens_check check (input_tokens >= 0),
  constraint usage_events_output_tokens_check check (output_tokens >= 0)
);
comment on table public.usage_events is
  'What one attempt of a job consumed at a provider. Written by the engine in the transaction that ends the attempt; members of the organisation read it.';
comment on column public.usage_events.subject_id is
  'What the job was about: its dedupe key, such as the id of a document.';
comment on column public.usage_events.is_wasted is
  'True when the attempt ended without a result, or its result was overtaken; a training''s next attempt keeps its vectors all the same.';
comment on column public.usage_events.cost_usd is
  'By the price at that time; null when the model''s price is not known.';
-- With the tokens: the quota of the day adds them up.
create index usage_events_org_id_created_at_idx
  on public.usage_events (org_id, created_at desc) include (input_tokens, output_tokens);
create index usage_events_org_id_subject_id_idx on public.usage_events (org_id, subject_id);
alter table public.usage_events enable row level security;
create policy usage_events_select_viewer on public.usage_events
  for select to authenticated
  using (org_id in (select private.get_member_org_ids('viewer')));
revoke all on table public.usage_events from public, anon, authenticated, service_role;
revoke all on sequence public.usage_events_id_seq
  from public, anon, authenticated, service_role;
grant select on table public.usage_events to authenticated, service_role;

create function private.add_usage(
  org_id uuid,
  job_id bigint,
  kind text,
  subject_id text,
  usage jsonb,
  is_wasted boolean
)
returns void
language sql
volatile
security invoker
set search_path = ''
as $$
  insert into public.usage_events (
    org_id, job_id, kind, subject_id, provider, model, input_tokens, output_tokens, is_wasted,
    cost_usd
  )
  select
    add_usage.org_id, add_usage.job_id, add_usage.kind, add_usage.subject_id,
    item.provider, item.model, item.input_tokens, item.output_tokens, add_usage.is_wasted,
    (item.input_tokens * price.input_price + item.output_tokens * price.output_price) / 1000000
  from (
    select
      coalesce(part ->> 'provider', 'unknown') as provider,
      part ->> 'model' as model,
      coalesce((part ->> 'input_tokens')::bigint, 0) as input_tokens,
      coalesce((part ->> 'output_tokens')::bigint, 0) as output_tokens
    -- One object is as good as an array of one.
    from jsonb_path_query(add_usage.usage, 'lax $[*]') as part
  ) as item
  left join private.model_prices as price
    on price.provider = item.provider and price.model = item.model
  where add_usage.org_id is not null and item.model is not null
    and item.input_tokens + item.output_tokens > 0
$$;
comment on function private.add_usage(uuid, bigint, text, text, jsonb, boolean) is
  'Books what an attempt consumed, {provider, model, input_tokens?, output_tokens?} or an array of such, on an organisation. Leaves out what has no model or no tokens.';
revoke all on function private.add_usage(uuid, bigint, text, text, jsonb, boolean)
  from public, anon, authenticated, service_role;

create function private.tg_job_history__add_usage()
returns trigger
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  perform private.add_usage(
    new.org_id, new.id, new.kind, new.dedupe_key, new.usage, new.outcome <> 'completed'
  );
  return null;
end
$$;
comment on function private.tg_job_history__add_usage() is
  'Books the usage of a job with its end: wasted unless it completed.';
revoke all on function private.tg_job_history__add_usage()
  from public, anon, authenticated, service_role;
create trigger _300_add_usage
  after insert on private.job_history
  for each row when (new.usage is not null)
  execute function private.tg_job_history__add_usage();

create function private.add_stale_usage(job_id bigint, lease_token uuid, usage jsonb)
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  if add_stale_usage.usage is null then
    return;
  end if;
  -- Locked before any job, as its deletion has it; what is deleted owes nothing.
  perform from public.organizations as organization
  where organization.id in (
    select job.org_id from private.jobs as job where job.id = add_stale_usage.job_id
    union all
    select past.org_id from private.job_history as past where past.id = add_stale_usage.job_id
  )
  for key share;
  if not found then
    return;
  end if;
  perform private.add_usage(
    job.org_id, job.id, job.kind, job.dedupe_key, add_stale_usage.usage, true
  )
  from (
    select open_job.id, open_job.org_id, open_job.kind, open_job.dedupe_key
    from private.jobs as open_job where open_job.id = add_stale_usage.job_id
    union all
    select past.id, past.org_id, past.kind, past.dedupe_key
    from private.job_history as past
    where past.id = add_stale_usage.job_id
      -- A worker that never got the answer to its result reports the same attempt again.
      and (past.usage is null or past.lease_token is distinct from add_stale_usage.lease_token)
  ) as job;
end
$$;
comment on function private.add_stale_usage(bigint, uuid, jsonb) is
  'Books as wasted what a worker consumed for a result that came too late, unless its lease has ended the job and that was booked. Locks the organisation.';
revoke all on function private.add_stale_usage(bigint, uuid, jsonb)
  from public, anon, authenticated, service_role;
