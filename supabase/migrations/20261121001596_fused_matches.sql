-- What both arms of search have found, in one order.
create function private.get_lead(
  scores double precision[],
  least_count integer,
  settings private.search_settings
)
returns double precision
language plpgsql
immutable
security invoker
set search_path = ''
as $$
declare
  best double precision;
  mean double precision;
  mean_square double precision;
begin
  select max(score), sum(score) / greatest(count(*), least_count),
    sum(score * score) / greatest(count(*), least_count)
  into best, mean, mean_square
  from unnest(scores) as score;
  if best is null then
    return null;
  end if;
  return power(
    coalesce((best - mean) / nullif(sqrt(greatest(mean_square - mean ^ 2, 0)), 0), 1),
    settings.lead_power
  );
end
$$;
comment on function private.get_lead(double precision[], integer, private.search_settings) is
  'How far the best of some scores stands out: in standard deviations above their mean, to the power of lead_power. Fewer than least_count are filled up with 0. 1 where all are the same; null where there are none.';
revoke all on function private.get_lead(double precision[], integer, private.search_settings)
  from public, anon, authenticated, service_role;

create function private.list_fused_matches(
  near_ids uuid[],
  similarities double precision[],
  word_ids uuid[],
  ranks double precision[],
  settings private.search_settings
)
returns table (
  id uuid, score double precision, similarity double precision, text_rank double precision
)
language plpgsql
stable
security invoker
set search_path = ''
as $$
#variable_conflict use_column
declare
  nearest double precision := (select max(value) from unnest(similarities) as value);
  farthest double precision := (select min(value) from unnest(similarities) as value);
  best double precision := (select max(value) from unnest(ranks) as value);
  meaning double precision := coalesce(
    settings.meaning_weight * private.get_lead(similarities, 0, settings), 0
  );
  -- A word that hardly any chunk has tells them apart: the others count, up to 20, with 0.
  words double precision := coalesce(
    settings.words_weight * private.get_lead(ranks, 20, settings), 0
  );
begin
  return query
  select
    coalesce(near.id, worded.id),
    case settings.fusion
      when 'ranks' then
        coalesce(settings.meaning_weight / (settings.rank_constant + near.place), 0)
          + coalesce(settings.words_weight / (settings.rank_constant + worded.place), 0)
      else
        -- Both arms on one scale before they are added.
        (meaning * coalesce(
          (near.similarity - farthest) / nullif(nearest - farthest, 0),
          case when near.id is null then 0 else 1 end
        ) + words * coalesce(worded.rank / nullif(best, 0), 0)) / coalesce(nullif(meaning + words, 0), 1)
    end,
    near.similarity,
    worded.rank
  from unnest(near_ids, similarities) with ordinality as near (id, similarity, place)
  full join unnest(word_ids, ranks) with ordinality as worded (id, rank, place)
    on worded.id = near.id;
end
$$;
comment on function private.list_fused_matches(
  uuid[], double precision[], uuid[], double precision[], private.search_settings
) is
  'The matches of both arms, each best first, with one score by the fusion and the weights of the settings.';
revoke all on function private.list_fused_matches(
  uuid[], double precision[], uuid[], double precision[], private.search_settings
) from public, anon, authenticated, service_role;
