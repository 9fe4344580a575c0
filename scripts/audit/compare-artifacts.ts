import { z } from "zod";
import { downloadObject } from "../../shared/jobs/download-object.ts";
import { measuringSink } from "../../shared/training-files/sinks/measuring-sink.ts";
import type { Difference } from "./audit-check.ts";
import type { AuditClient } from "./audit-client.ts";
import { askUntilHeard } from "./ask-until-heard.ts";
import { listRows, PAGE_SIZE } from "./list-rows.ts";

const Manifest = z.looseObject({
  content_digest: z.string(),
  totals: z.looseObject({ conversations: z.number(), training_pairs: z.number() }),
  artifacts: z.array(
    z.looseObject({
      format: z.string(),
      path: z.string(),
      bytes: z.number(),
      lines: z.number(),
      sha256: z.string(),
    }),
  ),
});

interface Artifact {
  id: string;
  version_id: string;
  format: string;
  path: string;
  size_bytes: number;
  line_count: number | null;
  sha256: string;
}

/**
 * Holds the bytes of every artefact to its row, and what each manifest says of its version and its
 * artefacts to theirs.
 */
export async function* compareArtifacts(client: AuditClient): AsyncGenerator<Difference> {
  const artifacts = listRows((after: string | null) => {
    const page = client.from("training_artifacts")
      .select("id, version_id, format, path, size_bytes, line_count, sha256")
      .order("id").limit(PAGE_SIZE);
    return after ? page.gt("id", after) : page;
  }, ({ id }) => id);
  for await (const artifact of artifacts) {
    const bytes = await downloadObject(client, "training-files", artifact.path);
    const detail = bytes
      ? measure(artifact, bytes) ??
        (artifact.format === "manifest" ? await compareManifest(client, artifact, bytes) : null)
      : "the object is gone";
    if (detail) yield { id: artifact.path, detail };
  }
}

/** What is wrong with the bytes; null for nothing. */
function measure(artifact: Artifact, bytes: Uint8Array): string | null {
  const { write, measures } = measuringSink(() => undefined);
  write(bytes);
  const measured = measures();
  if (measured.bytes !== artifact.size_bytes) {
    return `${measured.bytes} bytes of ${artifact.size_bytes}`;
  }
  if (measured.sha256 !== artifact.sha256) return "another hash than was written";
  const isText = artifact.line_count !== null && !artifact.path.endsWith(".zip");
  return isText && measured.lines !== artifact.line_count
    ? `${measured.lines} lines of ${artifact.line_count}`
    : null;
}

async function compareManifest(
  client: AuditClient,
  { version_id }: Artifact,
  bytes: Uint8Array,
): Promise<string | null> {
  const manifest = Manifest.parse(JSON.parse(new TextDecoder().decode(bytes)));
  const [version] = await askUntilHeard(() =>
    client.from("training_file_versions")
      .select("content_digest, conversation_count, total_training_pairs").eq("id", version_id)
  );
  // Deleted meanwhile.
  if (!version) return null;
  const { conversations, training_pairs } = manifest.totals;
  if (
    manifest.content_digest !== version.content_digest ||
    conversations !== version.conversation_count || training_pairs !== version.total_training_pairs
  ) return "the manifest has other figures than its version";
  const known = await askUntilHeard(() =>
    client.from("training_artifacts").select("path, size_bytes, line_count, sha256")
      .eq("version_id", version_id)
  );
  const wrong = manifest.artifacts.find((named) =>
    !known.some((row) =>
      row.path === named.path && row.size_bytes === named.bytes && row.sha256 === named.sha256 &&
      row.line_count === named.lines
    )
  );
  return wrong ? `the manifest has another ${wrong.format}` : null;
}
