import type { FileInfo } from "../../file-info.ts";
import { dataFileName } from "../dataset-name.ts";
import { datasetParts } from "../dataset-parts.ts";
import type { ExportPlan } from "../plan-export.ts";

/**
 * The `README.md` that goes beside the data of `messages` on the Hugging Face Hub: without
 * `configs` the Hub guesses the splits from file names.
 */
export function datasetCard(file: FileInfo, plan: ExportPlan): string {
  const parts = datasetParts(plan);
  return [
    "---",
    "configs:",
    "- config_name: default",
    "  data_files:",
    ...parts.flatMap((part) => [
      `  - split: ${part ?? "train"}`,
      `    path: ${dataFileName(file, part)}`,
    ]),
    "---",
    "",
    `# ${file.name.replaceAll(/\s+/g, " ")}`,
    "",
    `Version ${file.version}. One row a ${plan.options.granularity}.`,
    "",
    "| split | file | rows |",
    "|---|---|---|",
    ...parts.map((part) =>
      `| ${part ?? "train"} | ${dataFileName(file, part)} | ${plan.rows[part ?? "train"]} |`
    ),
    "",
  ].join("\n");
}
