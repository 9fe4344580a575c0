import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database, Json } from "../../shared/database.types.ts";
import { unwrap } from "../../shared/unwrap.ts";

/** What a command is given. */
export interface CommandInput {
  /** A lane or a worker. */
  target: string | undefined;
  minutes: string | undefined;
  /** As `retry_dead_jobs` and `cancel_jobs` take it. */
  filter: { [name: string]: Json };
}

/** Does its work and answers with titles and rows, or single figures, to print. */
export type Command = (
  client: SupabaseClient<Database>,
  input: CommandInput,
) => Promise<Record<string, unknown>>;

/** What `npm run jobs` can do. Each throws with a message for the operator. */
export const commands: Record<string, Command> = {
  status: async (client) => ({
    health: unwrap(await client.from("job_health").select()),
    lanes: unwrap(await client.from("job_lanes").select().order("lane")),
    jobs: unwrap(await client.from("job_stats").select().order("lane").order("kind")),
  }),

  dead: async (client, { filter: { job_ids, ...equal } }) => {
    let query = client.from("job_dead").select();
    if (Array.isArray(job_ids)) query = query.in("job_id", job_ids.map(String));
    for (const [column, value] of Object.entries(equal)) query = query.eq(column, String(value));
    return { dead: unwrap(await query.order("finished_at", { ascending: false }).limit(100)) };
  },

  retry: async (client, { filter }) => ({
    retried: unwrap(await client.rpc("retry_dead_jobs", { p_filter: filter })),
  }),

  cancel: async (client, { filter }) => ({
    cancelled: unwrap(await client.rpc("cancel_jobs", { p_filter: filter })),
  }),

  pause: async (client, { target, minutes }) => {
    const lane = named(target);
    const until = minutes === undefined ? "infinity" : minutesFromNow(minutes);
    check(await client.rpc("pause_lane", { p_lane: lane, p_until: until }));
    return { paused: lane };
  },

  resume: async (client, { target }) => {
    const lane = named(target);
    check(await client.rpc("pause_lane", { p_lane: lane }));
    return { resumed: lane };
  },

  drain: async (client, { target }) => ({
    draining: unwrap(
      await client.rpc("drain_workers", target === undefined ? {} : { p_worker_id: target }),
    ),
  }),
};

function named(lane: string | undefined): string {
  if (lane === undefined) throw new Error("Name the lane");
  return lane;
}

function minutesFromNow(minutes: string): string {
  const count = Number(minutes);
  if (!(count > 0 && count <= 525_600)) throw new Error("--for takes minutes, up to a year");
  return new Date(Date.now() + count * 60_000).toISOString();
}

function check({ error }: { error: Parameters<typeof unwrap>[0]["error"] }): void {
  unwrap({ data: true, error });
}
