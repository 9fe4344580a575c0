import type { Stack } from "../../local/stack.ts";

/** Rows of the objects that bucket training-files has, and what ought to name each. */
export interface BucketState {
  /** Objects that exist. */
  objects: string[];
  /** Objects that a published artefact names. */
  named: string[];
  /** Objects that wait for the sweeper. */
  outbox: string[];
}

/** What bucket training-files holds, in all organisations. */
export async function readBucket({ database }: Stack): Promise<BucketState> {
  const list = async (statement: string) =>
    (await database.query<{ name: string }>(statement)).map(({ name }) => name).sort();
  return {
    objects: await list("select name from storage.objects where bucket_id = 'training-files'"),
    named: await list("select path as name from public.training_artifacts"),
    outbox: await list("select path as name from private.storage_outbox"),
  };
}

/** Lets every waiting object fall due, and every lost build end. */
export async function expireBuilds({ database }: Stack): Promise<void> {
  await database.query(
    `update public.training_file_versions set build_until = now() - interval '1 second'
     where state = 'building'`,
  );
}

/** What cron does every minute. */
export async function enqueueSweep({ database }: Stack): Promise<void> {
  await database.query("select private.enqueue_storage_sweep()");
}
