import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database, Json } from "../../database.types.ts";
import { unwrap } from "../../unwrap.ts";
import { parseConversation } from "../conversation/parse-conversation.ts";
import { groupNearDuplicates, groupsOf } from "../duplicates/group-near-duplicates.ts";
import { exportOptions } from "../exports/export-options.ts";
import { cardWriter } from "../exports/card-writer.ts";
import { exportWriter } from "../exports/export-writer.ts";
import { EXPORT_FORMATS } from "../exports/formats.ts";
import { planExport } from "../exports/plan-export.ts";
import { jsonlWriter } from "../native/jsonl-writer.ts";
import { totalsOf } from "../native/totals.ts";
import { fingerprintsOf, getEntries, type VersionEntry } from "../reads/get-entries.ts";
import type { PublishedVersion } from "../reads/get-version.ts";
import type { Sink } from "../sinks/sink.ts";
import type { Writer } from "../writer.ts";
import { type ArtifactOptions, artifactOptionsHash } from "./artifact-options.ts";
import { downloadPinned } from "./download-pinned.ts";
import { ObjectUpload } from "./object-upload.ts";

const bucket = "training-files";

/**
 * Builds an artefact of a published version from the sources that were pinned, and stores it. Of
 * requests at once each writes an object of its own; the first that is named stays, the others'
 * bytes are deleted. Throws `TrainingFileError` SOURCE_CHANGED when a source is not what it was: the
 * version can then only be had in the formats it has.
 */
export async function buildArtifact(
  admin: SupabaseClient<Database>,
  version: PublishedVersion,
  format: string,
  options: ArtifactOptions,
) {
  const hash = artifactOptionsHash(options);
  const hasFingerprints = options.kind !== "native" && !!options.request.split;
  const entries = await getEntries(admin, version.id, { hasFingerprints });
  const { extension, contentType } = typeOf(options);
  const place = `${version.trainingFileId}/v${version.file.version}`;
  const path = `${place}/${format}-${crypto.randomUUID()}.${extension}`;
  // Swept unless a row names it by then.
  const { error } = await admin.rpc("enqueue_object_deletion", {
    p_bucket: bucket,
    p_path: path,
    p_delay: "1 day",
  });
  if (error) throw new Error("the outbox could not be written", { cause: error });

  const upload = new ObjectUpload(admin, { bucket, path, contentType });
  try {
    const { writer, chosen } = open(version, entries, options, upload.write);
    writer.begin();
    for (const entry of chosen) {
      writer.writeConversation(entry, await read(admin, entry));
      await upload.drain();
    }
    writer.end();
  } catch (error) {
    await upload.abandon(error);
    throw error;
  }
  const { bytes, lines, sha256 } = upload.end();
  await upload.stored();
  const artifact = unwrap(
    await admin.rpc("add_training_artifact", {
      p_version_id: version.id,
      p_artifact: {
        format,
        options_hash: hash,
        options: JSON.parse(JSON.stringify(options)) as Json,
        path,
        size_bytes: bytes,
        line_count: extension === "zip" ? null : lines,
        sha256,
      },
    }),
  );
  // A failure here is made good by the sweep.
  if (artifact.path !== path) await admin.storage.from(bucket).remove([path]);
  return artifact;
}

function typeOf(options: ArtifactOptions): { extension: string; contentType: string } {
  if (options.kind === "export") return EXPORT_FORMATS[options.request.format];
  if (options.kind === "card") return { extension: "md", contentType: "text/markdown" };
  return { extension: "jsonl", contentType: "application/jsonl" };
}

function open(
  { file }: PublishedVersion,
  entries: VersionEntry[],
  options: ArtifactOptions,
  sink: Sink,
): { writer: Writer; chosen: VersionEntry[] } {
  if (options.kind === "native") {
    const totalPairs = totalsOf(entries).total_training_pairs;
    return { writer: jsonlWriter(file, { totalPairs, hasMeta: false }, sink), chosen: entries };
  }
  const groups = groupsOf(groupNearDuplicates(fingerprintsOf(entries)));
  const plan = planExport(entries, exportOptions(options.request), groups);
  if (options.kind === "card") return { writer: cardWriter(file, plan, sink), chosen: [] };
  const chosen = new Set(plan.entries.map((entry) => entry.conversation_id));
  return {
    writer: exportWriter(file, plan, sink),
    chosen: entries.filter((entry) => chosen.has(entry.conversation_id)),
  };
}

async function read(admin: SupabaseClient<Database>, entry: VersionEntry) {
  const { bytes, sha256 } = await downloadPinned(admin, entry);
  return parseConversation(bytes, { conversationId: entry.conversation_id, sha256 });
}
