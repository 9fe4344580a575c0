import { beforeAll, describe, expect, test } from "vitest";
import { getJob, waitForJob } from "../support/training.ts";
import {
  addDocument,
  addMember,
  adminOf,
  callFunction,
  createMember,
  createOrganization,
  createUser,
  signUp,
  type User,
} from "../support/user.ts";
import { expectError } from "./support/expect-error.ts";

const text = "# Leave\n\nEverybody has thirty days of holiday.\n";
let owner: User;
let stranger: User;

beforeAll(async () => {
  [owner, stranger] = await Promise.all([createUser(), createUser()]);
});

function call(user: User, body: Record<string, unknown>) {
  return callFunction("training-library/train-for-doc", { user, body });
}

async function countJobs({ stack, orgId }: User): Promise<number> {
  const { count } = await adminOf(stack).from("mono_training_jobs")
    .select("*", { count: "exact", head: true }).eq("org_id", orgId);
  return count ?? -1;
}

describe("POST /training-library/train-for-doc", () => {
  test("queues a training and answers with the job's row", async () => {
    const vaultDocumentId = await addDocument(owner, text);

    const { status, body } = await call(owner, { vaultDocumentId });

    expect(status).toBe(202);
    expect(body).toEqual({
      job: {
        id: expect.any(String),
        org_id: owner.orgId,
        training_doc_id: expect.any(String),
        vault_document_id: vaultDocumentId,
        status: "queued",
        trigger: "manual",
        error_message: null,
        attempts: 0,
        progress: 0,
        queued_at: expect.any(String),
        started_at: null,
        completed_at: null,
      },
      message: expect.any(String),
    });
  });

  test("ends with chunks that cover the document", async () => {
    const vaultDocumentId = await addDocument(owner, text);

    const { body } = await call(owner, { vaultDocumentId, trigger: "auto" });

    const job = await waitForJob(owner, (body.job as { id: string }).id, "completed");
    expect(job).toMatchObject({ trigger: "auto", progress: 1, attempts: 1, error_message: null });
    expect(Date.parse(job.completed_at!)).toBeGreaterThanOrEqual(Date.parse(job.started_at!));
    const chunks = await owner.client.from("mono_training_chunks").select("content, token_count")
      .eq("vault_document_id", vaultDocumentId);
    expect(chunks.data?.map(({ content }) => content).join("")).toContain("thirty days");
  });

  test("opens one job for five requests at once", async () => {
    const vaultDocumentId = await addDocument(owner, text);

    const answers = await Promise.all(
      Array.from({ length: 5 }, () => call(owner, { vaultDocumentId })),
    );

    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 202]);
    expect(new Set(answers.map(({ body }) => (body.job as { id: string }).id)).size).toBe(1);
  });

  test("opens a new job once the last one has ended", async () => {
    const vaultDocumentId = await addDocument(owner, text);
    const first = await call(owner, { vaultDocumentId });
    const { id } = first.body.job as { id: string };
    await waitForJob(owner, id, "completed");

    const second = await call(owner, { vaultDocumentId });

    expect(second.status).toBe(202);
    expect((second.body.job as { id: string }).id).not.toBe(id);
    expect((await getJob(owner, id)).status).toBe("completed");
  });

  test("takes a document whose id is a uuid of no version", async () => {
    const id = `${crypto.randomUUID().slice(0, 14)}0000-0000-000000000000`;
    const vaultDocumentId = await addDocument(owner, text, { id });

    const { status, body } = await call(owner, { vaultDocumentId });

    expect(status).toBe(202);
    await waitForJob(owner, (body.job as { id: string }).id, "completed");
  });

  test("answers a foreign document like one that does not exist", async () => {
    const foreignId = await addDocument(stranger, text);
    const before = await countJobs(stranger);

    const foreign = await call(owner, { vaultDocumentId: foreignId });
    const missing = await call(owner, { vaultDocumentId: crypto.randomUUID() });

    expectError(foreign, 404, "DOCUMENT_NOT_FOUND");
    expect(foreign.text).toBe(missing.text);
    expect(await countJobs(stranger)).toBe(before);
  });

  test("answers a foreign organisation like one that does not exist", async () => {
    const foreignId = await addDocument(stranger, text);

    const answers = [
      await call(owner, { vaultDocumentId: foreignId, orgId: stranger.orgId }),
      await call(owner, { vaultDocumentId: foreignId, orgId: crypto.randomUUID() }),
      await call(stranger, { vaultDocumentId: foreignId, orgId: owner.orgId }),
    ];

    for (const answer of answers) expectError(answer, 404, "ORG_NOT_FOUND");
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  });

  test("lets an editor train and keeps a viewer from it", async () => {
    const vaultDocumentId = await addDocument(owner, text);
    const [viewer, editor] = await Promise.all([
      createMember(owner, "viewer"),
      createMember(owner, "editor"),
    ]);
    const before = await countJobs(owner);

    const refused = await call(viewer, { vaultDocumentId });
    const between = await countJobs(owner);
    const allowed = await call(editor, { vaultDocumentId });

    expectError(refused, 403, "ROLE_TOO_LOW");
    expect(refused.body.details).toEqual({ role: "viewer", required_role: "editor" });
    expect(between).toBe(before);
    expect(allowed.status).toBe(202);
  });
});

describe("orgId", () => {
  test("has to be given by a member of two organisations", async () => {
    const user = await createUser();
    const secondOrgId = await createOrganization(user);
    const vaultDocumentId = await addDocument({ ...user, orgId: secondOrgId }, text);

    const without = await call(user, { vaultDocumentId });
    const wrong = await call(user, { vaultDocumentId, orgId: user.orgId });
    const right = await call(user, { vaultDocumentId, orgId: secondOrgId });

    expectError(without, 400, "ORG_REQUIRED");
    const { org_ids } = without.body.details as { org_ids: string[] };
    expect(org_ids.toSorted()).toEqual([user.orgId, secondOrgId].toSorted());
    expectError(wrong, 404, "DOCUMENT_NOT_FOUND");
    expect(right.status).toBe(202);
  });

  test("is asked for by the role in the organisation that is meant", async () => {
    const user = await createUser();
    await addMember(user, owner.orgId, "viewer");
    const vaultDocumentId = await addDocument(owner, text);

    const answer = await call(user, { vaultDocumentId, orgId: owner.orgId });

    expectError(answer, 403, "ROLE_TOO_LOW");
  });

  test("is of no use to somebody who belongs to none", async () => {
    const nobody = { ...await signUp(owner.stack), orgId: owner.orgId };

    const without = await call(nobody, { vaultDocumentId: crypto.randomUUID() });
    const foreign = await call(nobody, {
      vaultDocumentId: crypto.randomUUID(),
      orgId: owner.orgId,
    });

    expectError(without, 404, "ORG_NOT_FOUND");
    expectError(foreign, 404, "ORG_NOT_FOUND");
  });
});
