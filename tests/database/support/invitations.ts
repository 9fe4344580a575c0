import { only, type Persona, type TestDatabase } from "../../support/test-database.ts";

/** What the inviter is told, once. */
export interface Invitation extends Record<string, unknown> {
  invitation_id: string;
  token: string;
  expires_at: Date | string;
}

/** `invite_member` as a browser calls it. */
export async function invite(
  db: TestDatabase,
  persona: Persona,
  orgId: string,
  email: string | null,
  role: string | null = "viewer",
): Promise<Invitation> {
  const rows = await db.as(
    persona,
    (client) =>
      client.query<Invitation>("select * from public.invite_member($1, $2, $3)", [
        orgId,
        email,
        role,
      ]),
  );
  return only(rows);
}

/** `accept_invitation` as a browser calls it. */
export async function accept(
  db: TestDatabase,
  persona: Persona,
  token: string | null,
): Promise<{ org_id: string; role: string }> {
  const rows = await db.as(
    persona,
    (client) =>
      client.query<{ org_id: string; role: string }>(
        "select org_id, role from public.accept_invitation($1)",
        [token],
      ),
  );
  return only(rows);
}

/** `revoke_invitation` as a browser calls it. */
export async function revoke(db: TestDatabase, persona: Persona, id: string): Promise<void> {
  await db.as(persona, (client) => client.query("select public.revoke_invitation($1)", [id]));
}

/** Somebody with an account and a verified address, who belongs to nothing. */
export async function createInvitee(
  db: TestDatabase,
  { email = `${crypto.randomUUID()}@example.test`, isVerified = true, isAnonymous = false } = {},
): Promise<{ userId: string; email: string }> {
  const userId = crypto.randomUUID();
  await db.query(
    `insert into auth.users (id, email, email_confirmed_at, is_anonymous)
     values ($1, $2, case when $3 then now() end, $4)`,
    [userId, email, isVerified, isAnonymous],
  );
  return { userId, email };
}

/** State of an invitation as the database has it. */
export async function readStatus(db: TestDatabase, id: string): Promise<string> {
  const rows = await db.query<{ status: string }>(
    "select status from public.organization_invitations where id = $1",
    [id],
  );
  return only(rows).status;
}
