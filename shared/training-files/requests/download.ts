import { z } from "zod";
import type { Answer } from "../../http.ts";
import { unwrap } from "../../unwrap.ts";
import { EXPORT_FORMATS } from "../exports/formats.ts";
import { type ArtifactOptions, artifactOptionsHash } from "../build/artifact-options.ts";
import { buildArtifact } from "../build/build-artifact.ts";
import type { Clients } from "./finish-build.ts";
import { getVersion, type PublishedVersion } from "../reads/get-version.ts";
import { RequestedFormat } from "./requested-format.ts";

const urlSeconds = 3600;

/** Query of `GET /training-files/:id/download`. */
export const DownloadQuery = z.strictObject({
  format: RequestedFormat,
  granularity: z.enum(["conversation", "pair"]).optional(),
  loss: z.enum(["all", "last"]).optional(),
  meta: z.enum(["true", "false"]).optional(),
  version: z.string().regex(/^[1-9][0-9]{0,8}$/).transform(Number).optional(),
  split: z.enum(["train", "validation"]).optional(),
  validation_percent: z.string().regex(/^[0-9]{1,3}$/).transform(Number)
    .pipe(z.int().min(0).max(100)).optional(),
  seed: z.string().min(1).max(200).optional(),
  file: z.enum(["data", "card"]).optional(),
}).superRefine((query, context) => {
  const isNative = query.format === "json" || query.format === "jsonl";
  const refuse = (field: keyof typeof query, isAllowed: boolean) => {
    if (isAllowed || query[field] === undefined) return;
    context.addIssue({
      code: "custom",
      path: [field],
      message: `does not go with ${query.format}`,
    });
  };
  refuse("meta", query.format === "jsonl");
  refuse("file", query.format === "messages");
  for (const field of ["granularity", "loss", "split"] as const) refuse(field, !isNative);
  for (const field of ["validation_percent", "seed"] as const) refuse(field, !!query.split);
});
export type DownloadQuery = z.output<typeof DownloadQuery>;

/**
 * A signed URL of a version's bytes in a format. What was not asked for before is built, stored as
 * an artefact of the version and used again. Throws `ApiError`.
 */
export async function download(
  clients: Clients,
  id: string,
  query: DownloadQuery,
): Promise<Answer> {
  const version = await getVersion(clients.user, id, query.version);
  const options = optionsOf(query, id);
  const artifact = await findArtifact(clients, version, query.format, options) ??
    await buildArtifact(clients.admin, version, query.format, options);
  const filename = options.kind === "card"
    ? "README.md"
    : `${version.name}.${extensionOf(query.format)}`;
  const { data, error } = await clients.admin.storage.from("training-files")
    .createSignedUrl(artifact.path, urlSeconds);
  if (error) throw new Error("no URL could be signed", { cause: error });
  // Added here: storage-js encodes a name twice, and browsers would save `R%C3%BCcklagen.json`.
  const url = new URL(data.signedUrl);
  url.searchParams.set("download", filename);
  return {
    status: 200,
    body: {
      download_url: url.href,
      filename,
      expires_in_seconds: urlSeconds,
      size_bytes: artifact.size_bytes,
      sha256: artifact.sha256,
    },
  };
}

function optionsOf(query: DownloadQuery, id: string): ArtifactOptions {
  const { format, granularity, loss, split, file } = query;
  const isCard = file === "card";
  if (format === "json") return { kind: "native" };
  if (format === "jsonl") return { kind: "native", ...(query.meta === "false" && { meta: false }) };
  return {
    kind: isCard ? "card" : "export",
    request: {
      format,
      granularity,
      loss,
      split: split
        ? {
          // The card of a split is that of both parts.
          part: isCard ? "train" : split,
          validation_percent: query.validation_percent ?? 10,
          seed: query.seed ?? id,
        }
        : null,
    },
  };
}

function extensionOf(format: DownloadQuery["format"]): string {
  return format === "json" || format === "jsonl" ? format : EXPORT_FORMATS[format].extension;
}

async function findArtifact(
  { user }: Clients,
  version: PublishedVersion,
  format: string,
  options: ArtifactOptions,
) {
  const [artifact] = unwrap(
    await user.from("training_artifacts").select("path, size_bytes, sha256")
      .eq("version_id", version.id).eq("format", format).eq(
        "options_hash",
        artifactOptionsHash(options),
      ),
  );
  return artifact;
}
