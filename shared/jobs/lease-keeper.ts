import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../database.types.ts";
import { unwrap } from "../unwrap.ts";
import type { LeasedJob } from "./job.ts";

/** What work consumes at a provider, as `private.add_usage` books it. */
export interface Usage {
  provider: string;
  model: string;
  input_tokens: number;
  output_tokens: number;
}

interface Hold {
  job: LeasedJob;
  progress: number;
  usages: Usage[];
  abort: AbortController;
}

/** What a handler has of its lease. */
export interface Lease {
  /** Aborts when the job is lost or cancelled, when the worker stops, or when its time is over. */
  signal: AbortSignal;
  /** Share that is done, 0 to 1; goes out with the next heartbeat. */
  setProgress(progress: number): void;
  /** Adds what a call has consumed: it is booked when the attempt ends, however it ends. */
  addUsage(usage: Usage): void;
  /** What has been consumed so far and is not booked yet, by model. */
  usage(): (Usage & Record<string, string | number>)[];
  /**
   * The call that the job had its place for is over, and the next, of so many tokens, is in another
   * lane: the worker's next claim moves it there, if there is room, and gives its place to another
   * job. Resolves after that claim: what is written to the job meanwhile would keep it from moving.
   */
  leave(lane: string, tokenCount: number): Promise<void>;
  /** The usage so far is booked. */
  clearUsage(): void;
}

/**
 * Extends the leases of the jobs that a worker holds, every third of a lease, and aborts the work
 * on those that it has lost or that were cancelled.
 */
export class LeaseKeeper {
  #client: SupabaseClient<Database>;
  #workerId: string;
  #leaseSeconds: number;
  #holds = new Map<string, Hold>();
  #timer: ReturnType<typeof setInterval>;

  constructor(client: SupabaseClient<Database>, workerId: string, leaseSeconds: number) {
    this.#client = client;
    this.#workerId = workerId;
    this.#leaseSeconds = leaseSeconds;
    this.#timer = setInterval(() => this.#beat(), leaseSeconds * 1000 / 3);
  }

  /**
   * Keeps the lease of a job until `drop`; `leave` is what its work leaves its place by. A job that
   * was held already was lost meanwhile, before a beat could tell: that work is aborted.
   */
  hold(job: LeasedJob, stopping: AbortSignal, leave: Lease["leave"] = async () => {}): Lease {
    const hold: Hold = { job, progress: 0, usages: [], abort: new AbortController() };
    this.#holds.get(job.job_id)?.abort.abort(new Error("the lease is lost"));
    this.#holds.set(job.job_id, hold);
    return {
      signal: AbortSignal.any([hold.abort.signal, stopping]),
      setProgress: (progress) => {
        hold.progress = progress;
      },
      addUsage: (usage) => {
        const known = hold.usages.find((own) =>
          own.provider === usage.provider && own.model === usage.model
        );
        if (!known) return void hold.usages.push({ ...usage });
        known.input_tokens += usage.input_tokens;
        known.output_tokens += usage.output_tokens;
      },
      usage: () => hold.usages.map((usage) => ({ ...usage })),
      leave,
      clearUsage: () => {
        hold.usages = [];
      },
    };
  }

  drop({ job_id, lease_token }: LeasedJob): void {
    if (this.#holds.get(job_id)?.job.lease_token === lease_token) this.#holds.delete(job_id);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #beat(): Promise<void> {
    if (this.#holds.size === 0) return;
    const holds = [...this.#holds.values()];
    const refs = holds.map(({ job: { job_id, lease_token }, progress }) => ({
      job_id,
      lease_token,
      progress,
    }));
    try {
      const states = unwrap(
        await this.#client.rpc("heartbeat_jobs", {
          p_worker_id: this.#workerId,
          p_refs: refs,
          p_lease_seconds: this.#leaseSeconds,
        }),
      );
      const lost = new Set(states.filter(({ state }) => state !== "ok").map((own) => own.job_id));
      // Only what was asked about: by now this worker may hold the same job under a new lease.
      for (const { job, abort } of holds) {
        if (lost.has(job.job_id)) abort.abort(new Error("the lease is lost"));
      }
    } catch (error) {
      // The lease outlasts two missed beats; a third one ends the work through its fencing token.
      console.error(JSON.stringify({ event: "heartbeat_failed", error: String(error) }));
    }
  }
}
