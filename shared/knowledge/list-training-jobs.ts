import type { SupabaseClient } from "@supabase/supabase-js";
import { z } from "zod";
import { Cursor, encodeCursor } from "../cursor.ts";
import type { Database } from "../database.types.ts";
import type { Answer } from "../http.ts";
import { unwrap } from "../unwrap.ts";

/** Query of `GET /training-library/jobs`. */
export const ListJobsQuery = z.strictObject({
  orgId: z.guid().optional(),
  vaultDocumentId: z.guid().optional(),
  status: z.enum(["queued", "processing", "completed", "failed", "cancelled"]).optional(),
  limit: z.string().regex(/^[0-9]{1,3}$/).transform(Number).pipe(z.int().min(1).max(200))
    .default(50),
  cursor: Cursor.optional(),
});
export type ListJobsQuery = z.output<typeof ListJobsQuery>;

/** Training jobs of an organisation, newest first. Throws `ApiError`. */
export async function listTrainingJobs(
  client: SupabaseClient<Database>,
  { orgId, vaultDocumentId, status, limit, cursor }: ListJobsQuery,
): Promise<Answer> {
  const org = unwrap(await client.rpc("get_org_id", { p_org_id: orgId }));
  let query = client.from("mono_training_jobs").select("*").eq("org_id", org)
    .order("queued_at", { ascending: false }).order("id", { ascending: false }).limit(limit + 1);
  if (vaultDocumentId) query = query.eq("vault_document_id", vaultDocumentId);
  if (status) query = query.eq("status", status);
  if (cursor) {
    const { at, id } = cursor;
    query = query.or(`queued_at.lt."${at}",and(queued_at.eq."${at}",id.lt.${id})`);
  }
  const jobs = unwrap(await query);
  const page = jobs.slice(0, limit);
  const last = page.at(-1);
  const next = jobs.length > limit && last
    ? encodeCursor({ at: last.queued_at, id: last.id })
    : null;
  return { status: 200, body: { jobs: page, next_cursor: next } };
}
