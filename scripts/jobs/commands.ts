import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database, Json } from "../../shared/database.types.ts";
import { unwrap } from "../../shared/unwrap.ts";
import { UsageError } from "./usage-error.ts";

/** What a command is given. */
export interface CommandInput {
  /** A lane or a worker. */
  target: string | undefined;
  minutes: string | undefined;
  /** As `retry_dead_jobs` and `cancel_jobs` take it. */
  filter: { [name: string]: Json };
}

/** A command of `npm run jobs`. */
export interface Command {
  /** A slip, such as a lane where a filter belongs, must not meet every job or worker. */
  takes: {
    filter?: "needed" | "allowed";
    target?: "needed" | "allowed";
    minutes?: "allowed";
  };
  /** Does its work and answers with titles and rows, or single figures, to print. */
  run: (
    client: SupabaseClient<Database>,
    input: CommandInput,
  ) => Promise<Record<string, unknown>>;
}

const status: Command = {
  takes: {},
  run: async (client) => ({
    health: unwrap(await client.from("job_health").select()),
    lanes: unwrap(await client.from("job_lanes").select().order("lane")),
    jobs: unwrap(await client.from("job_stats").select().order("lane").order("kind")),
  }),
};

const dead: Command = {
  takes: { filter: "allowed" },
  run: async (client, { filter: { job_ids, ...equal } }) => {
    let query = client.from("job_dead").select();
    if (Array.isArray(job_ids)) query = query.in("job_id", job_ids.map(String));
    for (const [column, value] of Object.entries(equal)) query = query.eq(column, String(value));
    return { dead: unwrap(await query.order("finished_at", { ascending: false }).limit(100)) };
  },
};

const retry: Command = {
  takes: { filter: "needed" },
  run: async (client, { filter }) => ({
    retried: unwrap(await client.rpc("retry_dead_jobs", { p_filter: filter })),
  }),
};

const cancel: Command = {
  takes: { filter: "needed" },
  run: async (client, { filter }) => ({
    cancelled: unwrap(await client.rpc("cancel_jobs", { p_filter: filter })),
  }),
};

const pause: Command = {
  takes: { target: "needed", minutes: "allowed" },
  run: async (client, { target = "", minutes }) => {
    const until = minutes === undefined ? "infinity" : minutesFromNow(minutes);
    check(await client.rpc("pause_lane", { p_lane: target, p_until: until }));
    return { paused: target };
  },
};

const resume: Command = {
  takes: { target: "needed" },
  run: async (client, { target = "" }) => {
    check(await client.rpc("pause_lane", { p_lane: target }));
    return { resumed: target };
  },
};

const drain: Command = {
  takes: { target: "allowed" },
  run: async (client, { target }) => ({
    draining: unwrap(
      await client.rpc("drain_workers", target === undefined ? {} : { p_worker_id: target }),
    ),
  }),
};

/** What `npm run jobs` can do. Each throws with a message for the operator. */
export const commands: Record<string, Command> = {
  status,
  dead,
  retry,
  cancel,
  pause,
  resume,
  drain,
};

/** Throws `UsageError` for a command that lacks something, or is given what it does not take. */
export function assertUsage(
  { takes }: Command,
  { filter, target, minutes }: CommandInput,
): void {
  const given = {
    filter: Object.keys(filter).length > 0,
    target: target !== undefined,
    minutes: minutes !== undefined,
  };
  const names = { filter: "a filter", target: "an argument", minutes: "--for" };
  for (const part of ["filter", "target", "minutes"] as const) {
    if (given[part] && !takes[part]) throw new UsageError(`It does not take ${names[part]}`);
    if (!given[part] && takes[part] === "needed") throw new UsageError(`It needs ${names[part]}`);
  }
  if (minutes !== undefined) minutesFromNow(minutes);
}

function minutesFromNow(minutes: string): string {
  const count = Number(minutes);
  if (!(count > 0 && count <= 525_600)) {
    throw new UsageError("--for takes minutes, up to a year");
  }
  return new Date(Date.now() + count * 60_000).toISOString();
}

function check({ error }: { error: Parameters<typeof unwrap>[0]["error"] }): void {
  unwrap({ data: true, error });
}
