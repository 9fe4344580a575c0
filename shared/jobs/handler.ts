import type { Job, JobKind } from "./job.ts";
import type { Lease } from "./lease-keeper.ts";

/**
 * How a handler ended: its result was applied, or was thrown away because the job had moved on, or
 * the job waits for its next step.
 */
export type HandlerOutcome = "done" | "waiting" | "stale_lease" | "stale_input";

/** Does the work of one job and hands its result to the function that applies and completes it. */
export type Handler<J extends Job = Job> = (job: J, lease: Lease) => Promise<HandlerOutcome>;

export type Handlers = { [K in JobKind]: Handler<Extract<Job, { kind: K }>> };
