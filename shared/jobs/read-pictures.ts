import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../database.types.ts";
import type { PagePicture } from "../knowledge/extract/extracted-text.ts";
import { PICTURES_AT_ONCE } from "../knowledge/extract/limits.ts";
import { unwrap } from "../unwrap.ts";
import type { HandlerOutcome } from "./handler.ts";
import type { TrainDocumentJob } from "./job.ts";
import type { Lease } from "./lease-keeper.ts";
import type { PageReadings } from "./page-readings.ts";

/** Of the vision provider's limits. */
export const visionLane = "pass2";

/** Reads pages in the lane of the vision provider, and has the training go on where it belongs. */
export async function readPictures(
  pictures: PagePicture[],
  client: SupabaseClient<Database>,
  job: TrainDocumentJob,
  lease: Lease,
  title: string,
  readings: PageReadings,
): Promise<HandlerOutcome> {
  const isHere = job.lane === visionLane;
  if (isHere && await readings.read(pictures, title, lease) !== "ok") return "stale_lease";
  const isAll = isHere && pictures.length < PICTURES_AT_ONCE;
  const outcome = unwrap(
    await client.rpc("defer_document_job", {
      p_job_id: job.job_id,
      p_lease_token: job.lease_token,
      p_lane: isAll ? "embedding" : visionLane,
      p_usage: lease.usage(),
    }),
  );
  return outcome === "waiting" ? outcome : "stale_lease";
}
