import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../database.types.ts";
import { ApiError } from "../errors.ts";
import { PermanentError } from "../permanent-error.ts";
import { claimBuild } from "../training-files/build/build-plan.ts";
import { buildVersion } from "../training-files/build/build-version.ts";
import { sendHeartbeat } from "../training-files/build/send-heartbeat.ts";
import type { BuildTrainingFileJob } from "./job.ts";
import type { Handler } from "./handler.ts";

/** Between two reports of progress, which also find out whether the build was cancelled. */
const heartbeatMs = 1_000;

/**
 * Builds a version that is too large for a request. Taken over after a worker died, it uses the
 * snapshots that are stored and writes the artefacts anew. Ends as stale when it was cancelled
 * meanwhile; throws `PermanentError` when the sources do not allow the version, or it is no longer
 * being built.
 */
export function createBuildTrainingFile(
  client: SupabaseClient<Database>,
): Handler<BuildTrainingFileJob> {
  return async (job, lease) => {
    const plan = await claimBuild(client, job.payload.version_id);
    // A worker was killed after the version had failed, or an operator retries the job: given back,
    // it would come first in its lane for ever.
    if (!plan) throw new PermanentError("BUILD_LOST", "The build has ended already");
    let beatAt = 0;
    const onProgress = async (share: number) => {
      lease.signal.throwIfAborted();
      lease.setProgress(share);
      if (performance.now() - beatAt < heartbeatMs) return;
      beatAt = performance.now();
      await sendHeartbeat(client, plan, share);
    };
    try {
      await buildVersion(plan, { client, keep: false, onProgress });
      return "done";
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.code === "BUILD_LOST") return "stale_lease";
      await client.rpc("fail_training_file_build", {
        p_version_id: plan.version_id,
        p_build_token: plan.build_token,
        p_error: { code: error.code, message: error.message },
      });
      throw new PermanentError(error.code, error.message, { cause: error });
    }
  };
}
