import type { FileInfo } from "../../file-info.ts";
import { dataFileName, datasetName } from "../dataset-name.ts";
import { datasetParts } from "../dataset-parts.ts";
import type { ExportPlan } from "../plan-export.ts";

/**
 * LLaMA-Factory's `dataset_info.json`: `sharegpt` formatting with all seven tags named. Its
 * `openai` formatting would add words to the system prompt.
 */
export function datasetInfo(file: FileInfo, plan: ExportPlan): string {
  const entries = datasetParts(plan).map((part) => [
    datasetName(file, part),
    {
      file_name: dataFileName(file, part),
      formatting: "sharegpt",
      columns: { messages: "conversations", system: "system" },
      tags: {
        role_tag: "from",
        content_tag: "value",
        user_tag: "human",
        assistant_tag: "gpt",
        observation_tag: "observation",
        function_tag: "function_call",
        system_tag: "system",
      },
    },
  ]);
  return `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`;
}
