-- The tables of the job engine. Nobody but its own functions touches them.
create table private.lanes (
  lane text not null,
  max_in_flight integer not null,
  paused_until timestamptz,
  constraint lanes_pkey primary key (lane),
  constraint lanes_max_in_flight_check check (max_in_flight between 1 and 1000)
);
comment on table private.lanes is
  'One row for each provider or resource that jobs share. Its row lock makes the limit exact across all workers.';
comment on column private.lanes.max_in_flight is 'How many jobs of the lane may hold a lease at once.';
comment on column private.lanes.paused_until is 'No job of the lane is claimed before this time.';
alter table private.lanes enable row level security;
revoke all on table private.lanes from public, anon, authenticated, service_role;

create table private.jobs (
  id bigint not null generated always as identity,
  org_id uuid,
  lane text not null,
  kind text not null,
  dedupe_key text not null,
  payload jsonb not null default '{}',
  priority smallint not null default 100,
  visible_at timestamptz not null default now(),
  attempt smallint not null default 0,
  max_attempts smallint not null default 5,
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
  constraint jobs_lease_check check ((lease_token is null) = (worker_id is null))
)
-- Every claim, heartbeat and retry updates a row: room on its page keeps those updates short.
with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 500);
comment on table private.jobs is
  'Work that is waiting or held. A finished job moves to private.job_history.';
comment on column private.jobs.org_id is 'Null for the system''s own work.';
comment on column private.jobs.dedupe_key is
  'What the job is about. At most one waiting job of a kind has a given key; a held one does not block the next.';
comment on column private.jobs.priority is 'Lower goes first.';
comment on column private.jobs.visible_at is
  'When a waiting job is due, and when a held one''s lease ends: an expired lease is due again without a reaper.';
comment on column private.jobs.lease_token is
  'Fencing token of the current lease. Whoever presents another one has lost the job.';

-- The claim reads this one from the front.
create index jobs_claim_idx on private.jobs (lane, priority, visible_at, id);
create unique index jobs_kind_dedupe_key_idx on private.jobs (kind, dedupe_key)
  where lease_token is null;
-- Counting what a lane has in flight must not read the backlog.
create index jobs_in_flight_idx on private.jobs (lane, visible_at) where lease_token is not null;
create index jobs_worker_id_idx on private.jobs (worker_id) where lease_token is not null;
create index jobs_org_id_idx on private.jobs (org_id);
alter table private.jobs enable row level security;
revoke all on table private.jobs from public, anon, authenticated, service_role;

create table private.job_history (
  id bigint not null,
  org_id uuid,
  lane text not null,
  kind text not null,
  dedupe_key text not null,
  payload jsonb not null,
  attempt smallint not null,
  outcome text not null,
  error jsonb,
  usage jsonb,
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
  'What the job consumed at providers, for instance {"embedding_tokens": 900}.';
create index job_history_org_id_finished_at_idx on private.job_history (org_id, finished_at desc);
create index job_history_finished_at_idx on private.job_history (finished_at);
alter table private.job_history enable row level security;
revoke all on table private.job_history from public, anon, authenticated, service_role;

create table private.workers (
  id text not null,
  started_at timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  lease_seconds integer not null,
  claimed_count integer not null default 0,
  constraint workers_pkey primary key (id),
  constraint workers_id_check check (char_length(id) between 1 and 200)
);
comment on table private.workers is
  'Workers that are running: a row appears with the first claim and goes with the release.';
comment on column private.workers.lease_seconds is
  'How long its leases are. It beats every third of that, so one that is silent for half of it is gone.';
comment on column private.workers.claimed_count is 'Jobs that it has claimed so far.';
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
