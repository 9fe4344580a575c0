import type { SqlClient } from "../../local/database/sql-client.ts";
import { only, type Persona, type TestDatabase } from "./test-database.ts";

/** An organisation with one member of each role, and somebody who belongs to another. */
export interface Personas {
  orgId: string;
  owner: Persona;
  admin: Persona;
  editor: Persona;
  viewer: Persona;
  stranger: Persona;
  strangerOrgId: string;
}

/** Makes a fresh set of personas; tests of one file do not see each other's rows. */
export async function createPersonas(db: TestDatabase): Promise<Personas> {
  const [owner, admin, editor, viewer, stranger] = await Promise.all(
    Array.from({ length: 5 }, () => createUser(db)),
  );
  const orgId = await createOrganization(db, owner!);
  const strangerOrgId = await createOrganization(db, stranger!);
  for (
    const [member, role] of [[admin, "admin"], [editor, "editor"], [viewer, "viewer"]] as const
  ) {
    await addMember(db, orgId, member!, role);
  }
  return {
    orgId,
    owner: { userId: owner! },
    admin: { userId: admin! },
    editor: { userId: editor! },
    viewer: { userId: viewer! },
    stranger: { userId: stranger! },
    strangerOrgId,
  };
}

/** A user as the auth service leaves one; returns the id. */
export async function createUser(db: SqlClient): Promise<string> {
  const id = crypto.randomUUID();
  await db.query("insert into auth.users (id, email) values ($1, $2)", [id, `${id}@example.test`]);
  return id;
}

/** Makes an organisation as its owner would; returns the id. */
export async function createOrganization(db: TestDatabase, ownerId: string): Promise<string> {
  const rows = await db.as(
    { userId: ownerId },
    (client) =>
      client.query<{ id: string }>("select id from public.create_organization($1)", ["Acme"]),
  );
  return only(rows).id;
}

export async function addMember(
  db: SqlClient,
  orgId: string,
  userId: string,
  role: string,
): Promise<void> {
  await db.query(
    "insert into public.organization_members (org_id, user_id, role) values ($1, $2, $3)",
    [orgId, userId, role],
  );
}
