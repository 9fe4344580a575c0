import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { inject } from "vitest";
import type { Database } from "../../shared/database.types.ts";

/** A signed-up user with an organisation, as a browser has it. */
export interface User {
  client: SupabaseClient<Database>;
  id: string;
  accessToken: string;
  orgId: string;
}

/** Signs a new user up on the shared stack and makes an organisation. */
export async function createUser(): Promise<User> {
  const { url, publishableKey } = inject("stack");
  const client = createClient<Database>(url, publishableKey, { auth: { persistSession: false } });
  const { data, error } = await client.auth.signUp({
    email: `${crypto.randomUUID()}@example.test`,
    password: "correct horse battery",
  });
  if (error || !data.session || !data.user) throw new Error("sign-up failed", { cause: error });
  const organization = await client.rpc("create_organization", { name: "Acme" });
  if (organization.error) throw new Error("no organisation", { cause: organization.error });
  return {
    client,
    id: data.user.id,
    accessToken: data.session.access_token,
    orgId: organization.data.id,
  };
}

/** Uploads a Markdown document and inserts its row, as a browser does; returns the id. */
export async function addDocument(
  { client, orgId }: User,
  text: string,
  { title = "Handbook", filename = "handbook.md" } = {},
): Promise<string> {
  const id = crypto.randomUUID();
  const path = `${orgId}/${id}/${filename}`;
  const upload = await client.storage.from("documents")
    .upload(path, new TextEncoder().encode(text), { contentType: "text/markdown" });
  if (upload.error) throw upload.error;
  const row = await client.from("vault_documents")
    .insert({ id, org_id: orgId, title, storage_path: path, mime_type: "text/markdown" });
  if (row.error) throw new Error("no row", { cause: row.error });
  return id;
}

/** Calls an edge function of the shared stack; headers win over those of the user. */
export async function callFunction(
  path: string,
  { user, method = "POST", body, headers = {} }: {
    user?: User;
    method?: string;
    /** JSON unless it is a string or bytes already. */
    body?: unknown;
    headers?: Record<string, string>;
  } = {},
): Promise<{ status: number; body: Record<string, unknown>; headers: Headers }> {
  const { url, publishableKey } = inject("stack");
  const isRaw = typeof body === "string" || body instanceof Uint8Array;
  const response = await fetch(`${url}/functions/v1/${path}`, {
    method,
    headers: {
      ...(user && { apikey: publishableKey, authorization: `Bearer ${user.accessToken}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
      ...headers,
    },
    body: body === undefined ? undefined : isRaw ? body as BodyInit : JSON.stringify(body),
  });
  const text = await response.text();
  return {
    status: response.status,
    body: text === "" ? {} : JSON.parse(text),
    headers: response.headers,
  };
}
