import { createEmbedder } from "./create-embedder.ts";
import { readVisionOptions } from "./create-vision-reader.ts";

/** The models that an environment names, without a key: body of `GET /process-jobs/models`. */
export interface ModelsDescription {
  embedding_model: string;
  /** Null where crops and scanned pages cannot be read. */
  vision_model: string | null;
  /** Why not, with the variable to set. */
  vision_problem: string | null;
}

/** Throws with the name of the variable when there is no embedding model: no worker starts then. */
export function describeModels(environment: Record<string, string>): ModelsDescription {
  const { model } = createEmbedder(environment);
  try {
    const { model: visionModel } = readVisionOptions(environment);
    return { embedding_model: model, vision_model: visionModel, vision_problem: null };
  } catch (error) {
    const problem = (error as Error).message;
    return { embedding_model: model, vision_model: null, vision_problem: problem };
  }
}
