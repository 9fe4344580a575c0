import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../database.types.ts";
import { ApiError } from "../errors.ts";
import type { Answer } from "../http.ts";
import { unwrap } from "../unwrap.ts";

/** How many crops of a project are read, by status. Throws `ApiError` PROJECT_NOT_FOUND. */
export async function getProjectProgress(
  client: SupabaseClient<Database>,
  id: string,
): Promise<Answer> {
  const [progress] = unwrap(
    await client.from("project_progress")
      .select("pending, processing, complete, failed, total").eq("project_id", id),
  );
  if (!progress) throw new ApiError("PROJECT_NOT_FOUND", "There is no such project");
  return { status: 200, body: progress };
}
