import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../../database.types.ts";
import { ApiError } from "../../errors.ts";
import { unwrap } from "../../unwrap.ts";

export type TrainingFile = Database["public"]["Tables"]["training_files"]["Row"];

/** A training file as the caller's row-level security shows it. Throws TRAINING_FILE_NOT_FOUND. */
export async function getTrainingFile(
  client: SupabaseClient<Database>,
  id: string,
): Promise<TrainingFile> {
  const [file] = unwrap(await client.from("training_files").select("*").eq("id", id));
  if (file) return file;
  throw new ApiError("TRAINING_FILE_NOT_FOUND", "There is no such training file");
}
