import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { inject } from "vitest";
import type { Database } from "../../shared/database.types.ts";
import type { Stack } from "../../local/stack.ts";
import { credentialsOf } from "./credentials-of.ts";

/** Where a stack is, and its keys. */
export interface StackAddress {
  url: string;
  publishableKey: string;
  secretKey: string;
  cronKey: string;
}

/** A signed-up user with an organisation, as a browser has it. */
export interface User {
  stack: StackAddress;
  client: SupabaseClient<Database>;
  id: string;
  accessToken: string;
  orgId: string;
}

/** The address of a stack that a test started itself. */
export function addressOf({ url, keys }: Stack): StackAddress {
  const { publishableKey, secretKey, cronKey } = keys;
  return { url, publishableKey, secretKey, cronKey };
}

/** Signs a new user up, on the shared stack unless another is given, and makes an organisation. */
export async function createUser(stack: StackAddress = inject("stack")): Promise<User> {
  const user = await signUp(stack);
  return { ...user, orgId: await createOrganization(user) };
}

/** Signs somebody up who belongs to nothing yet. */
export async function signUp(stack: StackAddress): Promise<Omit<User, "orgId">> {
  const client = createClient<Database>(stack.url, stack.publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  const { data, error } = await client.auth.signUp({
    email: `${crypto.randomUUID()}@example.test`,
    password: "correct horse battery",
  });
  if (error || !data.session || !data.user) throw new Error("sign-up failed", { cause: error });
  return { stack, client, id: data.user.id, accessToken: data.session.access_token };
}

/** Makes an organisation with the user as its owner; returns the id. */
export async function createOrganization({ client }: Pick<User, "client">): Promise<string> {
  const { data, error } = await client.rpc("create_organization", { name: "Acme" });
  if (error) throw new Error("no organisation", { cause: error });
  return data.id;
}

/** Signs up somebody who belongs to the owner's organisation alone. */
export async function createMember(owner: User, role: string): Promise<User> {
  const user = { ...await signUp(owner.stack), orgId: owner.orgId };
  await addMember(user, owner.orgId, role);
  return user;
}

/** Puts a user into an organisation, as an accepted invitation would. */
export async function addMember({ stack, id }: User, orgId: string, role: string): Promise<void> {
  const { error } = await adminOf(stack)
    .from("organization_members").insert({ org_id: orgId, user_id: id, role });
  if (error) throw new Error("no membership", { cause: error });
}

/** A client with the service role, to look behind what users may see. */
export function adminOf({ url, secretKey }: StackAddress): SupabaseClient<Database> {
  return createClient<Database>(url, secretKey, { auth: { persistSession: false } });
}

/** Uploads a document and inserts its row, as a browser does; returns the id. */
export async function addDocument(
  { client, orgId }: User,
  content: string | Uint8Array<ArrayBuffer>,
  { id = crypto.randomUUID() as string, title = "Handbook", mimeType = "text/markdown" } = {},
): Promise<string> {
  const path = `${orgId}/${id}/handbook.md`;
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const upload = await client.storage.from("documents").upload(path, bytes, {
    contentType: mimeType,
  });
  if (upload.error) throw upload.error;
  const row = await client.from("vault_documents")
    .insert({ id, org_id: orgId, title, storage_path: path, mime_type: mimeType });
  if (row.error) throw new Error("no row", { cause: row.error });
  return id;
}

/** What an edge function answered. */
export interface FunctionAnswer {
  status: number;
  body: Record<string, unknown>;
  /** The body as it was sent. */
  text: string;
  headers: Headers;
}

/** Calls an edge function, of the shared stack unless the user has another. */
export async function callFunction(
  path: string,
  { user, stack = user?.stack ?? inject("stack"), method = "POST", body, headers = {} }: {
    user?: User;
    stack?: StackAddress;
    method?: string;
    /** JSON unless it is a string, bytes or a stream already. */
    body?: unknown;
    /** Win over those of the user. */
    headers?: Record<string, string>;
  } = {},
): Promise<FunctionAnswer> {
  const isRaw = typeof body === "string" || body instanceof Uint8Array ||
    body instanceof ReadableStream;
  const response = await fetch(`${stack.url}/functions/v1/${path}`, {
    method,
    headers: {
      ...(user && credentialsOf({ stack, accessToken: user.accessToken })),
      ...(body !== undefined && { "content-type": "application/json" }),
      ...headers,
    },
    body: body === undefined ? undefined : isRaw ? body as BodyInit : JSON.stringify(body),
  });
  const text = await response.text();
  return {
    status: response.status,
    body: text === "" ? {} : JSON.parse(text),
    text,
    headers: response.headers,
  };
}
