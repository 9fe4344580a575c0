import type { SplitPart } from "../split/split-of.ts";
import type { ExportPlan } from "./plan-export.ts";

/** The parts that a configuration names: of a split those with rows, else the one whole. */
export function datasetParts({ options, rows }: ExportPlan): readonly (SplitPart | null)[] {
  if (!options.split) return [null];
  return (["train", "validation"] as const).filter((part) => rows[part] > 0);
}
