import type { SupabaseClient } from "@supabase/supabase-js";
import { z } from "zod";
import type { Database } from "../database.types.ts";
import type { Answer } from "../http.ts";
import { unwrap } from "../unwrap.ts";

/** Body of `POST /enrichment/projects/:id/retry`. */
export const RetryPointersRequest = z.strictObject({
  status: z.enum(["pending", "processing", "complete", "failed"]).default("failed"),
});

/** Without the vector and what only the machinery needs. */
const shownColumns =
  "id, org_id, project_id, page_id, title, png_path, bbox, description, cross_references, enrichment_metadata, enrichment_status, error_message, attempts, embedding_model, created_by, created_at, updated_at";

/** Has one crop read again. Throws `ApiError` POINTER_NOT_FOUND, ROLE_TOO_LOW. */
export async function retryPointer(client: SupabaseClient<Database>, id: string): Promise<Answer> {
  const pointer = unwrap(
    await client.rpc("retry_pointer", { p_pointer_id: id }).select(shownColumns).single(),
  );
  return { status: 200, body: { pointer } };
}

/**
 * Has all crops of a project read again that have the status. Throws `ApiError`
 * PROJECT_NOT_FOUND, ROLE_TOO_LOW.
 */
export async function retryProjectPointers(
  client: SupabaseClient<Database>,
  id: string,
  { status }: z.output<typeof RetryPointersRequest>,
): Promise<Answer> {
  const queued = unwrap(
    await client.rpc("retry_project_pointers", { p_project_id: id, p_status: status }),
  );
  return { status: 200, body: { queued } };
}
