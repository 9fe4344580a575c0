import type { Snapshot } from "./snapshot/snapshot.ts";

/** One conversation of a training file, in its place. */
export interface FileEntry {
  /** `conversations.conversation_id`, a uuid. */
  readonly conversation_id: string;
  /** `batch_jobs.id` that generated it; written to the full JSON where it is not null. */
  readonly batch_id?: string | null;
  readonly snapshot: Snapshot;
}
