import { afterAll, describe, expect, test } from "vitest";
import { createTestDatabase, only } from "../support/test-database.ts";
import { createCast } from "./support/cast.ts";
import { fail } from "./support/queue.ts";
import { raisedBy, sqlStateOf } from "./support/rejection.ts";
import {
  claimTraining,
  createDocument,
  liftTrainingCap,
  queueTraining,
  readTrainingJob,
} from "./support/training.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);
await liftTrainingCap(db);

describe("enqueue_document_training", () => {
  test("makes the set Vault, the document's place in it, the job and its private half", async () => {
    const document = await createDocument(db, cast.orgId, { title: "Lease" });

    const { job, is_new } = await queueTraining(db, cast.editor, document);

    expect(is_new).toBe(true);
    expect(job).toMatchObject({
      org_id: cast.orgId,
      vault_document_id: document,
      status: "queued",
      trigger: "manual",
      attempts: 0,
      progress: 0,
      error_message: null,
    });
    const place = only(
      await db.query(
        `select training_set.name, doc.title, doc.id from public.mono_training_docs as doc
         join public.mono_training_sets as training_set on training_set.id = doc.training_set_id
         where doc.vault_document_id = $1`,
        [document],
      ),
    );
    expect(place).toEqual({ name: "Vault", title: "Lease", id: job.training_doc_id });
    const lease = await claimTraining(db, job.id);
    expect(lease).toMatchObject({
      org_id: cast.orgId,
      kind: "train_document",
      payload: { training_job_id: job.id, vault_document_id: document },
    });
  });

  test("returns the open job while there is one, waiting or held", async () => {
    const document = await createDocument(db, cast.orgId);
    const first = await queueTraining(db, cast.editor, document);

    const waiting = await queueTraining(db, cast.owner, document, { trigger: "auto" });
    await claimTraining(db, first.job.id);
    const held = await queueTraining(db, cast.editor, document);

    expect(waiting).toEqual({ job: first.job, is_new: false });
    expect(held).toMatchObject({
      job: { id: first.job.id, status: "processing" },
      is_new: false,
    });
    const count = only(
      await db.query(
        `select count(*)::integer as jobs from private.jobs where dedupe_key = $1`,
        [document],
      ),
    );
    expect(count).toEqual({ jobs: 1 });
  });

  test("queues a new job once the last one has ended, in the same place", async () => {
    const document = await createDocument(db, cast.orgId);
    const first = await queueTraining(db, cast.editor, document);
    await fail(db, await claimTraining(db, first.job.id), { is_permanent: true });

    const second = await queueTraining(db, cast.editor, document);

    expect(second.is_new).toBe(true);
    expect(second.job.id).not.toBe(first.job.id);
    expect(second.job.training_doc_id).toBe(first.job.training_doc_id);
    expect(await readTrainingJob(db, first.job.id)).toMatchObject({ status: "failed" });
  });

  test("takes a set named Vault that is there already", async () => {
    await db.query("delete from public.mono_training_sets where org_id = $1", [cast.orgId]);
    const { id } = only(
      await db.query<{ id: string }>(
        `insert into public.mono_training_sets (org_id, name, description)
         values ($1, 'Vault', 'Ours') returning id`,
        [cast.orgId],
      ),
    );
    const document = await createDocument(db, cast.orgId);

    const { job } = await queueTraining(db, cast.editor, document);

    const sets = await db.query(
      `select training_set.id, description from public.mono_training_sets as training_set
       join public.mono_training_docs as doc on doc.training_set_id = training_set.id
       where doc.id = $1`,
      [job.training_doc_id],
    );
    expect(sets).toEqual([{ id, description: "Ours" }]);
  });

  test("takes the named organisation, and asks for it when there are two", async () => {
    const document = await createDocument(db, cast.strangerOrgId);

    const raised = await raisedBy(queueTraining(db, cast.memberOfTwo, document));
    const { is_new } = await queueTraining(db, cast.memberOfTwo, document, {
      orgId: cast.strangerOrgId,
    });

    expect(raised).toMatchObject({ code: "ORG_REQUIRED", status: 400 });
    expect(is_new).toBe(true);
  });

  test.each(["owner", "admin", "editor"] as const)("lets %s train", async (role) => {
    const document = await createDocument(db, cast.orgId);

    expect((await queueTraining(db, cast[role], document)).is_new).toBe(true);
  });

  test.each(["viewer", "memberOfTwo"] as const)(
    "does not let %s train, and writes nothing",
    async (role) => {
      const document = await createDocument(db, cast.orgId);

      const raised = await raisedBy(
        queueTraining(db, cast[role], document, { orgId: cast.orgId }),
      );

      expect(raised).toMatchObject({ code: "ROLE_TOO_LOW", status: 403 });
      const docs = await db.query(
        "select from public.mono_training_docs where vault_document_id = $1",
        [document],
      );
      expect(docs).toHaveLength(0);
    },
  );

  test("does not tell a foreign document from a missing one", async () => {
    const foreign = await createDocument(db, cast.strangerOrgId);

    const raised = await raisedBy(queueTraining(db, cast.editor, foreign));
    const missing = await raisedBy(queueTraining(db, cast.editor, crypto.randomUUID()));

    expect(raised).toMatchObject({ code: "DOCUMENT_NOT_FOUND", status: 404 });
    expect(missing).toEqual(raised);
  });

  test("does not find a document of one's other organisation under this one", async () => {
    const document = await createDocument(db, cast.orgId);

    const raised = await raisedBy(
      queueTraining(db, cast.memberOfTwo, document, { orgId: cast.strangerOrgId }),
    );

    expect(raised.code).toBe("DOCUMENT_NOT_FOUND");
  });

  test("does not find a foreign organisation", async () => {
    const document = await createDocument(db, cast.orgId);

    const raised = await raisedBy(
      queueTraining(db, cast.stranger, document, { orgId: cast.orgId }),
    );

    expect(raised).toMatchObject({ code: "ORG_NOT_FOUND", status: 404 });
  });

  test.each([["x"], [""], [null]])("refuses the trigger %j", async (trigger) => {
    const document = await createDocument(db, cast.orgId);

    const raised = await raisedBy(queueTraining(db, cast.editor, document, { trigger }));

    expect(raised).toMatchObject({ code: "INVALID_REQUEST", status: 400 });
  });

  test.each(["anon", "service_role"] as const)("is not for %s", async (persona) => {
    const document = await createDocument(db, cast.orgId);

    expect(await sqlStateOf(queueTraining(db, persona, document))).toBe("42501");
  });
});
