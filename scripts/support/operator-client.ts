import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../../shared/database.types.ts";
import { failUsage } from "./fail-usage.ts";

/** By which options a script reaches a project as its operator. */
export const operatorOptions = {
  url: { type: "string", default: Deno.env.get("SUPABASE_URL") || "http://127.0.0.1:54321" },
  key: { type: "string", default: Deno.env.get("SUPABASE_SECRET_KEY") ?? "" },
} as const;

/** A client with the secret key; without one, or with an address that is none, the script ends. */
export function createOperatorClient(
  help: string,
  { url, key }: { url: string; key: string },
): SupabaseClient<Database> {
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) failUsage(help, "--url is not a URL");
  if (!key) failUsage(help, "Give the secret key with --key or in SUPABASE_SECRET_KEY");
  return createClient<Database>(url, key, { auth: { persistSession: false } });
}
