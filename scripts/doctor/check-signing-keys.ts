import { z } from "zod";
import { type Check, toCheck } from "./check.ts";
import { ask, describe, type Installation } from "./installation.ts";

const Jwks = z.object({ keys: z.array(z.object({ kty: z.string() })).min(1) });

/** Whether users' tokens are signed in the way that the functions can verify. */
export async function checkSigningKeys(installation: Installation): Promise<Check> {
  const answer = await ask(installation, "/auth/v1/.well-known/jwks.json");
  const keys = answer.status === 200 ? Jwks.safeParse(answer.body).data?.keys ?? [] : [];
  const usable = keys.filter(({ kty }) => kty !== "oct");
  return toCheck(
    "signing keys",
    usable.length > 0 ? [] : [{
      detail: answer.status === 200 ? "no asymmetric key is published" : describe(answer),
      hint:
        "Project settings, JWT keys: migrate to signing keys and rotate to ES256; until then every user gets 401",
    }],
    `${usable.length} published`,
  );
}
