import type { FileInfo } from "../../file-info.ts";
import { datasetName } from "../dataset-name.ts";
import { datasetParts } from "../dataset-parts.ts";
import type { ExportPlan } from "../plan-export.ts";
import { sequenceLength } from "../sequence-length.ts";

/** The training arguments that belong to the data, to be merged into one's own YAML. */
export function llamafactoryYaml(file: FileInfo, plan: ExportPlan): string {
  const parts = datasetParts(plan);
  const train = parts.find((part) => part !== "validation");
  return [
    "# LLaMA-Factory arguments for this data. Merge them into your training YAML.",
    "dataset_dir: .",
    ...(train === undefined ? [] : [`dataset: ${datasetName(file, train)}`]),
    ...(parts.includes("validation") ? [`eval_dataset: ${datasetName(file, "validation")}`] : []),
    `mask_history: ${plan.options.loss === "last"}`,
    `cutoff_len: ${sequenceLength(plan.longest_row)}`,
    "",
  ].join("\n");
}
