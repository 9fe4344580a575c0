import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../../database.types.ts";
import type { NearDuplicates } from "../duplicates/group-near-duplicates.ts";
import type { FileInfo } from "../file-info.ts";
import { fullJsonWriter } from "../native/full-json-writer.ts";
import { jsonlWriter } from "../native/jsonl-writer.ts";
import type { RenderedConversation } from "../native/rendered-conversation.ts";
import type { Measures } from "../sinks/measuring-sink.ts";
import { manifestOf, manifestText } from "../versions/manifest.ts";
import type { VersionSummary } from "../versions/version-summary.ts";
import type { Writer } from "../writer.ts";
import type { BuildOptions } from "./build-options.ts";
import type { BuildPlan } from "./build-plan.ts";
import { ObjectUpload } from "./object-upload.ts";
import type { Loaded } from "./reread-sources.ts";

/** A version that may be written. */
export interface CheckedVersion {
  file: FileInfo;
  summary: VersionSummary;
  duplicates: NearDuplicates;
  /** The content digest. */
  digest: string;
}

/** An object of a version, as storage has it. */
export interface WrittenArtifact extends Measures {
  format: string;
  path: string;
}

/**
 * Streams the native files of a version to its paths, and the manifest, which names their hashes, as
 * soon as those are known. Resolves with all three when storage has them.
 */
export async function writeArtifacts(
  plan: BuildPlan,
  version: CheckedVersion,
  conversations: Iterable<Loaded> | AsyncIterable<Loaded>,
  { client, onProgress = () => Promise.resolve() }: BuildOptions,
): Promise<WrittenArtifact[]> {
  const { file, summary: { totals } } = version;
  const json = startUpload(client, plan, "training.json", "application/json");
  const jsonl = startUpload(client, plan, "training.jsonl", "application/jsonl");
  const uploads = [json.upload, jsonl.upload];
  const writers: Writer<RenderedConversation>[] = [
    fullJsonWriter(file, totals, json.upload.write),
    jsonlWriter(
      file,
      { totalPairs: totals.total_training_pairs, hasMeta: true },
      jsonl.upload.write,
    ),
  ];
  try {
    for (const writer of writers) writer.begin();
    let count = 0;
    for await (const { entry, conversation } of conversations) {
      for (const writer of writers) writer.writeConversation(entry, conversation);
      await Promise.all(uploads.map((upload) => upload.drain()));
      await onProgress(0.5 + ++count / totals.conversation_count / 2);
    }
    for (const writer of writers) writer.end();
    const native = [
      { format: "json", path: json.path, ...json.upload.end() },
      { format: "jsonl", path: jsonl.path, ...jsonl.upload.end() },
    ];
    const manifest = startUpload(client, plan, "manifest.json", "application/json");
    uploads.push(manifest.upload);
    manifest.upload.write(manifestBytes(plan, version, native));
    const artifacts = [
      ...native,
      { format: "manifest", path: manifest.path, ...manifest.upload.end() },
    ];
    await Promise.all(uploads.map((upload) => upload.stored()));
    return artifacts;
  } catch (error) {
    await Promise.all(uploads.map((upload) => upload.abandon(error)));
    throw error;
  }
}

function startUpload(
  client: SupabaseClient<Database>,
  { training_file_id, version }: BuildPlan,
  name: string,
  contentType: string,
) {
  const path = `${training_file_id}/v${version}/${name}`;
  return {
    path,
    upload: new ObjectUpload(client, { bucket: "training-files", path, contentType }),
  };
}

function manifestBytes(
  { options }: BuildPlan,
  { file, summary, duplicates, digest }: CheckedVersion,
  native: WrittenArtifact[],
): Uint8Array {
  const artifacts = native.map((artifact) => ({ ...artifact, options_hash: null }));
  return new TextEncoder().encode(
    manifestText(
      manifestOf({ file, content_digest: digest, options, summary, artifacts, duplicates }),
    ),
  );
}
