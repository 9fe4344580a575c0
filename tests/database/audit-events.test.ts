import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { createUser } from "../support/personas.ts";
import { createTestDatabase, type Persona } from "../support/test-database.ts";
import { type Cast, createCast, eachRole, roles, rowsFor } from "./support/cast.ts";
import { accept, createInvitee, invite, revoke } from "./support/invitations.ts";
import { createMember, idOf, leave, removeMember, setRole } from "./support/members.ts";
import { setQuota } from "./support/quotas.ts";
import { raisedBy, sqlStateOf } from "./support/rejection.ts";
import { createProject } from "./support/drawings.ts";
import { createDocument } from "./support/training.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
let cast: Cast;
beforeEach(async () => {
  cast = await createCast(db);
});

interface AuditEvent extends Record<string, unknown> {
  actor: string;
  actor_id: string | null;
  action: string;
  subject_id: string;
  details: Record<string, unknown>;
}

function eventsOf(orgId: string, action = "%"): Promise<AuditEvent[]> {
  return db.query<AuditEvent>(
    `select actor, actor_id, action, subject_id, details from public.audit_events
     where org_id = $1 and action like $2 order by id`,
    [orgId, action],
  );
}

const byUser = (persona: Persona) => ({ actor: "user", actor_id: idOf(persona) });

