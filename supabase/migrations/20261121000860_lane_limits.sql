-- What a lane may hold and send: leases, and token buckets for requests and tokens.
-- Here and in the other functions of every claim, plpgsql keeps the plans that sql would make anew
-- with each call, which took longer than the work itself.
create function private.get_lane_cap(lane private.lanes, now_at timestamptz)
returns integer
language plpgsql
immutable
security invoker
set search_path = ''
as $$
begin
  return least(
    lane.max_in_flight,
    lane.reduced_cap + floor(extract(epoch from now_at - lane.reduced_at) / 60)::integer
  );
end
$$;
comment on function private.get_lane_cap(private.lanes, timestamptz) is
  'How many leases a lane may hold: its limit, or what a refusal has left of it and one more for each minute since.';
revoke all on function private.get_lane_cap(private.lanes, timestamptz)
  from public, anon, authenticated, service_role;

create function private.get_lane_budget(per_minute integer, budget double precision, age interval)
returns double precision
language plpgsql
immutable
security invoker
set search_path = ''
as $$
begin
  -- Two seconds' worth at most: a full bucket must not take a provider's minute past its limit.
  return case when per_minute is null then 'infinity'::double precision
    else least(
      greatest(1, per_minute / 30.0),
      budget + per_minute / 60.0 * least(extract(epoch from age), 3600)
    )
  end;
end
$$;
comment on function private.get_lane_budget(integer, double precision, interval) is
  'What a token bucket holds after `age` (RFC 2697 without the excess bucket): filled at its rate a minute, up to two seconds'' worth, at least 1. Infinite without a rate.';
revoke all on function private.get_lane_budget(integer, double precision, interval)
  from public, anon, authenticated, service_role;

create function private.update_lane_budget(lane_name text, requests double precision, tokens double precision)
returns void
language sql
volatile
security invoker
set search_path = ''
as $$
  update private.lanes as lane
  set request_budget = case when lane.requests_per_minute is null then 0
        else private.get_lane_budget(
          lane.requests_per_minute, lane.request_budget, clock_timestamp() - lane.refilled_at
        ) - requests
      end,
      token_budget = case when lane.tokens_per_minute is null then 0
        else private.get_lane_budget(
          lane.tokens_per_minute, lane.token_budget, clock_timestamp() - lane.refilled_at
        ) - tokens
      end,
      refilled_at = clock_timestamp()
  where lane.lane = lane_name
    and (lane.requests_per_minute is not null or lane.tokens_per_minute is not null)
$$;
comment on function private.update_lane_budget(text, double precision, double precision) is
  'Takes requests and tokens out of a lane''s buckets; nothing for a lane without limits.';
revoke all on function private.update_lane_budget(text, double precision, double precision)
  from public, anon, authenticated, service_role;

create function private.update_lane_pause(lane_name text, seconds double precision, reason text)
returns void
language sql
volatile
security invoker
set search_path = ''
as $$
  update private.lanes as own
  set -- Once for a burst of refusals that were all on their way: the first one has paused the lane.
      reduced_cap = case when own.paused_until > clock_timestamp() then own.reduced_cap
        else greatest(1, private.get_lane_cap(own, clock_timestamp()) / 2) end,
      reduced_at = case when own.paused_until > clock_timestamp() then own.reduced_at
        else clock_timestamp() end,
      pause_reason = case when own.paused_until > clock_timestamp() then own.pause_reason
        else update_lane_pause.reason end,
      paused_until = greatest(
        own.paused_until, clock_timestamp() + make_interval(secs => seconds)
      )
  where own.lane = lane_name
$$;
comment on function private.update_lane_pause(text, double precision, text) is
  'Pauses a lane for so many seconds, or lets a longer pause stand, and halves what it may hold.';
revoke all on function private.update_lane_pause(text, double precision, text)
  from public, anon, authenticated, service_role;
