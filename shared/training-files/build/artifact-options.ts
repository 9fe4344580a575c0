import { exportOptions, type ExportRequest, optionsHash } from "../exports/export-options.ts";

/** All that decides the bytes of an artefact, beside its version and format. */
export type ArtifactOptions =
  | { kind: "native"; meta?: false }
  | { kind: "export"; request: ExportRequest }
  /** The text that goes beside the data of `messages`. */
  | { kind: "card"; request: ExportRequest };

/** Names the options of an artefact in its row; empty for what every version has from its build. */
export function artifactOptionsHash(options: ArtifactOptions): string {
  if (options.kind === "export") return optionsHash(exportOptions(options.request));
  if (options.kind === "card") return `card-${optionsHash(exportOptions(options.request))}`;
  return options.meta === false ? "no-meta" : "";
}
