import type { FileInfo } from "../file-info.ts";
import type { SplitPart } from "../split/split-of.ts";

/**
 * The name of a dataset inside an export: ASCII letters, digits and hyphens, with the version,
 * since Axolotl's cache goes by name and not by content: `spring-clients-v3-train`.
 */
export function datasetName(file: FileInfo, part: SplitPart | null): string {
  const slug = file.name
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, 60)
    .replaceAll(/^-|-$/g, "");
  return [slug || "training-file", `v${file.version}`, part].filter((text) => text).join("-");
}

/** The data file of a dataset. */
export function dataFileName(file: FileInfo, part: SplitPart | null): string {
  return `${datasetName(file, part)}.jsonl`;
}
