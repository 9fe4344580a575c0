import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { createUser } from "../support/personas.ts";
import { createTestDatabase, type Persona } from "../support/test-database.ts";
import { type Cast, createCast } from "./support/cast.ts";
import { createPage, createPointer, createProject } from "./support/drawings.ts";
import {
  documentName,
  exceeded,
  readUsed,
  retryAfterOf,
  setBaseQuota,
  setQuota,
} from "./support/quotas.ts";
import { raisedBy, sqlStateOf } from "./support/rejection.ts";
import { createDocument } from "./support/training.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
let cast: Cast;
beforeEach(async () => {
  cast = await createCast(db);
});

function upload(persona: Persona, bucket: string, name: string) {
  return db.as(
    persona,
    (client) =>
      client.query("insert into storage.objects (bucket_id, name) values ($1, $2)", [bucket, name]),
  );
}

describe("the quota of rows", () => {
  test("takes what fits, refuses the next, and takes it again after a deletion", async () => {
    await setQuota(db, cast.orgId, "rows", 2);
    const first = await createDocument(db, cast.orgId);
    await createDocument(db, cast.orgId);

    const raised = await raisedBy(createDocument(db, cast.orgId));

    expect(raised).toMatchObject(exceeded("rows", 2));
    expect(await readUsed(db, cast.owner, cast.orgId, "rows")).toBe(2);
    await db.as(
      cast.admin,
      (client) => client.query("delete from public.vault_documents where id = $1", [first]),
    );
    await expect(createDocument(db, cast.orgId)).resolves.toBeDefined();
  });

  test("says nothing of waiting, which would not help", async () => {
    await setQuota(db, cast.orgId, "rows", 0);

    expect(await retryAfterOf(createDocument(db, cast.orgId))).toBeNull();
  });

  test("is one for documents, drawings and conversations, and for whoever writes", async () => {
    const project = await createProject(db, cast.editor, cast.orgId);
    const page = await createPage(db, cast.editor, project);
    await setQuota(db, cast.orgId, "rows", 7);

    const conversation = (persona: Persona) =>
      db.as(persona, (client) =>
        client.query(
          "insert into public.conversations (org_id, conversation_id) values ($1, $2)",
          [cast.orgId, crypto.randomUUID()],
        ));

    expect(await raisedBy(createPointer(db, cast.editor, page))).toMatchObject(exceeded("rows", 7));
    expect(await raisedBy(conversation(cast.editor))).toMatchObject(exceeded("rows", 7));
    expect(await raisedBy(conversation("service_role"))).toMatchObject(exceeded("rows", 7));
  });

  test("counts off whatever a deletion takes along", async () => {
    const project = await createProject(db, cast.editor, cast.orgId);
    const page = await createPage(db, cast.editor, project);
    await createPointer(db, cast.editor, page);
    expect(await readUsed(db, cast.owner, cast.orgId, "rows")).toBe(8);

    await db.as(
      cast.admin,
      (client) => client.query("delete from public.projects where id = $1", [project]),
    );

    expect(await readUsed(db, cast.owner, cast.orgId, "rows")).toBe(0);
  });

  test("counts nothing of a statement that is rolled back or writes nothing", async () => {
    await db.query(
      `insert into public.mono_training_sets (org_id, name) values ($1, 'Vault')
       on conflict do nothing`,
      [cast.orgId],
    );
    for (let again = 0; again < 2; again++) {
      await db.query(
        `insert into public.mono_training_sets (org_id, name) values ($1, 'Vault')
         on conflict do nothing`,
        [cast.orgId],
      );
    }
    await db.transaction(async (client) => {
      await client.query("insert into public.projects (org_id, name) values ($1, 'x')", [
        cast.orgId,
      ]);
      throw new Error("roll back");
    }).catch(() => undefined);

    expect(await readUsed(db, cast.owner, cast.orgId, "rows")).toBe(1);
  });

  test("of one organisation is not another's", async () => {
    await setQuota(db, cast.orgId, "rows", 0);

    await expect(createDocument(db, cast.strangerOrgId)).resolves.toBeDefined();
  });
});

describe("the quotas of objects and bytes", () => {
  test("let an editor upload until they are used up, in all buckets together", async () => {
    await setQuota(db, cast.orgId, "objects", 2);
    const id = crypto.randomUUID();

    await upload(cast.editor, "documents", documentName(cast.orgId));
    await upload(cast.editor, "pointer-crops", `${cast.orgId}/${id}/${id}.png`);

    const more = upload(cast.editor, "documents", documentName(cast.orgId));
    expect(await sqlStateOf(more)).toBe("42501");
    await setQuota(db, cast.orgId, "objects", 3);
    await expect(upload(cast.editor, "documents", documentName(cast.orgId))).resolves.toBeDefined();
  });

  test("count what others have uploaded, and no other organisation's", async () => {
    await setQuota(db, cast.orgId, "objects", 1);
    await db.query(
      "insert into storage.objects (bucket_id, name) values ('documents', $1), ('documents', $2)",
      [documentName(cast.strangerOrgId), `${cast.orgId.slice(0, -1)}/x`],
    );

    await upload(cast.owner, "documents", documentName(cast.orgId));

    const more = upload(cast.editor, "documents", documentName(cast.orgId));
    expect(await sqlStateOf(more)).toBe("42501");
  });

  test("count bytes as the platform has them", async () => {
    await setQuota(db, cast.orgId, "bytes", 1000);
    const store = (size: number) =>
      db.query(
        "insert into storage.objects (bucket_id, name, metadata) values ('documents', $1, $2)",
        [documentName(cast.orgId), JSON.stringify({ size })],
      );

    await store(999);
    await expect(upload(cast.editor, "documents", documentName(cast.orgId))).resolves.toBeDefined();
    await store(1);

    const more = upload(cast.editor, "documents", documentName(cast.orgId));
    expect(await sqlStateOf(more)).toBe("42501");
  });

  test("of a user's own folder are those of everybody", async () => {
    const userId = await createUser(db);
    const name = () => `${userId}/${crypto.randomUUID()}/enriched.json`;
    const uploadMine = () => upload({ userId }, "conversation-files", name());
    await setBaseQuota(db, "objects", 1);

    await expect(uploadMine()).resolves.toBeDefined();
    expect(await sqlStateOf(uploadMine())).toBe("42501");

    await setBaseQuota(db, "objects", 50_000);
    await expect(uploadMine()).resolves.toBeDefined();
  });

  test("without a limit let everything in", async () => {
    await setQuota(db, cast.orgId, "objects", null);
    await setQuota(db, cast.orgId, "bytes", null);

    await expect(upload(cast.editor, "documents", documentName(cast.orgId))).resolves.toBeDefined();
  });
});
