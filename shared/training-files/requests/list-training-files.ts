import type { SupabaseClient } from "@supabase/supabase-js";
import { z } from "zod";
import { Cursor, encodeCursor } from "../../cursor.ts";
import type { Database } from "../../database.types.ts";
import type { Answer } from "../../http.ts";
import { unwrap } from "../../unwrap.ts";

const Score = z.string().regex(/^[0-9](\.[0-9]{1,4})?$/).transform(Number);

/** Query of `GET /training-files`. */
export const ListTrainingFilesQuery = z.strictObject({
  orgId: z.guid().optional(),
  status: z.enum(["active", "archived", "processing", "failed"]).default("active"),
  min_quality: Score.optional(),
  max_quality: Score.optional(),
  q: z.string().min(1).max(255).optional(),
  limit: z.string().regex(/^[0-9]{1,3}$/).transform(Number).pipe(z.int().min(1).max(200))
    .default(50),
  cursor: Cursor.optional(),
});
export type ListTrainingFilesQuery = z.output<typeof ListTrainingFilesQuery>;

/** Training files of an organisation, newest first. Throws `ApiError`. */
export async function listTrainingFiles(
  client: SupabaseClient<Database>,
  { orgId, status, min_quality, max_quality, q, limit, cursor }: ListTrainingFilesQuery,
): Promise<Answer> {
  const org = unwrap(await client.rpc("get_org_id", { p_org_id: orgId }));
  let query = client.from("training_files").select("*").eq("org_id", org)
    .order("created_at", { ascending: false }).order("id", { ascending: false }).limit(limit + 1);
  query = status === "active" || status === "archived"
    // A file with a live version does not leave its list while a job builds the next.
    ? query.gt("version", 0).eq("is_archived", status === "archived")
    : query.eq("status", status);
  if (min_quality !== undefined) query = query.gte("avg_quality_score", min_quality);
  if (max_quality !== undefined) query = query.lte("avg_quality_score", max_quality);
  if (q) query = query.ilike("name", `%${q.replaceAll(/[\\%_]/g, "\\$&")}%`);
  if (cursor) {
    const { at, id } = cursor;
    query = query.or(`created_at.lt."${at}",and(created_at.eq."${at}",id.lt.${id})`);
  }
  const rows = unwrap(await query);
  const files = rows.slice(0, limit);
  const last = files.at(-1);
  const next = rows.length > limit && last
    ? encodeCursor({ at: last.created_at, id: last.id })
    : null;
  return { status: 200, body: { files, next_cursor: next } };
}
