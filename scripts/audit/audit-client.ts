import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../../shared/database.types.ts";

/** With the service role. */
export type AuditClient = SupabaseClient<Database>;