describe("audit_events", () => {
  test.each(eachRole("owner", "admin"))("%s %s read them", async (verdict, role) => {
    const rows = await rowsFor(
      db,
      cast[role],
      "select 1 from public.audit_events where org_id = $1 limit 1",
      [cast.orgId],
    );

    expect(rows).toBe(verdict === "lets" ? 1 : 0);
  });

  test.each([...roles, "service_role" as const].flatMap((role) =>
    [
      [
        role,
        "insert",
        `insert into public.audit_events (org_id, actor, action, subject_id)
         values (gen_random_uuid(), 'system', 'member.added', gen_random_uuid())`,
      ],
      [role, "update", "update public.audit_events set details = '{}'"],
      [role, "delete", "delete from public.audit_events"],
      [role, "truncate", "truncate public.audit_events"],
    ] as const
  ))("keep %s from an %s", async (role, _, statement) => {
    const persona = role === "service_role" ? role : cast[role];

    expect(await sqlStateOf(db.as(persona, (client) => client.query(statement)))).toBe("42501");
  });

  test.each([
    "update public.audit_events set actor_id = null, actor = 'system'",
    "delete from public.audit_events",
    "delete from public.audit_events where created_at < now() - interval '399 days'",
    "truncate public.audit_events",
  ])("are not changed by an operator's %s", async (statement) => {
    await db.query(
      `insert into public.audit_events (org_id, actor, action, subject_id, created_at)
       values ($1, 'system', 'member.added', $1, now() - interval '399 days 1 hour')`,
      [cast.orgId],
    );

    expect(await raisedBy(db.query(statement))).toMatchObject({ code: "METHOD_NOT_ALLOWED" });
  });

  test("are forgotten after 400 days", async () => {
    const orgId = crypto.randomUUID();
    for (const days of [399, 401]) {
      await db.query(
        `insert into public.audit_events (org_id, actor, action, subject_id, details, created_at)
         values ($1, 'system', 'member.added', $1, $2, now() - make_interval(days => $3))`,
        [orgId, JSON.stringify({ days }), days],
      );
    }

    await db.query("select private.delete_old_audit_events()");

    expect((await eventsOf(orgId)).map(({ details }) => details)).toEqual([{ days: 399 }]);
  });

  test("tell who made and renamed the organisation", async () => {
    await db.as(
      cast.admin,
      (client) =>
        client.query("update public.organizations set name = 'Newer' where id = $1", [cast.orgId]),
    );

    expect(await eventsOf(cast.orgId, "organization.%")).toEqual([
      {
        ...byUser(cast.owner),
        action: "organization.created",
        subject_id: cast.orgId,
        details: { name: "Acme" },
      },
      {
        ...byUser(cast.admin),
        action: "organization.renamed",
        subject_id: cast.orgId,
        details: { from: "Acme", to: "Newer" },
      },
    ]);
  });

  test("do not tell of a name that is written again", async () => {
    await db.as(
      cast.admin,
      (client) =>
        client.query("update public.organizations set name = name where id = $1", [cast.orgId]),
    );

    expect(await eventsOf(cast.orgId, "organization.renamed")).toEqual([]);
  });

  test("tell who changed a role, removed somebody, and left", async () => {
    const member = await createMember(db, cast.orgId, "viewer");
    await setRole(db, cast.admin, cast.orgId, member, "editor");
    await setRole(db, cast.admin, cast.orgId, member, "editor");
    await removeMember(db, cast.owner, cast.orgId, member);
    await leave(db, cast.viewer, cast.orgId);

    const events = (await eventsOf(cast.orgId, "member.%")).filter(({ subject_id }) =>
      [idOf(member), idOf(cast.viewer)].includes(subject_id)
    );

    expect(events).toEqual([
      {
        actor: "system",
        actor_id: null,
        action: "member.added",
        subject_id: idOf(cast.viewer),
        details: { role: "viewer" },
      },
      {
        actor: "system",
        actor_id: null,
        action: "member.added",
        subject_id: idOf(member),
        details: { role: "viewer" },
      },
      {
        ...byUser(cast.admin),
        action: "member.role_changed",
        subject_id: idOf(member),
        details: { from: "viewer", to: "editor" },
      },
      {
        ...byUser(cast.owner),
        action: "member.removed",
        subject_id: idOf(member),
        details: { role: "editor" },
      },
      {
        ...byUser(cast.viewer),
        action: "member.left",
        subject_id: idOf(cast.viewer),
        details: { role: "viewer" },
      },
    ]);
  });

  test("tell what the service role writes past the functions", async () => {
    const userId = await createUser(db);

    await db.as(
      "service_role",
      (client) =>
        client.query("insert into public.organization_members values ($1, $2, 'viewer')", [
          cast.orgId,
          userId,
        ]),
    );

    const events = await eventsOf(cast.orgId, "member.added");
    expect(events.find(({ subject_id }) => subject_id === userId)?.actor).toBe("service_role");
  });

  test("tell the story of an invitation, without its address and token", async () => {
    const invitee = await createInvitee(db);
    const first = await invite(db, cast.admin, cast.orgId, invitee.email);
    await revoke(db, cast.owner, first.invitation_id);
    const second = await invite(db, cast.admin, cast.orgId, invitee.email, "editor");
    await accept(db, invitee, second.token);

    const events = await eventsOf(cast.orgId, "invitation.%");

    expect(events).toEqual([
      [cast.admin, "created", first.invitation_id, "viewer"] as const,
      [cast.owner, "revoked", first.invitation_id, "viewer"] as const,
      [cast.admin, "created", second.invitation_id, "editor"] as const,
      [invitee, "accepted", second.invitation_id, "editor"] as const,
    ].map(([persona, done, subject_id, role]) => ({
      ...byUser(persona),
      action: `invitation.${done}`,
      subject_id,
      details: { role },
    })));
    const text = JSON.stringify(await eventsOf(cast.orgId));
    for (const secret of [invitee.email, first.token, second.token]) {
      expect(text).not.toContain(secret);
    }
  });

  test("tell who changed a quota", async () => {
    await setQuota(db, cast.orgId, "rows", 5);
    await db.as(
      "service_role",
      (client) =>
        client.query("delete from public.organization_quotas where org_id = $1", [cast.orgId]),
    );

    expect(await eventsOf(cast.orgId, "quota.%")).toMatchObject([
      { actor: "service_role", details: { quota: "rows", to: 5 } },
      { actor: "service_role", details: { quota: "rows", to: null, is_default: true } },
    ]);
  });

  test("outlive the account of whoever acted", async () => {
    const member = await createMember(db, cast.orgId, "admin");
    await setRole(db, member, cast.orgId, cast.viewer, "editor");

    await db.query("delete from auth.users where id = $1", [idOf(member)]);

    expect(await eventsOf(cast.orgId, "member.role_changed")).toMatchObject([byUser(member)]);
    expect(await eventsOf(cast.orgId, "member.removed")).toMatchObject([
      { actor: "system", subject_id: idOf(member) },
    ]);
  });

  test.each<[string, string, string, Record<string, unknown>[]]>([
    [
      "document",
      `insert into public.vault_documents (id, org_id, title, storage_path, mime_type)
       values ($2, $1, 'Thing', $1 || '/' || $2 || '/x.md', 'text/markdown')`,
      "update public.vault_documents set title = 'Other', language = 'german' where id = $2",
      [{ title: "Thing", language: null, revision: 1 }, {
        title: "Other",
        language: "german",
        revision: 2,
      }],
    ],
    [
      "training_set",
      `insert into public.mono_training_sets (org_id, name, description)
       values ($1, 'Thing', 'Some.')`,
      `update public.mono_training_sets set reads_scans = true, description = 'Any.'
       where org_id = $1 and name = 'Thing'`,
      [{ reads_scans: false }, { reads_scans: true }],
    ],
    [
      "project",
      "insert into public.projects (id, org_id, name) values ($2, $1, 'Thing')",
      "update public.projects set name = 'Other' where id = $2",
      [{ name: "Thing" }, { name: "Other" }],
    ],
  ])("tell who made and changed a %s, and what", async (what, insert, update, [from, to]) => {
    const id = crypto.randomUUID();
    const fill = (statement: string) =>
      statement.replaceAll("$1", `'${cast.orgId}'::uuid`).replaceAll("$2", `'${id}'::uuid`);
    await db.as(cast.editor, (client) => client.query(fill(insert)));
    await db.as(cast.admin, (client) => client.query(fill(update)));

    const [made, changed, ...further] = await eventsOf(cast.orgId, `${what}.%`);

    expect(made).toMatchObject({
      ...byUser(cast.editor),
      action: `${what}.created`,
      details: { name: "Thing" },
    });
    expect(changed).toMatchObject({ ...byUser(cast.admin), action: `${what}.changed` });
    expect(changed!.subject_id).toBe(made!.subject_id);
    expect(changed!.details).toEqual({ name: to!.title ?? to!.name ?? "Thing", from, to });
    expect(further).toEqual([]);
  });

  test("tell of a document whose file was replaced", async () => {
    const id = await createDocument(db, cast.orgId);

    await db.as(cast.editor, (client) =>
      client.query(
        "update public.vault_documents set storage_path = storage_path where id = $1",
        [id],
      ));

    expect(await eventsOf(cast.orgId, "document.changed")).toMatchObject([
      { subject_id: id, details: { from: { revision: 1 }, to: { revision: 2 } } },
    ]);
  });

  test("take the longest titles", async () => {
    const id = await createDocument(db, cast.orgId, { title: "\u{1f600}".repeat(500) });

    await db.query(
      "update public.vault_documents set title = repeat(U&'\\+01F601', 500) where id = $1",
      [
        id,
      ],
    );

    expect(await eventsOf(cast.orgId, "document.changed")).toHaveLength(1);
  });

  test("tell nothing of what the engine writes", async () => {
    const id = await createDocument(db, cast.orgId);

    await db.query(
      "update public.vault_documents set chunk_generation = 1001, trained_revision = 1 where id = $1",
      [id],
    );

    expect(await eventsOf(cast.orgId, "document.changed")).toEqual([]);
  });

  test.each([
    [
      "document",
      "vault_documents",
      "title",
      `insert into public.vault_documents (id, org_id, title, storage_path, mime_type)
       values ($2, $1, 'Thing', $1 || '/' || $2 || '/x.md', 'text/markdown')`,
    ],
    [
      "training_set",
      "mono_training_sets",
      "name",
      "insert into public.mono_training_sets (id, org_id, name) values ($2, $1, 'Thing')",
    ],
    [
      "training_file",
      "training_files",
      "name",
      "insert into public.training_files (id, org_id, name) values ($2, $1, 'Thing')",
    ],
    [
      "project",
      "projects",
      "name",
      "insert into public.projects (id, org_id, name) values ($2, $1, 'Thing')",
    ],
  ])("tell which %s was deleted", async (what, table, _, insert) => {
    const id = crypto.randomUUID();
    await db.query(
      insert.replaceAll("$1", `'${cast.orgId}'::uuid`).replaceAll("$2", `'${id}'::uuid`),
    );

    await db.transaction(async (client) => {
      await client.query("select set_config('request.jwt.claim.sub', $1, true)", [
        idOf(cast.admin),
      ]);
      await client.query(`delete from public.${table} where id = $1`, [id]);
    });

    expect(await eventsOf(cast.orgId, `${what}.deleted`)).toEqual([{
      ...byUser(cast.admin),
      action: `${what}.deleted`,
      subject_id: id,
      details: { name: "Thing" },
    }]);
  });

  test("tell which conversation an admin deleted", async () => {
    const id = crypto.randomUUID();
    await db.as(
      cast.editor,
      (client) =>
        client.query(
          "insert into public.conversations (id, org_id, conversation_id) values ($1, $2, $1)",
          [id, cast.orgId],
        ),
    );

    await db.as(
      cast.admin,
      (client) => client.query("delete from public.conversations where id = $1", [id]),
    );

    expect(await eventsOf(cast.orgId, "conversation.deleted")).toMatchObject([
      { ...byUser(cast.admin), subject_id: id, details: { name: id } },
    ]);
  });

  test("tell of nothing that was not deleted in the end", async () => {
    const id = await createProject(db, cast.editor, cast.orgId);

    await db.as(
      cast.editor,
      (client) => client.query("delete from public.projects where id = $1", [id]),
    );

    expect(await eventsOf(cast.orgId, "project.deleted")).toEqual([]);
  });

  test("tell the end of an organisation in one line, which stays", async () => {
    await createProject(db, cast.editor, cast.orgId);
    const before = (await eventsOf(cast.orgId)).length;

    await db.as(
      cast.owner,
      (client) => client.query("delete from public.organizations where id = $1", [cast.orgId]),
    );

    const events = await eventsOf(cast.orgId);
    expect(events).toHaveLength(before + 1);
    expect(events.at(-1)).toEqual({
      ...byUser(cast.owner),
      action: "organization.deleted",
      subject_id: cast.orgId,
      details: { name: "Acme" },
    });
  });
});
