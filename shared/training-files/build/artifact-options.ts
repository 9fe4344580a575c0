import { exportOptions, type ExportRequest, optionsHash } from "../exports/export-options.ts";

/** All that decides the bytes of an artefact, beside its version and format. */
export type ArtifactOptions =
  | { kind: "native"; meta?: false }
  | { kind: "export"; request: ExportRequest };

/** Names the options of an artefact in its row; empty for what every version has from its build. */
export function artifactOptionsHash(options: ArtifactOptions): string {
  if (options.kind === "export") return optionsHash(exportOptions(options.request));
  return options.meta === false ? "no-meta" : "";
}
