import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { base64url, decodeJwt, type JWTPayload, SignJWT } from "jose";
import { type OwnStack, startOwnStack } from "../support/own-stack.ts";
import {
  addDocument,
  adminOf,
  callFunction,
  createMember,
  createUser,
  signUp,
  type User,
} from "../support/user.ts";
import { expectError } from "../http/support/expect-error.ts";
import { rest } from "../http/support/rest.ts";

let own: OwnStack;
let owner: User;
let stranger: User;

beforeAll(async () => {
  own = await startOwnStack({ cron: false, ownDatabase: true });
  owner = await createUser(own.address);
  stranger = await createUser(own.address);
  await addDocument(owner, "The roof leaks.");
});
afterAll(() => own[Symbol.asyncDispose]());

/** The user with a token that the stack itself could have signed, but for the changes. */
async function withClaims(user: User, changes: JWTPayload): Promise<User> {
  const { privateKey, keyId } = own.stack.keys;
  const accessToken = await new SignJWT({ ...decodeJwt(user.accessToken), ...changes })
    .setProtectedHeader({ alg: "ES256", typ: "JWT", kid: keyId })
    .sign(privateKey);
  return { ...user, accessToken };
}

const documentsOf = async (user: User) => (await rest(user, "vault_documents?select=id")).body;
const search = (user: User) =>
  callFunction("search", { user, body: { query: "roof", mode: "text" } });
const insertProject = (user: User) =>
  rest(user, "projects", { method: "POST", body: { org_id: user.orgId, name: "Pump house" } });

/** What somebody may who may nothing: reads are empty, writes and calls refused. */
async function expectOutside(user: User): Promise<void> {
  expect(await documentsOf(user)).toEqual([]);
  expect((await insertProject(user)).status).toBe(403);
  expectError(await search(user), 404, "ORG_NOT_FOUND");
  const object = await user.client.storage.from("documents").upload(
    `${user.orgId}/${crypto.randomUUID()}/x.md`,
    new Uint8Array([1]),
  );
  expect(object.error).not.toBeNull();
}

/** What an editor may: the control of every test here. */
async function expectInside(user: User): Promise<void> {
  expect(await documentsOf(user)).toHaveLength(1);
  expect((await insertProject(user)).status).toBe(201);
  expect((await search(user)).status).toBe(200);
}

describe("the token of an editor", () => {
  test.each<[string, string]>([
    ["was deleted", "delete from auth.users where id = $1"],
    ["is banned", "update auth.users set banned_until = now() + interval '1 hour' where id = $1"],
    ["was removed", "delete from public.organization_members where user_id = $1"],
  ])("opens nothing once the editor %s, though it is good", async (_, statement) => {
    const editor = await createMember(owner, "editor");
    await expectInside(editor);

    await own.stack.database.query(statement, [editor.id]);

    await expectOutside(editor);
  });

  test("leaves nothing that a deleted account could still make", async () => {
    const editor = await createMember(owner, "editor");
    await own.stack.database.query("delete from auth.users where id = $1", [editor.id]);

    const { status, body } = await rest(editor, "rpc/create_organization", {
      method: "POST",
      body: { name: "Ghosts" },
    });

    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(body).not.toHaveProperty("id");
    expect(await adminOf(own.address).from("organizations").select("id").eq("name", "Ghosts"))
      .toMatchObject({ data: [] });
  });
});

describe("the folder in conversation-files", () => {
  const pathOf = (user: User) => `${user.id}/${crypto.randomUUID()}/enriched.json`;
  const upload = (user: User, path = pathOf(user)) =>
    user.client.storage.from("conversation-files")
      .upload(path, new TextEncoder().encode("{}"), { contentType: "application/json" });

  test.each<[string, string]>([
    ["was deleted", "delete from auth.users where id = $1"],
    ["is banned", "update auth.users set banned_until = now() + interval '1 hour' where id = $1"],
    ["is anonymous", "update auth.users set is_anonymous = true where id = $1"],
  ])("is closed to a good token whose account %s", async (_, statement) => {
    const user = await createMember(owner, "editor");
    const path = pathOf(user);
    const storage = user.client.storage.from("conversation-files");
    expect((await upload(user, path)).error).toBeNull();
    expect((await storage.download(path)).error).toBeNull();

    await own.stack.database.query(statement, [user.id]);

    expect((await upload(user)).error).not.toBeNull();
    expect((await storage.update(path, new TextEncoder().encode("[]"))).error).not.toBeNull();
    expect((await storage.download(path)).error).not.toBeNull();
    expect((await storage.list(path.slice(0, path.lastIndexOf("/")))).data ?? []).toEqual([]);
  });
});

