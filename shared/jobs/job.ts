import { z } from "zod";

const lease = {
  job_id: z.string(),
  lease_token: z.guid(),
  /** Null for the system's own work. */
  org_id: z.guid().nullable(),
  lane: z.string(),
  attempt: z.int(),
};

const TrainDocumentJob = z.object({
  ...lease,
  kind: z.literal("train_document"),
  payload: z.object({ training_job_id: z.guid(), vault_document_id: z.guid() }),
});
export type TrainDocumentJob = z.infer<typeof TrainDocumentJob>;

const ReembedDocumentJob = z.object({
  ...lease,
  kind: z.literal("reembed_document"),
  payload: z.object({ vault_document_id: z.guid() }),
});
export type ReembedDocumentJob = z.infer<typeof ReembedDocumentJob>;

const EnrichPointerJob = z.object({
  ...lease,
  kind: z.literal("enrich_pointer"),
  /** With where the crop is, and the revision that this was queued for or later. */
  payload: z.object({ pointer_id: z.guid(), png_path: z.string(), revision: z.int() }),
});
export type EnrichPointerJob = z.infer<typeof EnrichPointerJob>;

const BuildTrainingFileJob = z.object({
  ...lease,
  kind: z.literal("build_training_file"),
  payload: z.object({ version_id: z.guid() }),
});
export type BuildTrainingFileJob = z.infer<typeof BuildTrainingFileJob>;

const RebuildTrainingFileJob = z.object({
  ...lease,
  kind: z.literal("rebuild_training_file"),
  payload: z.object({ training_file_id: z.guid() }),
});
export type RebuildTrainingFileJob = z.infer<typeof RebuildTrainingFileJob>;

const SweepStorageJob = z.object({ ...lease, kind: z.literal("sweep_storage") });
export type SweepStorageJob = z.infer<typeof SweepStorageJob>;

/** A job that this worker holds, by kind. */
export const Job = z.discriminatedUnion("kind", [
  TrainDocumentJob,
  ReembedDocumentJob,
  EnrichPointerJob,
  BuildTrainingFileJob,
  RebuildTrainingFileJob,
  SweepStorageJob,
]);
export type Job = z.infer<typeof Job>;
export type JobKind = Job["kind"];

/** What every leased job has, whether this worker understands its payload or not. */
export const LeasedJob = z.looseObject({ ...lease, kind: z.string(), payload: z.unknown() });
export type LeasedJob = z.infer<typeof LeasedJob>;
