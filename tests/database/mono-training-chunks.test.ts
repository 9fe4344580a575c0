import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestDatabase } from "../support/test-database.ts";
import { createCast, eachRole, type Role, roles, rowsFor } from "./support/cast.ts";
import { raisedBy, sqlStateOf } from "./support/rejection.ts";
import {
  addChunks,
  chunk,
  claimTraining,
  complete,
  createDocument,
  liftTrainingCap,
  queueTraining,
  train,
} from "./support/training.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);
let document: string;

beforeAll(async () => {
  await liftTrainingCap(db);
  document = await createDocument(db, cast.orgId);
  await train(db, cast.editor, document, [chunk(0), chunk(1)]);
});

function visibleTo(role: Role): Promise<number> {
  return rowsFor(
    db,
    cast[role],
    "select 1 from public.mono_training_chunks where vault_document_id = $1",
    [document],
  );
}

describe("mono_training_chunks", () => {
  test.each(eachRole("owner", "admin", "editor", "viewer", "memberOfTwo"))(
    "%s %s read the chunks of a document",
    async (verdict, role) => {
      expect(await visibleTo(role)).toBe(verdict === "lets" ? 2 : 0);
    },
  );

  test("hides another organisation's chunks from a query without a filter", async () => {
    const own = await createDocument(db, cast.strangerOrgId);
    await train(db, cast.stranger, own, [chunk(0)]);

    const rows = await db.as(
      cast.stranger,
      (client) =>
        client.query<{ id: string }>(
          "select vault_document_id as id from public.mono_training_chunks",
        ),
    );

    expect(rows).toEqual([{ id: own }]);
  });

  test.each(roles.flatMap((role) =>
    [
      [role, "insert", "insert into public.mono_training_chunks (content) values ('x')"],
      [role, "update", "update public.mono_training_chunks set content = 'x' where true"],
      [role, "delete", "delete from public.mono_training_chunks where true"],
    ] satisfies [Role, string, string][]
  ))("keeps %s from an %s", async (role, _, statement) => {
    const work = db.as(cast[role], (client) => client.query(statement));

    expect(await sqlStateOf(work)).toBe("42501");
  });

  test("shows the old generation until the new one is complete, never a mixture", async () => {
    const { job } = await queueTraining(db, cast.editor, document);
    const lease = await claimTraining(db, job.id);

    await addChunks(db, lease, [chunk(0), chunk(1), chunk(2)]);
    expect(await visibleTo("viewer")).toBe(2);

    await complete(db, lease, { chunkCount: 3 });
    expect(await visibleTo("viewer")).toBe(3);
  });

  test("refuses a chunk without content, order or extent", async () => {
    const { job } = await queueTraining(db, cast.editor, document);
    const lease = await claimTraining(db, job.id);

    for (
      const broken of [{ content: "" }, { ordinal: -1 }, { start_offset: -1 }, {
        start_offset: 5,
        end_offset: 5,
      }]
    ) {
      expect(await raisedBy(addChunks(db, lease, [chunk(0, broken)]))).toMatchObject({
        code: "INVALID_REQUEST",
        details: { sqlstate: "23514" },
      });
    }
  });

  test("refuses a vector without length, whose distance to anything is no number", async () => {
    const { job } = await queueTraining(
      db,
      cast.editor,
      await createDocument(db, cast.orgId),
    );
    const lease = await claimTraining(db, job.id);

    const work = addChunks(db, lease, [
      chunk(0, { embedding: JSON.stringify(Array(1024).fill(0)) }),
    ]);

    expect(await raisedBy(work)).toMatchObject({ details: { sqlstate: "23514" } });
  });

  test("refuses a vector of another dimension", async () => {
    const { job } = await queueTraining(
      db,
      cast.editor,
      await createDocument(db, cast.orgId),
    );
    const lease = await claimTraining(db, job.id);

    const work = addChunks(db, lease, [chunk(0, { embedding: "[1,2,3]" })]);

    expect(await raisedBy(work)).toMatchObject({ details: { sqlstate: "22000" } });
  });
});
