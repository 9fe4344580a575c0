import type { SupabaseClient } from "@supabase/supabase-js";
import { z } from "zod";
import type { Database } from "../database.types.ts";
import type { Answer } from "../http.ts";
import { unwrap } from "../unwrap.ts";

/** Body of `POST /training-library/train-for-doc`. */
export const TrainForDocRequest = z.strictObject({
  orgId: z.guid().optional(),
  vaultDocumentId: z.guid(),
  trigger: z.enum(["manual", "auto"]).default("manual"),
});
export type TrainForDocRequest = z.output<typeof TrainForDocRequest>;

/**
 * Queues a training of a document, or answers with the one that is open: what seed 000 calls
 * queueTrainingJobForDoc. Throws `ApiError`.
 */
export async function trainForDoc(
  client: SupabaseClient<Database>,
  { orgId, vaultDocumentId, trigger }: TrainForDocRequest,
): Promise<Answer> {
  const [result] = unwrap(
    await client.rpc("enqueue_document_training", {
      p_org_id: orgId,
      p_vault_document_id: vaultDocumentId,
      p_trigger: trigger,
    }),
  );
  if (!result) throw new Error("enqueue_document_training returned no row");
  return result.is_new
    ? { status: 202, body: { job: result.job, message: "The training is queued" } }
    : {
      status: 200,
      body: { job: result.job, message: "A training of this document is open already" },
    };
}
