import type { Job, JobKind } from "./job.ts";
import type { Lease } from "./lease-keeper.ts";

/**
 * How a handler ended: its result was applied, was thrown away because the job had moved on, or is
 * only a part: the job goes on in another lane.
 */
export type HandlerOutcome = "done" | "stale_lease" | "stale_input" | "deferred";

/** Does the work of one job and hands its result to the function that applies and completes it. */
export type Handler<J extends Job = Job> = (job: J, lease: Lease) => Promise<HandlerOutcome>;

export type Handlers = { [K in JobKind]: Handler<Extract<Job, { kind: K }>> };
