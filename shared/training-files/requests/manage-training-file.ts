import { z } from "zod";
import type { Answer } from "../../http.ts";
import { unwrap } from "../../unwrap.ts";
import type { Clients } from "./finish-build.ts";
import { getTrainingFile } from "../reads/get-training-file.ts";

/** Body of `PATCH /training-files/:id`. */
export const UpdateTrainingFileRequest = z.strictObject({
  name: z.string().trim().min(1).max(255).optional(),
  description: z.string().max(2000).nullish(),
  status: z.enum(["active", "archived"]).optional(),
  stale_policy: z.enum(["ignore", "mark_stale", "rebuild"]).optional(),
}).refine((changes) => Object.keys(changes).length > 0, "must change something");

/** What is told of a build. */
const Build = z.object({
  version: z.int(),
  state: z.string(),
  progress: z.number(),
  error: z.unknown(),
});

/** Renames, describes, archives or restores a file. Throws `ApiError`. */
export async function updateTrainingFile(
  { user }: Clients,
  id: string,
  changes: z.output<typeof UpdateTrainingFileRequest>,
): Promise<Answer> {
  const trainingFile = unwrap(
    await user.rpc("update_training_file", { p_training_file_id: id, p_changes: changes }),
  );
  return { status: 200, body: { trainingFile } };
}

/** Deletes a file and its objects; what storage does not delete now is swept. Throws `ApiError`. */
export async function deleteTrainingFile({ user, admin }: Clients, id: string): Promise<Answer> {
  const paths = unwrap(await user.rpc("delete_training_file", { p_training_file_id: id }));
  for (let start = 0; start < paths.length; start += 100) {
    const { error } = await admin.storage.from("training-files")
      .remove(paths.slice(start, start + 100));
    if (error) console.error(JSON.stringify({ event: "delete_failed", error: error.message }));
  }
  return { status: 204 };
}

/**
 * The conversations of a file's live version, in order; before there is one, those of the last
 * attempt at it. Throws `ApiError`.
 */
export async function listConversations({ user }: Clients, id: string): Promise<Answer> {
  const { version } = await getTrainingFile(user, id);
  const select = version > 0
    ? () =>
      user.from("training_file_conversations").select("conversation_id")
        .eq("training_file_id", id)
    : await selectAttempt(user, id);
  const ids: string[] = [];
  for (let page: string[] = [""]; page.length > 0; ids.push(...page)) {
    const rows = unwrap(await select().order("position").range(ids.length, ids.length + 999));
    page = rows.map((row) => row.conversation_id);
  }
  return { status: 200, body: { conversation_ids: ids } };
}

async function selectAttempt(user: Clients["user"], id: string) {
  const attempt = await getAttempt(user, id);
  return () =>
    user.from("training_file_sources").select("conversation_id").eq(
      "version_id",
      attempt?.id ?? id,
    );
}

/** The newest version of a file that was begun. */
async function getAttempt(user: Clients["user"], id: string) {
  const [attempt] = unwrap(
    await user.from("training_file_versions").select("id, version, state, progress, error")
      .eq("training_file_id", id).order("version", { ascending: false }).limit(1),
  );
  return attempt;
}

/** The published versions of a file, newest first. Throws `ApiError`. */
export async function listVersions({ user }: Clients, id: string): Promise<Answer> {
  await getTrainingFile(user, id);
  const versions = unwrap(
    await user.from("training_file_versions").select(
      "version, change, conversation_count, total_training_pairs, json_sha256, jsonl_sha256, created_by, created_at",
    ).eq("training_file_id", id).eq("state", "published").order("version", { ascending: false }),
  );
  return { status: 200, body: { versions } };
}

/** The newest build of a file, whether it has ended or not. Throws `ApiError`. */
export async function getBuild({ user }: Clients, id: string): Promise<Answer> {
  await getTrainingFile(user, id);
  const attempt = await getAttempt(user, id);
  return { status: 200, body: { build: attempt ? Build.parse(attempt) : null } };
}

/** Ends the build that is under way; the live version stays. Throws `ApiError`. */
export async function cancelBuild({ user }: Clients, id: string): Promise<Answer> {
  const cancelled = unwrap(
    await user.rpc("cancel_training_file_build", { p_training_file_id: id }),
  );
  return { status: 200, body: { build: Build.parse(cancelled) } };
}
