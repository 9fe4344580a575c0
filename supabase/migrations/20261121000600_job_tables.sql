-- The tables of the job engine. Nobody but its own functions touches them.
create table private.lanes (
  lane text not null,
  max_in_flight integer not null,
  requests_per_minute integer,
  tokens_per_minute integer,
  request_budget double precision not null default 0,
  token_budget double precision not null default 0,
  refilled_at timestamptz not null default '-infinity',
  paused_until timestamptz,
  pause_reason text,
  reduced_cap integer,
  reduced_at timestamptz,
  constraint lanes_pkey primary key (lane),
  constraint lanes_max_in_flight_check check (max_in_flight between 1 and 1000),
  constraint lanes_requests_per_minute_check check (requests_per_minute between 1 and 1000000),
  constraint lanes_tokens_per_minute_check check (tokens_per_minute between 1 and 1000000000),
  constraint lanes_reduced_cap_check check (reduced_cap >= 1),
  constraint lanes_reduced_check check ((reduced_cap is null) = (reduced_at is null))
)
with (fillfactor = 50);
comment on table private.lanes is
  'One row for each provider or resource that jobs share. Its row lock makes the limit exact across all workers.';
comment on column private.lanes.max_in_flight is 'How many jobs of the lane may hold a lease at once.';
comment on column private.lanes.requests_per_minute is 'What the provider allows; null for no limit.';
comment on column private.lanes.tokens_per_minute is 'What the provider allows; null for no limit.';
comment on column private.lanes.request_budget is
  'Requests that may start now: a token bucket as of refilled_at, see private.get_lane_budget. Below 0 it is in debt.';
comment on column private.lanes.token_budget is 'Tokens that may be sent now, as request_budget.';
comment on column private.lanes.paused_until is 'No job of the lane is claimed before this time.';
comment on column private.lanes.pause_reason is 'A code, such as PROVIDER_RATE_LIMITED or OPERATOR.';
comment on column private.lanes.reduced_cap is
  'How many leases the lane may hold since the provider refused calls at reduced_at; one more for each minute after it.';
alter table private.lanes enable row level security;
revoke all on table private.lanes from public, anon, authenticated, service_role;

create table private.jobs (
  id bigint not null generated always as identity,
  org_id uuid,
  lane text not null,
  kind text not null,
  dedupe_key text not null,
  input_hash text,
  payload jsonb not null default '{}',
  priority smallint not null default 100,
  turn bigint not null default 0,
  is_ready boolean not null default true,
  visible_at timestamptz not null default now(),
  attempt smallint not null default 0,
  max_attempts smallint not null default 5,
  defer_count integer not null default 0,
  est_tokens integer not null default 0,
  progress real not null default 0,
  lease_token uuid,
  worker_id text,
  last_error jsonb,
  created_at timestamptz not null default now(),
  first_claimed_at timestamptz,
  constraint jobs_pkey primary key (id),
  constraint jobs_org_id_fkey
    foreign key (org_id) references public.organizations (id) on delete cascade,
  constraint jobs_lane_fkey foreign key (lane) references private.lanes (lane) on delete restrict,
  constraint jobs_payload_check check (pg_column_size(payload) <= 65536),
  constraint jobs_attempt_check check (attempt between 0 and max_attempts),
  constraint jobs_max_attempts_check check (max_attempts between 1 and 100),
  constraint jobs_progress_check check (progress between 0 and 1),
  constraint jobs_est_tokens_check check (est_tokens >= 0),
  constraint jobs_lease_check check ((lease_token is null) = (worker_id is null)),
  constraint jobs_is_ready_check check (not (is_ready and lease_token is not null))
)
-- Every claim, heartbeat and retry updates a row: room on its page keeps those updates short.
with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 500);
comment on table private.jobs is
  'Work that is waiting or held. A finished job moves to private.job_history.';
comment on column private.jobs.org_id is 'Null for the system''s own work.';
comment on column private.jobs.dedupe_key is
  'What the job is about. At most one waiting job of a kind has a given key; a held one does not block the next.';
comment on column private.jobs.input_hash is
  'Of what the job works from, where its kind has one: the same input is not worked on twice.';
comment on column private.jobs.priority is 'Lower goes first.';
comment on column private.jobs.turn is
  'Place in the round robin of its organisation, within lane and priority: a newcomer''s first job has the turn that is being served, its next one the turn after. -1 for one that waits for visible_at, which gets its turn then.';
