import type { Persona, TestDatabase } from "../../support/test-database.ts";
import { only } from "../../support/test-database.ts";
import { addMember, createUser } from "../../support/personas.ts";

/** A user's id, of a persona that is one. */
export function idOf(persona: Persona): string {
  if (typeof persona === "string") throw new Error(`${persona} is no user`);
  return persona.userId;
}

/** A new member of the organisation with the given role. */
export async function createMember(
  db: TestDatabase,
  orgId: string,
  role: string,
): Promise<{ userId: string }> {
  const userId = await createUser(db);
  await addMember(db, orgId, userId, role);
  return { userId };
}

/** Role of a member; undefined for somebody who is none. */
export async function readRole(
  db: TestDatabase,
  orgId: string,
  persona: Persona,
): Promise<string | undefined> {
  const rows = await db.query<{ role: string }>(
    "select role from public.organization_members where org_id = $1 and user_id = $2",
    [orgId, idOf(persona)],
  );
  return rows[0]?.role;
}

/** Members of the organisation with the role owner. */
export async function countOwners(db: TestDatabase, orgId: string): Promise<number> {
  const rows = await db.query(
    "select from public.organization_members where org_id = $1 and role = 'owner'",
    [orgId],
  );
  return rows.length;
}

/** `set_member_role` as a browser calls it; returns the role that it answers. */
export async function setRole(
  db: TestDatabase,
  persona: Persona,
  orgId: string,
  member: Persona,
  role: string | null,
): Promise<string> {
  const rows = await db.as(
    persona,
    (client) =>
      client.query<{ role: string }>("select role from public.set_member_role($1, $2, $3)", [
        orgId,
        idOf(member),
        role,
      ]),
  );
  return only(rows).role;
}

/** `remove_member` as a browser calls it. */
export async function removeMember(
  db: TestDatabase,
  persona: Persona,
  orgId: string,
  member: Persona,
): Promise<void> {
  await db.as(
    persona,
    (client) => client.query("select public.remove_member($1, $2)", [orgId, idOf(member)]),
  );
}

/** `leave_organization` as a browser calls it. */
export async function leave(db: TestDatabase, persona: Persona, orgId: string): Promise<void> {
  await db.as(persona, (client) => client.query("select public.leave_organization($1)", [orgId]));
}

/** `transfer_ownership` as a browser calls it. */
export async function transfer(
  db: TestDatabase,
  persona: Persona,
  orgId: string,
  member: Persona,
): Promise<string> {
  const rows = await db.as(
    persona,
    (client) =>
      client.query<{ role: string }>("select role from public.transfer_ownership($1, $2)", [
        orgId,
        idOf(member),
      ]),
  );
  return only(rows).role;
}
