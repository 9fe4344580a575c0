import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../../database.types.ts";
import { ApiError } from "../../errors.ts";
import { unwrap } from "../../unwrap.ts";
import type { FileInfo } from "../file-info.ts";
import { fullJsonSize, fullJsonWriter } from "../native/full-json-writer.ts";
import { jsonlWriter } from "../native/jsonl-writer.ts";
import type { RenderedConversation } from "../native/rendered-conversation.ts";
import type { Totals } from "../native/totals.ts";
import type { Measures } from "../sinks/measuring-sink.ts";
import { contentDigest } from "../versions/content-digest.ts";
import { manifestOf, manifestText } from "../versions/manifest.ts";
import type { Writer } from "../writer.ts";
import type { BuildOptions } from "./build-options.ts";
import type { BuildPlan } from "./build-plan.ts";
import { ObjectUpload } from "./object-upload.ts";
import { type PinnedVersion, pinVersion } from "./pin-version.ts";
import { type Loaded, rereadSources } from "./reread-sources.ts";
import { SnapshotStore } from "./snapshot-store.ts";

type TrainingFile = Database["public"]["Tables"]["training_files"]["Row"];

/** The limit of the bucket training-files, in bytes. */
const maxObjectBytes = 50 * 1024 * 1024;
const bucket = "training-files";

/**
 * Builds a version and publishes it: pins every source, checks them, streams the artefacts to paths
 * of their own, and hands all to the one function that flips the file's row. Throws
 * `TrainingFileError` or `ApiError`; until the flip nobody sees anything of it.
 */
export async function buildVersion(plan: BuildPlan, options: BuildOptions): Promise<TrainingFile> {
  const store = new SnapshotStore(options.client, plan.org_id);
  const pinned = await pinVersion(plan, store, options);
  const stored = store.flush();
  const file: FileInfo = {
    name: plan.name,
    version: plan.version,
    created_date: new Date(plan.first_created_at).toISOString(),
    last_updated: new Date(plan.created_at).toISOString(),
  };
  const checked = check(plan, file, pinned);
  const conversations = options.keep
    ? pinned.kept
    : rereadSources(options.client, store, plan.sources, checked.summary.sources);
  const written = await write(plan, file, checked.summary.totals, conversations, options);
  const manifest = await writeManifest(options.client, plan, file, checked, written);
  await stored;
  return await publish(options.client, plan, checked, [...written, manifest]);
}

function check(plan: BuildPlan, file: FileInfo, { summary, duplicates }: PinnedVersion) {
  const size = fullJsonSize(file, summary.totals);
  if (size > maxObjectBytes) {
    throw new ApiError("TRAINING_FILE_TOO_LARGE", `The file would have ${size} bytes`, {
      details: { size_bytes: size, max_size_bytes: maxObjectBytes },
      hint: "Split the conversations over several files",
    });
  }
  const digest = contentDigest(plan.name, plan.options, summary.sources);
  return { summary, duplicates, digest };
}

interface Written extends Measures {
  format: string;
  path: string;
}

async function write(
  plan: BuildPlan,
  file: FileInfo,
  totals: Totals,
  conversations: Iterable<Loaded> | AsyncIterable<Loaded>,
  { client, onProgress = () => Promise.resolve() }: BuildOptions,
): Promise<Written[]> {
  const place = (name: string) => `${plan.training_file_id}/v${plan.version}/${name}`;
  const paths = { json: place("training.json"), jsonl: place("training.jsonl") };
  const uploads = {
    json: new ObjectUpload(client, { bucket, path: paths.json, contentType: "application/json" }),
    jsonl: new ObjectUpload(client, {
      bucket,
      path: paths.jsonl,
      contentType: "application/jsonl",
    }),
  };
  const totalPairs = totals.total_training_pairs;
  const writers: Writer<RenderedConversation>[] = [
    fullJsonWriter(file, totals, uploads.json.write),
    jsonlWriter(file, { totalPairs, hasMeta: true }, uploads.jsonl.write),
  ];
  try {
    for (const writer of writers) writer.begin();
    let count = 0;
    for await (const { entry, conversation } of conversations) {
      for (const writer of writers) writer.writeConversation(entry, conversation);
      await Promise.all([uploads.json.drain(), uploads.jsonl.drain()]);
      await onProgress(0.5 + ++count / totals.conversation_count / 2);
    }
    for (const writer of writers) writer.end();
    const [json, jsonl] = await Promise.all([uploads.json.finish(), uploads.jsonl.finish()]);
    return [
      { format: "json", path: paths.json, ...json },
      { format: "jsonl", path: paths.jsonl, ...jsonl },
    ];
  } catch (error) {
    await Promise.all([uploads.json.abandon(error), uploads.jsonl.abandon(error)]);
    throw error;
  }
}

async function writeManifest(
  client: SupabaseClient<Database>,
  plan: BuildPlan,
  file: FileInfo,
  { summary, duplicates, digest }: ReturnType<typeof check>,
  written: Written[],
): Promise<Written> {
  const manifest = manifestOf({
    file,
    content_digest: digest,
    options: plan.options,
    summary,
    artifacts: written.map((artifact) => ({ ...artifact, options_hash: null })),
    duplicates,
  });
  const path = `${plan.training_file_id}/v${plan.version}/manifest.json`;
  const upload = new ObjectUpload(client, { bucket, path, contentType: "application/json" });
  upload.write(new TextEncoder().encode(manifestText(manifest)));
  return { format: "manifest", path, ...await upload.finish() };
}

async function publish(
  client: SupabaseClient<Database>,
  plan: BuildPlan,
  { summary: { totals, sources }, digest }: ReturnType<typeof check>,
  written: Written[],
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
