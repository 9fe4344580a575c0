import { createEmbedder } from "./create-embedder.ts";
import type { Embedder } from "./embedder.ts";

/** Embedders by the names of their models. */
export interface Embedders {
  /** The model of an organisation that has none yet. */
  readonly defaultModel: string;
  /** Throws `ProviderError` for a model that the environment has no key for. */
  of(model: string): Embedder;
}

/** The embedders that the environment allows. Throws with the name of the variable that is wrong. */
export function createEmbedders(environment: Record<string, string>): Embedders {
  const configured = createEmbedder(environment);
  const made = new Map([[configured.model, configured]]);
  return {
    defaultModel: configured.model,
    of: (model) => {
      const embedder = made.get(model) ?? createEmbedder(environment, model);
      made.set(model, embedder);
      return embedder;
    },
  };
}
