import { beforeEach, describe, expect, test } from "vitest";
import { createMember, createUser, signUp, type User } from "../support/user.ts";
import { rest } from "./support/rest.ts";

let owner: User;
let invitee: Omit<User, "orgId">;
beforeEach(async () => {
  owner = await createUser();
  invitee = await signUp(owner.stack);
});

async function emailOf({ client }: Pick<User, "client">): Promise<string> {
  const { data, error } = await client.auth.getUser();
  if (error || !data.user.email) throw new Error("no address", { cause: error });
  return data.user.email;
}

/** Invites as the frontend does; returns the token for the letter. */
async function inviteBy({ client, orgId }: User, email: string, role = "editor"): Promise<string> {
  const { data, error } = await client
    .rpc("invite_member", { org_id: orgId, email, role }).single();
  if (error) throw new Error("no invitation", { cause: error });
  return data.token;
}

describe("an invitation", () => {
  test("makes whoever was invited a member, who then reads and writes", async () => {
    const token = await inviteBy(owner, await emailOf(invitee));

    const { data, error } = await invitee.client.rpc("accept_invitation", { token });

    expect(error).toBeNull();
    expect(data).toMatchObject({ org_id: owner.orgId, user_id: invitee.id, role: "editor" });
    const project = await invitee.client.from("projects")
      .insert({ org_id: owner.orgId, name: "Pump house" }).select().single();
    expect(project.error).toBeNull();
  });

  test("is refused to everybody else with one and the same answer", async () => {
    const token = await inviteBy(owner, await emailOf(invitee));
    const stranger = await signUp(owner.stack);
    const call = (user: Omit<User, "orgId">, token: string) =>
      rest(user, "rpc/accept_invitation", { method: "POST", body: { token } });

    const stolen = await call(stranger, token);
    const guessed = await call(stranger, "0".repeat(64));
    const accepted = await call(invitee, token);
    const used = await call(invitee, token);

    expect(stolen.status).toBe(404);
    expect(stolen.body).toMatchObject({ code: "INVITATION_NOT_FOUND" });
    expect(guessed).toEqual(stolen);
    expect(accepted.status).toBe(200);
    expect(used).toEqual(stolen);
  });

  test("is seen by admins, without the token, and by nobody below or outside", async () => {
    const token = await inviteBy(owner, "friend@example.test");
    const [admin, editor] = await Promise.all([
      createMember(owner, "admin"),
      createMember(owner, "editor"),
    ]);

    const seen = await rest(admin, "organization_invitations?select=*");

    expect(seen.body).toMatchObject([{ email: "friend@example.test", status: "open" }]);
    expect(seen.text).not.toContain(token);
    expect((await rest(editor, "organization_invitations")).body).toEqual([]);
    expect((await rest(invitee, "organization_invitations")).body).toEqual([]);
    const anonymous = await rest(owner, "organization_invitations", {
      headers: { authorization: null },
    });
    expect([401, 403]).toContain(anonymous.status);
  });

  test("is not made or revoked by an editor, nor without a token", async () => {
    const editor = await createMember(owner, "editor");
    const body = { org_id: owner.orgId, email: "friend@example.test", role: "viewer" };
    const post = (user: User, headers: Record<string, null> = {}) =>
      rest(user, "rpc/invite_member", { method: "POST", body, headers });

    expect(await post(editor)).toMatchObject({ status: 403, body: { code: "ROLE_TOO_LOW" } });
    expect([401, 403]).toContain((await post(owner, { authorization: null })).status);
    expect((await post(owner)).status).toBe(200);

    const [row] = (await rest(owner, "organization_invitations")).body as { id: string }[];
    const revoke = (user: User) =>
      rest(user, "rpc/revoke_invitation", { method: "POST", body: { id: row!.id } });
    expect((await revoke(editor)).status).toBe(403);
    expect((await revoke(owner)).status).toBeLessThan(300);
  });
});

describe("a member", () => {
  test("is promoted, takes over, and lets the old owner go", async () => {
    const member = await createMember(owner, "viewer");
    const { orgId } = owner;

    const promoted = await owner.client.rpc("set_member_role", {
      org_id: orgId,
      user_id: member.id,
      role: "admin",
    });
    const refused = await owner.client.rpc("leave_organization", { org_id: orgId });
    const transferred = await owner.client.rpc("transfer_ownership", {
      org_id: orgId,
      user_id: member.id,
    });
    const left = await owner.client.rpc("leave_organization", { org_id: orgId });

    expect(promoted.data).toMatchObject({ role: "admin" });
    expect(refused.error).toMatchObject({ code: "OWNER_REQUIRED" });
    expect(transferred.data).toMatchObject({ user_id: member.id, role: "owner" });
    expect(left.error).toBeNull();
    const { data: seen } = await owner.client.from("organizations").select("id");
    expect(seen).toEqual([]);
  });

  test("who is removed sees nothing with the token that is still good", async () => {
    const member = await createMember(owner, "editor");
    expect((await rest(member, "organizations")).body).toHaveLength(1);

    const { error } = await owner.client.rpc("remove_member", {
      org_id: owner.orgId,
      user_id: member.id,
    });

    expect(error).toBeNull();
    expect(await rest(member, "organizations")).toMatchObject({ status: 200, body: [] });
  });
});

describe("the audit log", () => {
  test("is read by admins and by nobody else", async () => {
    const [admin, editor] = await Promise.all([
      createMember(owner, "admin"),
      createMember(owner, "editor"),
    ]);
    const path = `audit_events?org_id=eq.${owner.orgId}&order=id.desc`;

    expect((await rest(admin, path)).body).toMatchObject([
      { action: "member.added", actor: "service_role" },
      { action: "member.added", actor: "service_role" },
      { action: "member.added", actor: "user", actor_id: owner.id },
      { action: "organization.created", actor: "user", actor_id: owner.id },
    ]);
    expect((await rest(editor, path)).body).toEqual([]);
    expect((await rest(invitee, path)).body).toEqual([]);
  });

  test.each(["POST", "PATCH", "DELETE"])("refuses %s to its owner", async (method) => {
    const path = `audit_events?org_id=eq.${owner.orgId}`;
    const read = () => rest(owner, `${path}&order=id`);
    const before = await read();

    const { status } = await rest(owner, path, { method, body: { details: {} } });

    expect(status).toBe(403);
    expect(await read()).toEqual(before);
  });
});

describe("an organisation", () => {
  test("is deleted by its owner, and by no admin", async () => {
    const admin = await createMember(owner, "admin");
    const path = `organizations?id=eq.${owner.orgId}`;

    expect((await rest(admin, path, { method: "DELETE" })).body).toEqual([]);
    expect((await rest(admin, path)).body).toHaveLength(1);
    expect((await rest(owner, path, { method: "DELETE" })).body).toHaveLength(1);

    expect((await rest(admin, path)).body).toEqual([]);
  });
});
