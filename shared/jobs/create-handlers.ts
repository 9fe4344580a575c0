import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../database.types.ts";
import type { Embedder } from "../providers/embedder.ts";
import { createBuildTrainingFile } from "./build-training-file.ts";
import { createRebuildTrainingFile } from "./rebuild-training-file.ts";
import type { Handlers } from "./handler.ts";
import { createSweepStorage } from "./sweep-storage.ts";
import { createTrainDocument } from "./train-document.ts";

/** What a worker can do. The client has the service role. */
export function createHandlers(client: SupabaseClient<Database>, embedder: Embedder): Handlers {
  return {
    train_document: createTrainDocument({ client, embedder }),
    build_training_file: createBuildTrainingFile(client),
    rebuild_training_file: createRebuildTrainingFile(client),
    sweep_storage: createSweepStorage(client),
  };
}
