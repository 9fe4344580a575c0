import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../../database.types.ts";
import { ApiError } from "../../errors.ts";
import { unwrap } from "../../unwrap.ts";
import { parseConversation, type ParsedConversation } from "../conversation/parse-conversation.ts";
import { nearDuplicateGrouper, type NearDuplicates } from "../duplicates/group-near-duplicates.ts";
import type { FileInfo } from "../file-info.ts";
import { fullJsonSize, fullJsonWriter } from "../native/full-json-writer.ts";
import { jsonlWriter } from "../native/jsonl-writer.ts";
import { totalsOf } from "../native/totals.ts";
import { refuseErrors } from "../report/refuse-errors.ts";
import { reportRows } from "../report/report-rows.ts";
import type { Measures } from "../sinks/measuring-sink.ts";
import { contentDigest } from "../versions/content-digest.ts";
import { manifestOf, manifestText } from "../versions/manifest.ts";
import type { Writer } from "../writer.ts";
import type { BuildPlan } from "./build-plan.ts";
import { downloadSource } from "./download-source.ts";
import { ObjectUpload } from "./object-upload.ts";
import { type PinnedSource, pinSources } from "./pin-sources.ts";
import { readAhead } from "./read-ahead.ts";

type TrainingFile = Database["public"]["Tables"]["training_files"]["Row"];

/** The limit of the bucket training-files, in bytes. */
const maxObjectBytes = 50 * 1024 * 1024;
const bucket = "training-files";

/** Sources on their way while one is written. */
const sourcesAhead = 4;

interface BuildOptions {
  /** With the service role: the version was begun by somebody who may build it. */
  client: SupabaseClient<Database>;
  /** Keep the conversations between both passes: for few of them, one download each instead of two. */
  keep: boolean;
  /** Told the share that is done, 0 to 1; throws to end the build. */
  onProgress?: (share: number) => Promise<void>;
}

/**
 * Builds a version and publishes it: pins every source, checks them, streams the artefacts to paths
 * of their own, and hands all to the one function that flips the file's row. Throws
 * `TrainingFileError` or `ApiError`; until the flip nobody sees anything of it.
 */
export async function buildVersion(plan: BuildPlan, options: BuildOptions): Promise<TrainingFile> {
  const { client, keep, onProgress = () => Promise.resolve() } = options;
  const pinned: PinnedSource[] = [];
  const duplicates = nearDuplicateGrouper();
  for await (
    const { fingerprint, ...source } of pinSources(client, plan.org_id, plan.sources, { keep })
  ) {
    duplicates.add({ conversation_id: source.conversation_id, fingerprint });
    pinned.push(source);
    await onProgress(pinned.length / plan.sources.length / 2);
  }
  const file: FileInfo = {
    name: plan.name,
    version: plan.version,
    created_date: new Date(plan.first_created_at).toISOString(),
    last_updated: new Date(plan.created_at).toISOString(),
  };
  const checked = check(plan, file, pinned, duplicates.found);
  const written = await write(plan, file, pinned, checked.totals, options);
  const manifest = await writeManifest(client, plan, file, pinned, checked, written);
  return await publish(client, plan, checked, [...written, manifest]);
}

function check(
  plan: BuildPlan,
  file: FileInfo,
  pinned: PinnedSource[],
  duplicates: NearDuplicates,
) {
  if (plan.options.validation === "strict") refuseErrors([...reportRows(pinned, { duplicates })]);
  const totals = totalsOf(pinned);
  const size = fullJsonSize(file, totals);
  if (size > maxObjectBytes) {
    throw new ApiError("TRAINING_FILE_TOO_LARGE", `The file would have ${size} bytes`, {
      details: { size_bytes: size, max_size_bytes: maxObjectBytes },
      hint: "Split the conversations over several files",
    });
  }
  const sources = pinned.map(({ conversation_id, snapshot }) => ({
    conversation_id,
    sha256: snapshot.sha256,
    split: null,
  }));
  const digest = contentDigest(plan.name, plan.options, sources);
  return { duplicates, totals, sources, digest };
}

interface Written extends Measures {
  format: string;
  path: string;
}

async function write(
  plan: BuildPlan,
  file: FileInfo,
  pinned: PinnedSource[],
  totals: ReturnType<typeof totalsOf>,
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
  const writers: Writer[] = [
    fullJsonWriter(file, totals, uploads.json.write),
    jsonlWriter(file, { totalPairs, hasMeta: true }, uploads.jsonl.write),
  ];
  try {
    for (const writer of writers) writer.begin();
    let count = 0;
    for await (const loaded of readAhead(pinned, sourcesAhead, (source) => load(client, source))) {
      for (const writer of writers) writer.writeConversation(loaded.source, loaded.conversation);
      await Promise.all([uploads.json.drain(), uploads.jsonl.drain()]);
      await onProgress(0.5 + ++count / pinned.length / 2);
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

async function load(
  client: SupabaseClient<Database>,
  source: PinnedSource,
): Promise<{ source: PinnedSource; conversation: ParsedConversation }> {
  if (source.conversation) return { source, conversation: source.conversation };
  const { bytes, sha256 } = await downloadSource(client, source);
  const conversation = parseConversation(bytes, {
    conversationId: source.conversation_id,
    sha256,
  });
  return { source, conversation };
}

async function writeManifest(
  client: SupabaseClient<Database>,
  plan: BuildPlan,
  file: FileInfo,
  pinned: PinnedSource[],
  { duplicates, sources, digest }: ReturnType<typeof check>,
  written: Written[],
): Promise<Written> {
  const manifest = manifestOf({
    file,
    content_digest: digest,
    options: plan.options,
    entries: pinned,
    sources,
    report: reportRows(pinned, { duplicates }),
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
  { totals, sources, digest }: ReturnType<typeof check>,
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
