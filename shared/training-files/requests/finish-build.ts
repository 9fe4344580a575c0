import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../../database.types.ts";
import { ApiError } from "../../errors.ts";
import type { Answer } from "../../http.ts";
import { claimBuild } from "../build/build-plan.ts";
import { buildVersion } from "../build/build-version.ts";
import { getTrainingFile } from "../reads/get-training-file.ts";

/** The clients of a request that changes a file. */
export interface Clients {
  /** The caller's. */
  user: SupabaseClient<Database>;
  /** With the service role; used only for a version that the caller has begun. */
  admin: SupabaseClient<Database>;
}

/** What SQL answers when a version was begun. */
export interface Begun {
  file_id: string;
  version_id: string;
  build_token: string;
  is_queued: boolean;
}

/**
 * Builds the version that a request has begun, and answers with the file; if it was queued, answers
 * 202 with the build. A build that fails leaves nothing behind.
 */
export async function finishBuild(
  { user, admin }: Clients,
  begun: Begun,
  status: 200 | 201,
): Promise<Answer> {
  if (begun.is_queued) {
    return {
      status: 202,
      body: {
        trainingFile: await getTrainingFile(user, begun.file_id),
        job: { id: begun.version_id, kind: "build_training_file", status: "queued", progress: 0 },
      },
    };
  }
  try {
    const plan = await claimBuild(admin, begun.version_id, begun.build_token);
    if (!plan) throw new ApiError("BUILD_LOST", "The build was cancelled or overtaken");
    return {
      status,
      body: { trainingFile: await buildVersion(plan, { client: admin, keep: true }) },
    };
  } catch (error) {
    await admin.rpc("fail_training_file_build", {
      p_version_id: begun.version_id,
      p_build_token: begun.build_token,
      p_error: { code: error instanceof ApiError ? error.code : "INTERNAL_ERROR" },
    });
    throw error;
  }
}
