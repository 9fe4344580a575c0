import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../../shared/database.types.ts";
import type { Endpoint } from "./stack-process.ts";

/** A signed-in user of the demo, with an organisation. */
export interface DemoUser {
  client: SupabaseClient<Database>;
  id: string;
  email: string;
  orgId: string;
}

/** Signs a user up and makes an organisation, as the first screens of a frontend do. */
export async function signUp(
  { url, publishable_key }: Endpoint,
  email: string,
  organization: string,
): Promise<DemoUser> {
  const client = createClient<Database>(url, publishable_key, { auth: { persistSession: false } });
  const { data, error } = await client.auth.signUp({ email, password: crypto.randomUUID() });
  if (error || !data.user) throw new Error("sign-up failed", { cause: error });
  const created = await client.rpc("create_organization", { name: organization });
  if (created.error) throw new Error("no organisation was made", { cause: created.error });
  return { client, id: data.user.id, email, orgId: created.data.id };
}

/** Calls an edge function as the user. Throws with the body of an error answer. */
export async function invoke<T>(
  { client }: DemoUser,
  path: string,
  body: Record<string, unknown>,
): Promise<T> {
  const { data, error, response } = await client.functions.invoke<T>(path, { body });
  if (error || data === null) {
    throw new Error(`${path} answered ${response?.status}: ${await response?.text()}`, {
      cause: error,
    });
  }
  return data;
}

/** Asks an edge function as the user. Throws with the body of an error answer. */
export async function get<T>({ client }: DemoUser, path: string): Promise<T> {
  const { data, error, response } = await client.functions.invoke<T>(path, { method: "GET" });
  if (error || data === null) {
    throw new Error(`${path} answered ${response?.status}: ${await response?.text()}`, {
      cause: error,
    });
  }
  return data;
}

/** The body of the error that an edge function must answer with; null when it does not refuse. */
export async function refusal(
  { client }: DemoUser,
  path: string,
  body: Record<string, unknown>,
): Promise<{ status: number; code: string; message: string } | null> {
  const { error, response } = await client.functions.invoke(path, { body });
  return error && response ? { ...await response.json(), status: response.status } : null;
}
