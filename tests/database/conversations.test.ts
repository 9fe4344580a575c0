import { afterAll, describe, expect, test } from "vitest";
import { createTestDatabase, only } from "../support/test-database.ts";
import { createCast, eachRole, rowsFor } from "./support/cast.ts";
import { raisedBy, sqlStateOf } from "./support/rejection.ts";
import { createConversation, createPublished } from "./support/training-files.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);
const editor = cast.editor as { userId: string };

describe("conversations", () => {
  test.each(eachRole("owner", "admin", "editor", "viewer", "memberOfTwo"))(
    "%s %s see one",
    async (verdict, role) => {
      const id = await createConversation(db, cast.orgId, editor);

      const rows = await rowsFor(
        db,
        cast[role],
        "select 1 from public.conversations where conversation_id = $1",
        [id],
      );

      expect(rows).toBe(verdict === "lets" ? 1 : 0);
    },
  );

  test.each(eachRole("owner", "admin", "editor"))(
    "%s %s insert one",
    async (verdict, role) => {
      const work = db.as(
        cast[role],
        (client) =>
          client.query(
            "insert into public.conversations (org_id, conversation_id) values ($1, $2)",
            [
              cast.orgId,
              crypto.randomUUID(),
            ],
          ),
      );

      if (verdict === "lets") await expect(work).resolves.toBeDefined();
      else expect(await sqlStateOf(work)).toBe("42501");
    },
  );

  test.each(eachRole("owner", "admin", "editor"))(
    "%s %s update one",
    async (verdict, role) => {
      const id = await createConversation(db, cast.orgId, editor);

      const rows = await rowsFor(
        db,
        cast[role],
        `update public.conversations set enrichment_status = 'not_started'
         where conversation_id = $1 returning 1`,
        [id],
      );

      expect(rows).toBe(verdict === "lets" ? 1 : 0);
    },
  );

  test.each(eachRole("owner", "admin"))("%s %s delete one", async (verdict, role) => {
    const id = await createConversation(db, cast.orgId, editor);

    const rows = await rowsFor(
      db,
      cast[role],
      "delete from public.conversations where conversation_id = $1 returning 1",
      [id],
    );

    expect(rows).toBe(verdict === "lets" ? 1 : 0);
  });

  test("have one id once in an organisation, and again in another", async () => {
    const id = crypto.randomUUID();
    const insert = (orgId: string) =>
      db.query("insert into public.conversations (org_id, conversation_id) values ($1, $2)", [
        orgId,
        id,
      ]);
    await insert(cast.orgId);

    expect(await sqlStateOf(insert(cast.orgId))).toBe("23505");
    await expect(insert(cast.strangerOrgId)).resolves.toEqual([]);
  });

  test.each(["created_by", "org_id", "conversation_id", "id"])(
    "do not change their %s",
    async (column) => {
      const id = await createConversation(db, cast.orgId, editor);

      const work = db.as(cast.owner, (client) =>
        client.query(
          `update public.conversations set ${column} = ${column} where conversation_id = $1`,
          [id],
        ));

      expect(await sqlStateOf(work)).toBe("42501");
    },
  );

  test("do not take scaffolding of another organisation", async () => {
    const { id } = only(
      await db.query<{ id: string }>(
        `insert into public.personas (org_id, persona_key, name) values ($1, 'theirs', 'Theirs')
         returning id`,
        [cast.strangerOrgId],
      ),
    );
    const conversation = await createConversation(db, cast.orgId, editor);

    const work = db.as(
      cast.editor,
      (client) =>
        client.query("update public.conversations set persona_id = $1 where conversation_id = $2", [
          id,
          conversation,
        ]),
    );

    expect(await sqlStateOf(work)).toBe("23503");
  });

  test("that a file is made of stay", async () => {
    const id = await createConversation(db, cast.orgId, editor);
    await createPublished(db, cast.editor, cast.orgId, [id]);

    const work = db.as(
      cast.admin,
      (client) => client.query("delete from public.conversations where conversation_id = $1", [id]),
    );

    expect(await sqlStateOf(work)).toBe("23503");
  });

  test("keep their path when their user is gone, and take no other", async () => {
    const userId = crypto.randomUUID();
    await db.query("insert into auth.users (id, email) values ($1, $2)", [
      userId,
      `${userId}@example.test`,
    ]);
    await db.query(
      `insert into public.organization_members (org_id, user_id, role) values ($1, $2, 'editor')`,
      [cast.orgId, userId],
    );
    const id = await createConversation(db, cast.orgId, { userId });

    await db.query("delete from auth.users where id = $1", [userId]);

    const path = `${userId}/${id}/enriched.json`;
    const kept = await db.query(
      `update public.conversations set enrichment_status = 'completed', enriched_file_path = $1
       where conversation_id = $2 returning created_by, enriched_file_path`,
      [path, id],
    );
    expect(kept).toEqual([{ created_by: null, enriched_file_path: path }]);
    const forged = db.as(cast.editor, (client) =>
      client.query(
        "update public.conversations set enriched_file_path = $1 where conversation_id = $2",
        [`${editor.userId}/${crypto.randomUUID()}/enriched.json`, id],
      ));
    expect(await sqlStateOf(forged)).toBe("PGRST");
  });

  test("do not take a path from the service role without saying whose", async () => {
    const work = db.as("service_role", (client) =>
      client.query(
        `insert into public.conversations (org_id, conversation_id, enriched_file_path)
         values ($1, $2, $3)`,
        [cast.orgId, crypto.randomUUID(), `${editor.userId}/any/enriched.json`],
      ));

    expect(await sqlStateOf(work)).toBe("PGRST");
  });
});

describe("a conversation that is too large", () => {
  test("is refused with its size before a build begins", async () => {
    const id = await createConversation(db, cast.orgId, editor, { sizeBytes: 8388609 });
    const exact = await createConversation(db, cast.orgId, editor, { sizeBytes: 8388608 });

    const raised = await raisedBy(createPublished(db, cast.editor, cast.orgId, [exact, id]));

    expect(raised).toMatchObject({
      code: "CONVERSATION_TOO_LARGE",
      status: 413,
      details: [{ conversation_id: id, size_bytes: 8388609, limit_bytes: 8388608 }],
    });
  });
});
