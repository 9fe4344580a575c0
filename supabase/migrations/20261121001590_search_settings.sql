-- How search weighs and cuts.
create table private.search_settings (
  id boolean not null default true,
  depth integer not null default 50,
  exact_factor real not null default 6,
  least_candidates integer not null default 64,
  word_candidates integer not null default 500,
  fusion text not null default 'scores',
  meaning_weight real not null default 0.4,
  words_weight real not null default 0.6,
  lead_power real not null default 1.5,
  rank_constant integer not null default 10,
  constraint search_settings_pkey primary key (id),
  constraint search_settings_id_check check (id),
  constraint search_settings_depth_check check (depth between 50 and 500),
  constraint search_settings_least_candidates_check check (least_candidates between 1 and 1000),
  constraint search_settings_word_candidates_check check (word_candidates >= depth),
  constraint search_settings_fusion_check check (fusion in ('scores', 'ranks')),
  constraint search_settings_lead_power_check check (lead_power between 0 and 4)
);
comment on table private.search_settings is 'How search weighs and cuts. One row.';
comment on column private.search_settings.depth is 'How many matches each arm brings to the fusion.';
comment on column private.search_settings.exact_factor is
  'n chunks are compared one by one while n² is at most this × depth × the chunks that share their graph.';
comment on column private.search_settings.least_candidates is
  'How many chunks a walk of the graph keeps in view at least (hnsw.ef_search); four times as many as are asked for, if that is more.';
comment on column private.search_settings.word_candidates is
  'Words are looked up from rare to frequent until they stand in so many chunks; twice as many are ranked at most.';
comment on column private.search_settings.fusion is
  'scores: both arms'' scores, each from 0 to 1, weighed and added. ranks: weight / (rank_constant + rank).';
comment on column private.search_settings.lead_power is
  'With scores an arm''s weight is multiplied by this power of its lead in the question: how many standard deviations its best match stands above the mean of its matches. 0 leaves the weights as they are.';
alter table private.search_settings enable row level security;
revoke all on table private.search_settings from public, anon, authenticated, service_role;
insert into private.search_settings default values;