describe("what a user says of themselves", () => {
  const claims: [string, (user: User) => JWTPayload][] = [
    ["user_metadata", ({ orgId }) => ({ user_metadata: { org_id: orgId, role: "owner" } })],
    ["app_metadata", ({ orgId }) => ({ app_metadata: { org_id: orgId, role: "service_role" } })],
    ["other claims", ({ orgId, id }) => ({ org_id: orgId, user_id: id, user_role: "owner" })],
  ];

  test.each(claims)("in %s opens no organisation", async (_, make) => {
    const liar = await withClaims(stranger, make(owner));

    expect(await documentsOf(liar)).toEqual([]);
    expect(await documentsOf(await withClaims(owner, make(owner)))).toHaveLength(1);
  });

  test.each(claims)("in %s raises no role", async (_, make) => {
    const viewer = await createMember(owner, "viewer");

    expect((await insertProject(await withClaims(viewer, make(owner)))).status).toBe(403);
  });

  test("is taken by the account, and changes no more", async () => {
    const { data, error } = await stranger.client.auth.updateUser({
      data: { org_id: owner.orgId, role: "owner", is_admin: true },
    });
    const { data: renewed } = await stranger.client.auth.refreshSession();
    const accessToken = renewed.session!.access_token;

    expect(error).toBeNull();
    expect(data.user!.user_metadata).toMatchObject({ role: "owner" });
    expect(await documentsOf({ ...stranger, accessToken })).toEqual([]);
  });
});

describe("the role in a token", () => {
  test.each(["service_role", "postgres", "supabase_admin", "authenticator", "pg_read_all_data"])(
    "is no way to become %s",
    async (role) => {
      const [header, , signature] = stranger.accessToken.split(".");
      const claims = { ...decodeJwt(stranger.accessToken), role };
      const widened = base64url.encode(JSON.stringify(claims));
      const forged = { ...stranger, accessToken: `${header}.${widened}.${signature}` };

      expect([401, 403]).toContain((await rest(forged, "vault_documents")).status);
      expectError(await search(forged), 401, "INVALID_JWT");
    },
  );
});

/** The token of an invitation for a user's address. */
async function invite(user: Pick<User, "client">): Promise<string> {
  const { data: { user: account } } = await user.client.auth.getUser();
  const { data } = await owner.client
    .rpc("invite_member", { org_id: owner.orgId, email: account!.email!, role: "viewer" })
    .single().throwOnError();
  return data.token;
}

const accept = (user: User, token: string) =>
  rest(user, "rpc/accept_invitation", { method: "POST", body: { token } });

describe("an anonymous user", () => {
  test("sees nothing, makes no organisation, and joins none", async () => {
    const signedUp = { ...await signUp(own.address), orgId: owner.orgId };
    const token = await invite(signedUp);
    await own.stack.database.query(
      "update auth.users set is_anonymous = true, email = null where id = $1",
      [signedUp.id],
    );
    const anonymous = await withClaims(signedUp, { is_anonymous: true });

    const made = await rest(anonymous, "rpc/create_organization", {
      method: "POST",
      body: { name: "Nobody's" },
    });

    expect(made).toMatchObject({ status: 403, body: { code: "ACCOUNT_REQUIRED" } });
    expect(await accept(anonymous, token))
      .toMatchObject({ status: 404, body: { code: "INVITATION_NOT_FOUND" } });
    await expectOutside(anonymous);
  });

  test("is not what a user becomes who signs up", async () => {
    const user = { ...await signUp(own.address), orgId: owner.orgId };

    const made = await rest(user, "rpc/create_organization", {
      method: "POST",
      body: { name: "Somebody's" },
    });
    const joined = await accept(user, await invite(user));

    expect([made.status, joined.status]).toEqual([200, 200]);
  });
});
