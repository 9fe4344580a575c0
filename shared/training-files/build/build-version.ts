import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../../database.types.ts";
import { ApiError } from "../../errors.ts";
import { unwrap } from "../../unwrap.ts";
import { fullJsonSize } from "../native/full-json-writer.ts";
import { contentDigest } from "../versions/content-digest.ts";
import type { BuildOptions } from "./build-options.ts";
import type { BuildPlan } from "./build-plan.ts";
import { type PinnedVersion, pinVersion } from "./pin-version.ts";
import { rereadSources } from "./reread-sources.ts";
import { SnapshotStore } from "./snapshot-store.ts";
import { type CheckedVersion, writeArtifacts, type WrittenArtifact } from "./write-artifacts.ts";

type TrainingFile = Database["public"]["Tables"]["training_files"]["Row"];

/** The limit of the bucket training-files, in bytes. */
const maxObjectBytes = 50 * 1024 * 1024;

/**
 * Builds a version and publishes it: pins every source, checks them, streams the artefacts to paths
 * of their own, and hands all to the one function that flips the file's row. Throws
 * `TrainingFileError` or `ApiError`; until the flip nobody sees anything of it.
 */
export async function buildVersion(plan: BuildPlan, options: BuildOptions): Promise<TrainingFile> {
  const store = new SnapshotStore(options.client, plan.org_id);
  const pinned = await pinVersion(plan, store, options);
  const stored = store.flush();
  const version = check(plan, pinned);
  const conversations = options.keep
    ? pinned.kept
    : rereadSources(options.client, store, plan.sources, version.summary.sources);
  const written = await writeArtifacts(plan, version, conversations, options);
  await stored;
  return await publish(options.client, plan, version, written);
}

function check(plan: BuildPlan, { summary, duplicates }: PinnedVersion): CheckedVersion {
  const file = {
    name: plan.name,
    version: plan.version,
    created_date: new Date(plan.first_created_at).toISOString(),
    last_updated: new Date(plan.created_at).toISOString(),
  };
  const size = fullJsonSize(file, summary.totals);
  if (size > maxObjectBytes) {
    throw new ApiError("TRAINING_FILE_TOO_LARGE", `The file would have ${size} bytes`, {
      details: { size_bytes: size, max_size_bytes: maxObjectBytes },
      hint: "Split the conversations over several files",
    });
  }
  const digest = contentDigest(plan.name, plan.options, summary.sources);
  return { file, summary, duplicates, digest };
}

async function publish(
  client: SupabaseClient<Database>,
  plan: BuildPlan,
  { summary: { totals, sources }, digest }: CheckedVersion,
  written: WrittenArtifact[],
): Promise<TrainingFile> {
  const [json, jsonl] = written;
  return unwrap(
    await client.rpc("complete_training_file_build", {
      p_version_id: plan.version_id,
      p_build_token: plan.build_token,
      p_result: {
        totals: JSON.parse(JSON.stringify(totals)),
        content_digest: digest,
        json_sha256: json!.sha256,
        jsonl_sha256: jsonl!.sha256,
        json_size: json!.bytes,
        jsonl_size: jsonl!.bytes,
        sources: sources.map(({ conversation_id, sha256 }) => ({ conversation_id, sha256 })),
        artifacts: written.map(({ format, path, bytes, lines, sha256 }) => ({
          format,
          options_hash: "",
          options: {},
          path,
          size_bytes: bytes,
          line_count: format === "manifest" ? null : lines,
          sha256,
        })),
      },
    }),
  );
}
