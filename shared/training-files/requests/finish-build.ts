import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../../database.types.ts";
import { ApiError } from "../../errors.ts";
import type { Answer } from "../../http.ts";
import { unwrap } from "../../unwrap.ts";
import { claimBuild } from "../build/build-plan.ts";
import { buildVersion } from "../build/build-version.ts";
import { sendHeartbeat } from "../build/send-heartbeat.ts";
import { whileBeating } from "../build/while-beating.ts";
import { getTrainingFile } from "../reads/get-training-file.ts";

/** The clients of a request that changes a file. */
export interface Clients {
  /** The caller's. */
  user: SupabaseClient<Database>;
  /** With the service role; used only for a version that the caller has begun. */
  admin: SupabaseClient<Database>;
}

/** `job.status` of a version by its state. */
const jobStatus: Record<string, string> = {
  building: "queued",
  published: "completed",
  failed: "failed",
  cancelled: "cancelled",
};

/** What SQL answers when a version was begun. */
export interface Begun {
  file_id: string;
  version_id: string;
  build_token: string;
  is_queued: boolean;
}

/**
 * Builds the version that a request has begun, and answers with the file; if it was queued, answers
 * 202 with the build. A build that fails in the request leaves the file as it was.
 */
export async function finishBuild(
  { user, admin }: Clients,
  begun: Begun,
  status: 200 | 201,
): Promise<Answer> {
  if (begun.is_queued) return await answerQueued(user, begun);
  try {
    const plan = await claimBuild(admin, begun.version_id, begun.build_token);
    if (!plan) throw new ApiError("BUILD_LOST", "The build was cancelled or overtaken");
    const trainingFile = await whileBeating(
      (share) => sendHeartbeat(admin, plan, share),
      (onProgress) => buildVersion(plan, { client: admin, keep: true, onProgress }),
    );
    return { status, body: { trainingFile } };
  } catch (error) {
    await admin.rpc("fail_training_file_build", {
      p_version_id: begun.version_id,
      p_build_token: begun.build_token,
      p_error: error instanceof ApiError
        ? { code: error.code, message: error.message }
        : { code: "INTERNAL_ERROR", message: "Something went wrong on our side" },
    });
    throw error;
  }
}

async function answerQueued(
  user: Clients["user"],
  { file_id, version_id }: Begun,
): Promise<Answer> {
  const trainingFile = await getTrainingFile(user, file_id);
  const [build] = unwrap(
    await user.from("training_file_versions").select("state, progress").eq("id", version_id),
  );
  const status = jobStatus[build?.state ?? "building"];
  const progress = build?.progress ?? 0;
  const job = { id: version_id, kind: "build_training_file", status, progress };
  return { status: 202, body: { trainingFile, job } };
}
