import { z } from "zod";

const lease = {
  job_id: z.string(),
  lease_token: z.guid(),
  org_id: z.guid(),
  attempt: z.int(),
};

const TrainDocumentJob = z.object({
  ...lease,
  kind: z.literal("train_document"),
  payload: z.object({ training_job_id: z.guid(), vault_document_id: z.guid() }),
});
export type TrainDocumentJob = z.infer<typeof TrainDocumentJob>;

/** A job that this worker holds, by kind. */
export const Job = z.discriminatedUnion("kind", [TrainDocumentJob]);
export type Job = z.infer<typeof Job>;
export type JobKind = Job["kind"];

/** What every leased job has, whether this worker understands its payload or not. */
export const LeasedJob = z.looseObject({ ...lease, kind: z.string(), payload: z.unknown() });
export type LeasedJob = z.infer<typeof LeasedJob>;
