import type { User } from "./user.ts";

/** The headers by which a signed-in user is known. */
export function credentialsOf({ stack, accessToken }: Pick<User, "stack" | "accessToken">) {
  return { apikey: stack.publishableKey, authorization: `Bearer ${accessToken}` };
}
