import { beforeAll, describe, expect, inject, test } from "vitest";
import { decodeJwt, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { type Keys, loadKeys } from "../../local/keys.ts";
import { addDocument, callFunction, createUser, type User } from "../support/user.ts";
import { expectError } from "../http/support/expect-error.ts";

const routes = [
  ["POST", "search"],
  ["GET", "training-library/jobs"],
  ["POST", "training-library/train-for-doc"],
] as const;

let user: User;
let keys: Keys;
let claims: JWTPayload;

beforeAll(async () => {
  user = await createUser();
  keys = await loadKeys(`${inject("stack").data}/keys.json`);
  claims = decodeJwt(user.accessToken);
});

/** A token as the stack itself makes them, but for the changes. */
async function token(
  { changes = {}, header = {}, key = keys.privateKey }: {
    changes?: JWTPayload;
    header?: { alg?: string; kid?: string };
    key?: Keys["privateKey"] | Uint8Array;
  } = {},
): Promise<string> {
  return await new SignJWT({ ...claims, ...changes })
    .setProtectedHeader({ alg: "ES256", typ: "JWT", kid: keys.keyId, ...header })
    .sign(key);
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}

/** Everything that looks like a token of this stack and is none. */
async function badTokens(): Promise<[string, string][]> {
  const [header, payload, signature] = user.accessToken.split(".") as [string, string, string];
  const other = await generateKeyPair("ES256");
  const publicJwk = JSON.stringify(await exportJWK(keys.publicKey));
  const unsigned = btoa('{"alg":"none","typ":"JWT"}').replaceAll("=", "");
  const widened = btoa(JSON.stringify({ ...claims, role: "service_role" })).replaceAll("=", "");
  return [
    ["has expired", await token({ changes: { exp: now() - 60, iat: now() - 120 } })],
    ["is not valid yet", await token({ changes: { nbf: now() + 3600 } })],
    ["is signed by another key", await token({ key: other.privateKey })],
    ["names a key that is not there", await token({ header: { kid: crypto.randomUUID() } })],
    [
      "names another key and is signed by it",
      await token({ header: { kid: "x" }, key: other.privateKey }),
    ],
    [
      "is signed with the public key as a secret",
      await token({ header: { alg: "HS256" }, key: new TextEncoder().encode(publicJwk) }),
    ],
    [
      "is signed with the stack's inner secret",
      await token({ header: { alg: "HS256" }, key: keys.sharedSecret }),
    ],
    ["is not signed", `${unsigned}.${payload}.`],
    ["claims more than was signed", `${header}.${widened}.${signature}`],
    ["is cut short", user.accessToken.slice(0, -10)],
    ["is no token", "a.b.c"],
  ];
}

describe.each(routes)("%s %s", (method, path) => {
  const call = (headers: Record<string, string>) =>
    callFunction(path, { method, headers, body: method === "POST" ? {} : undefined });

  test("refuses a request without credentials", async () => {
    const answer = await call({});

    expectError(answer, 401, "MISSING_CREDENTIALS");
  });

  test.each([
    ["a publishable key alone", () => ({ apikey: user.stack.publishableKey })],
    ["the default secret key", () => ({ apikey: user.stack.secretKey })],
    ["the cron key", () => ({ apikey: user.stack.cronKey })],
    ["the secret key as a token", () => ({ authorization: `Bearer ${user.stack.secretKey}` })],
    ["a password", () => ({ authorization: "Basic eDp5" })],
  ])("refuses %s", async (_, headers) => {
    const answer = await call(headers());

    expectError(answer, 401, "UNUSABLE_CREDENTIAL");
  });

  test("refuses every false token, whatever the key beside it", async () => {
    for (const [reason, bad] of await badTokens()) {
      const headers = { apikey: user.stack.publishableKey, authorization: `Bearer ${bad}` };

      const answer = await call(headers);

      expect(answer.status, reason).toBe(401);
      expectError(answer, 401, "INVALID_JWT");
    }
  });

  test("refuses a token that names nobody", async () => {
    const answer = await call({
      authorization: `Bearer ${await token({ changes: { sub: undefined } })}`,
    });

    expectError(answer, 401, "INVALID_JWT");
  });

  test("takes a token that the stack could have made", async () => {
    const answer = await call({ authorization: `Bearer ${await token()}` });

    expect(answer.body.code ?? "OK").not.toMatch(/JWT|CREDENTIAL/);
    expect(answer.status).not.toBe(401);
  });
});

describe("an access token", () => {
  test("is signed with a key of the published set", async () => {
    const answer = await fetch(`${user.stack.url}/auth/v1/.well-known/jwks.json`);

    const { keys } = await answer.json();

    const header = JSON.parse(atob(user.accessToken.split(".")[0]!));
    expect(header.alg).toBe("ES256");
    expect(keys.map(({ kid }: { kid: string }) => kid)).toContain(header.kid);
    for (const key of keys) expect(key).not.toHaveProperty("d");
  });

  test("can be exchanged for a new one that functions take", async () => {
    const { data } = await user.client.auth.refreshSession();

    const answer = await callFunction("training-library/jobs", {
      method: "GET",
      user: { ...user, accessToken: data.session!.access_token },
    });

    expect(answer.status).toBe(200);
  });
});

describe("a false token", () => {
  test.each(["rest/v1/organizations?select=id", "auth/v1/user"])(
    "does not count as nobody at %s",
    async (path) => {
      for (const [reason, bad] of await badTokens()) {
        const answer = await fetch(`${user.stack.url}/${path}`, {
          headers: { apikey: user.stack.publishableKey, authorization: `Bearer ${bad}` },
        });

        await answer.body?.cancel();
        expect([401, 403], reason).toContain(answer.status);
      }
    },
  );

  test("opens no object", async () => {
    const id = await addDocument(user, "secret");
    const path = `storage/v1/object/documents/${user.orgId}/${id}/handbook.md`;

    for (const [reason, bad] of await badTokens()) {
      const answer = await fetch(`${user.stack.url}/${path}`, {
        headers: { apikey: user.stack.publishableKey, authorization: `Bearer ${bad}` },
      });

      expect(await answer.text(), reason).not.toContain("secret");
      expect(answer.ok, reason).toBe(false);
    }
  });
});
