import { credentialsOf } from "../../support/credentials-of.ts";
import type { User } from "../../support/user.ts";

/** Calls PostgREST as a user does, or with other headers, past the types that supabase-js has. */
export async function rest(
  user: Pick<User, "stack" | "accessToken">,
  path: string,
  { method = "GET", body, headers = {} }: {
    method?: string;
    body?: unknown;
    /** Win over those of the user; null takes one away. */
    headers?: Record<string, string | null>;
  } = {},
): Promise<{ status: number; body: unknown; text: string }> {
  const all: Record<string, string | null> = {
    ...credentialsOf(user),
    "content-type": "application/json",
    prefer: "return=representation",
    ...headers,
  };
  const response = await fetch(`${user.stack.url}/rest/v1/${path}`, {
    method,
    headers: Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== null),
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? null : JSON.parse(text), text };
}
