import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../../database.types.ts";
import { ApiError } from "../../errors.ts";
import { TrainingFileError } from "../training-file-error.ts";
import { downloadSource, type Source } from "./download-source.ts";

/**
 * A source that was read before, as `downloadSource` has it. Throws `TrainingFileError`
 * SOURCE_CHANGED with report code E22 when there is no object any more: it was ready once.
 */
export async function downloadPinned(
  client: SupabaseClient<Database>,
  source: Source,
): Promise<{ bytes: Uint8Array; sha256: string }> {
  try {
    return await downloadSource(client, source);
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== "CONVERSATION_NOT_READY") throw error;
    const { conversation_id } = source;
    throw new TrainingFileError(
      "SOURCE_CHANGED",
      `Conversation ${conversation_id} has no file any more`,
      {
        details: [{ conversation_id, code: "E22" }],
        hint: "Upload its file as it was, or remove the conversation from the training file",
        cause: error,
      },
    );
  }
}
