import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../../database.types.ts";

/** How a version is built. */
export interface BuildOptions {
  /** With the service role: the version was begun by somebody who may build it. */
  client: SupabaseClient<Database>;
  /** Keep the conversations between both passes: for few of them, one download each instead of two. */
  keep: boolean;
  /** Told the share that is done, 0 to 1; throws to end the build. */
  onProgress?: (share: number) => Promise<void>;
}
