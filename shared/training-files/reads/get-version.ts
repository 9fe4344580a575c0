import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../../database.types.ts";
import { ApiError } from "../../errors.ts";
import { unwrap } from "../../unwrap.ts";
import type { FileInfo } from "../file-info.ts";
import { getTrainingFile } from "./get-training-file.ts";

/** A published version, as the caller may see it. */
export interface PublishedVersion {
  id: string;
  orgId: string;
  trainingFileId: string;
  /** What the file is called now. */
  name: string;
  /** What it was called, and is dated, in this version: an artefact says so whenever it is built. */
  file: FileInfo;
}

/**
 * A version of a file, the live one when none is named. Throws TRAINING_FILE_NOT_FOUND,
 * VERSION_NOT_FOUND, and TRAINING_FILE_BUSY while the first version is being built.
 */
export async function getVersion(
  client: SupabaseClient<Database>,
  trainingFileId: string,
  version?: number,
): Promise<PublishedVersion> {
  const file = await getTrainingFile(client, trainingFileId);
  if (file.version === 0) {
    throw file.status === "failed"
      ? new ApiError("TRAINING_FILE_BUSY", "The training file has no version: its build failed", {
        hint: "See GET /training-files/:id/build; add or remove conversations for another attempt",
      })
      : new ApiError("TRAINING_FILE_BUSY", "The first version is being built", {
        hint: "Try again when it has ended",
      });
  }
  const versions = unwrap(
    await client.from("training_file_versions").select("id, version, file_name, state, created_at")
      .eq("training_file_id", trainingFileId)
      .in("version", [1, version ?? file.version]),
  );
  const meant = versions.find((one) =>
    one.version === (version ?? file.version) && one.state === "published"
  );
  if (!meant) throw new ApiError("VERSION_NOT_FOUND", "There is no such version");
  return {
    id: meant.id,
    orgId: file.org_id,
    trainingFileId,
    name: file.name,
    file: {
      name: meant.file_name,
      version: meant.version,
      created_date: toIso(
        versions.find((one) => one.version === 1)?.created_at ?? meant.created_at,
      ),
      last_updated: toIso(meant.created_at),
    },
  };
}

function toIso(timestamp: string): string {
  return new Date(timestamp).toISOString();
}
