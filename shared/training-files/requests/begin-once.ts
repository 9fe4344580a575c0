import type { PostgrestSingleResponse } from "@supabase/supabase-js";
import { ApiError } from "../../errors.ts";
import type { Answer } from "../../http.ts";
import { unwrap } from "../../unwrap.ts";
import { canonicalJson } from "../canonical-json.ts";
import { getTrainingFile } from "../reads/get-training-file.ts";
import { sha256Text } from "../sha256-text.ts";
import { type Begun, type Clients, finishBuild } from "./finish-build.ts";

/** How long a repeated request waits for the first one to end. */
const waitMs = 20_000;

/** The arguments of an SQL function by which it knows a repeated request; none without a key. */
export interface KeyArguments {
  p_idempotency_key?: string;
  p_request_hash?: string;
}

/** The one row that an SQL function answers with when it has begun a version, or had before. */
type BegunOnce = PostgrestSingleResponse<(Begun & { is_new: boolean })[]>;

/**
 * Begins a version and builds it, once for each Idempotency-Key: a repeated request waits for the
 * first one and answers as it did. `request` is all that tells one request from another. Throws
 * `ApiError`.
 */
export async function beginOnce(
  clients: Clients,
  { key, request, status }: { key: string | null; request: unknown; status: 200 | 201 },
  begin: (key: KeyArguments) => PromiseLike<BegunOnce>,
): Promise<Answer> {
  const deadline = Date.now() + waitMs;
  const keyArguments = key === null
    ? {}
    : { p_idempotency_key: key, p_request_hash: sha256Text(canonicalJson(request)) };
  // A request whose twin has failed takes its place: the key is free again.
  while (true) {
    const [answer] = unwrap(await begin(keyArguments));
    const begun = answer!;
    if (begun.is_new || begun.is_queued) return await finishBuild(clients, begun, status);
    if (await waitForTwin(clients, begun.version_id, deadline)) {
      return { status, body: { trainingFile: await getTrainingFile(clients.user, begun.file_id) } };
    }
  }
}

/** Whether the version that another request with the same key is making has come to be. */
async function waitForTwin(
  { user }: Clients,
  versionId: string,
  deadline: number,
): Promise<boolean> {
  while (Date.now() < deadline) {
    const [version] = unwrap(
      await user.from("training_file_versions").select("state, is_queued").eq("id", versionId),
    );
    if (!version) return false;
    // A queued one that failed keeps its key; what came of the file since then is the answer.
    if (version.state !== "building") return version.state === "published" || version.is_queued;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new ApiError("TRAINING_FILE_BUSY", "The first request is still being carried out", {
    hint: "Repeat it later with the same Idempotency-Key",
  });
}