comment on column private.jobs.is_ready is
  'False for a job that is held or waits for visible_at. A claim reads ready jobs only, whatever number waits.';
comment on column private.jobs.visible_at is
  'When a waiting job is due, and when a held one''s lease ends: then it is due again without a reaper.';
comment on column private.jobs.defer_count is
  'How often a provider''s limit sent it back, which costs no attempt.';
comment on column private.jobs.est_tokens is 'What it will send to the provider, for the lane''s token budget.';
comment on column private.jobs.lease_token is
  'Fencing token of the current lease. Whoever presents another one has lost the job.';

-- A job is in exactly one of the next three, so each change of its state writes one of them.
create index jobs_ready_idx on private.jobs (lane, priority, turn, id) where is_ready;
create index jobs_delayed_idx on private.jobs (lane, visible_at)
  where not is_ready and lease_token is null;
create index jobs_held_idx on private.jobs (lane, visible_at) where lease_token is not null;
create unique index jobs_kind_dedupe_key_idx on private.jobs (kind, dedupe_key)
  where lease_token is null;
-- For the foreign key alone: lanes are seldom deleted, and a summary of page ranges costs a claim nothing.
create index jobs_lane_idx on private.jobs using brin (lane);
-- Also answers which turn an organisation has reached.
create index jobs_org_id_idx on private.jobs (org_id, lane, priority, turn);
alter table private.jobs enable row level security;
revoke all on table private.jobs from public, anon, authenticated, service_role;

create table private.job_history (
  id bigint not null,
  org_id uuid,
  lane text not null,
  kind text not null,
  dedupe_key text not null,
  input_hash text,
  payload jsonb not null,
  priority smallint not null,
  attempt smallint not null,
  max_attempts smallint not null,
  est_tokens integer not null,
  outcome text not null,
  error jsonb,
  usage jsonb,
  lease_token uuid,
  created_at timestamptz not null,
  first_claimed_at timestamptz,
  finished_at timestamptz not null default now(),
  constraint job_history_pkey primary key (id),
  constraint job_history_org_id_fkey
    foreign key (org_id) references public.organizations (id) on delete cascade,
  constraint job_history_outcome_check
    check (outcome in ('completed', 'dead', 'cancelled', 'superseded'))
);
comment on table private.job_history is 'Every job that has ended, once, with its outcome.';
comment on column private.job_history.error is
  'Why a job is dead: {"code", "message"}; null otherwise.';
comment on column private.job_history.usage is
  'What the job consumed at providers: see private.add_usage.';
comment on column private.job_history.lease_token is
  'Of the lease that it ended under: tells a report that comes twice from one that comes too late.';
create index job_history_org_id_finished_at_idx on private.job_history (org_id, finished_at desc);
-- Rows come in the order of their end: a summary of each page range finds the old ones.
create index job_history_finished_at_idx on private.job_history using brin (finished_at)
  with (pages_per_range = 16);
create index job_history_dead_idx on private.job_history (lane, kind, id) where outcome = 'dead';
create index job_history_input_idx on private.job_history (kind, dedupe_key, id desc)
  where outcome = 'completed' and input_hash is not null;
alter table private.job_history enable row level security;
revoke all on table private.job_history from public, anon, authenticated, service_role;

create table private.workers (
  id text not null,
  started_at timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  lease_seconds integer not null,
  has_claimed boolean not null default false,
  is_draining boolean not null default false,
  constraint workers_pkey primary key (id),
  constraint workers_id_check check (char_length(id) between 1 and 200)
);
comment on table private.workers is
  'Workers that are running: a row appears with the first claim and goes with the release.';
comment on column private.workers.lease_seconds is
  'How long its leases are. It beats every third of that, so one that is silent for half of it is gone.';
comment on column private.workers.has_claimed is 'Whether it has found any job yet.';
comment on column private.workers.is_draining is
  'Asked to end: it claims nothing more, finishes what it holds, and releases.';
alter table private.workers enable row level security;
revoke all on table private.workers from public, anon, authenticated, service_role;

create table private.wakeups (
  only_row boolean not null default true,
  poked_at timestamptz not null default '-infinity',
  constraint wakeups_pkey primary key (only_row),
  constraint wakeups_only_row_check check (only_row)
);
comment on table private.wakeups is 'When a worker was last called, so that a burst of enqueues calls once.';
insert into private.wakeups default values;
alter table private.wakeups enable row level security;
revoke all on table private.wakeups from public, anon, authenticated, service_role;
