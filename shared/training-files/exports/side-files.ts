import type { FileInfo } from "../file-info.ts";
import { axolotlYaml } from "./configs/axolotl-yaml.ts";
import { datasetCard } from "./configs/dataset-card.ts";
import { datasetInfo } from "./configs/dataset-info.ts";
import { llamafactoryYaml } from "./configs/llamafactory-yaml.ts";
import type { ExportPlan } from "./plan-export.ts";

/** A small text file that belongs to an export. */
export interface SideFile {
  readonly name: string;
  readonly text: string;
}

/**
 * What goes with the data file: inside the zip of `llamafactory` and `axolotl`, an object of its
 * own for `messages`, nothing for the others.
 */
export function sideFiles(file: FileInfo, plan: ExportPlan): readonly SideFile[] {
  switch (plan.options.format) {
    case "messages":
      return [{ name: "README.md", text: datasetCard(file, plan) }];
    case "llamafactory":
      return [
        { name: "dataset_info.json", text: datasetInfo(file, plan) },
        { name: "llamafactory.yaml", text: llamafactoryYaml(file, plan) },
      ];
    case "axolotl":
      return [{ name: "axolotl.yaml", text: axolotlYaml(file, plan) }];
    default:
      return [];
  }
}
