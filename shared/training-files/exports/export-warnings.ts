import type { ExportPlan } from "./plan-export.ts";

/** OpenAI refuses fine-tuning files with fewer examples. */
const OPENAI_EXAMPLES = 10;

/** What a person should know of an export before training on it; empty if nothing. */
export function exportWarnings({ options, rows }: ExportPlan): string[] {
  const count = rows[options.split?.part ?? "train"];
  const isPrompt = options.format === "alpaca" || options.format === "trl";
  return [
    ...(count === 0 ? ["has no rows"] : []),
    ...(options.format === "openai" && count > 0 && count < OPENAI_EXAMPLES
      ? [`has ${count} examples, and OpenAI wants at least ${OPENAI_EXAMPLES}`]
      : []),
    ...(isPrompt && options.loss === "all" && options.granularity === "conversation"
      ? [`${options.format} trains the last reply of a row; take granularity 'pair' for all`]
      : []),
  ];
}
