import type { FileInfo } from "../../file-info.ts";
import type { SplitPart } from "../../split/split-of.ts";
import { dataFileName } from "../dataset-name.ts";
import { datasetParts } from "../dataset-parts.ts";
import type { ExportPlan } from "../plan-export.ts";
import { sequenceLength } from "../sequence-length.ts";

/** Axolotl's configuration of the data (`type: chat_template`; its `sharegpt` is deprecated). */
export function axolotlYaml(file: FileInfo, plan: ExportPlan): string {
  const parts = datasetParts(plan);
  const block = (key: string, chosen: readonly (SplitPart | null)[]) =>
    chosen.length === 0 ? [] : [`${key}:`, ...chosen.flatMap((part) => dataset(file, plan, part))];
  return [
    "# Axolotl configuration of this data. Merge it into your training YAML.",
    "chat_template: tokenizer_default",
    ...block("datasets", parts.filter((part) => part !== "validation")),
    ...block("test_datasets", parts.filter((part) => part === "validation")),
    `sequence_len: ${sequenceLength(plan.longest_row)}`,
    "",
  ].join("\n");
}

function dataset(file: FileInfo, { options }: ExportPlan, part: SplitPart | null): string[] {
  return [
    `  - path: ./${dataFileName(file, part)}`,
    "    ds_type: json",
    "    split: train",
    "    type: chat_template",
    "    field_messages: messages",
    "    message_property_mappings:",
    "      role: role",
    "      content: content",
    '    roles_to_train: ["assistant"]',
    "    train_on_eos: turn",
    ...(options.loss === "last" ? ["    message_field_training: train"] : []),
  ];
}
