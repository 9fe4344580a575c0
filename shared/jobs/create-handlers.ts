import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../database.types.ts";
import type { Embedders } from "../providers/embedders.ts";
import type { VisionReader } from "../providers/vision-reader.ts";
import type { Handlers } from "./handler.ts";
import { createRebuildTrainingFile } from "./rebuild-training-file.ts";
import { createReembedDocument } from "./reembed-document.ts";
import { createSweepStorage } from "./sweep-storage.ts";

/** The models that jobs call. */
export interface Models {
  embedders: Embedders;
  /** Makes the vision reader when it is first needed. */
  getReader: () => Promise<VisionReader>;
}

/**
 * What a worker can do. The client has the service role. What counts tokens is loaded when it is
 * first needed: each encoding's table costs some 30 MB, and few workers need both.
 */
export function createHandlers(
  client: SupabaseClient<Database>,
  { embedders, getReader }: Models,
): Handlers {
  return {
    train_document: async (job, lease) => {
      const { createTrainDocument } = await import("./train-document.ts");
      return await createTrainDocument({ client, embedders, getReader })(job, lease);
    },
    reembed_document: createReembedDocument({ client, embedders }),
    enrich_pointer: async (job, lease) => {
      const { createEnrichPointer } = await import("./enrich-pointer.ts");
      return await createEnrichPointer({ client, embedders, getReader })(job, lease);
    },
    build_training_file: async (job, lease) => {
      const { createBuildTrainingFile } = await import("./build-training-file.ts");
      return await createBuildTrainingFile(client)(job, lease);
    },
    rebuild_training_file: createRebuildTrainingFile(client),
    sweep_storage: createSweepStorage(client),
  };
}
