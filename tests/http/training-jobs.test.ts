import { beforeAll, describe, expect, test } from "vitest";
import { encodeCursor } from "../../shared/cursor.ts";
import { getJob, train, type TrainingJob, trainToEnd, waitForJob } from "../support/training.ts";
import {
  addDocument,
  adminOf,
  callFunction,
  createMember,
  createUser,
  type User,
} from "../support/user.ts";
import { expectError } from "./support/expect-error.ts";

const jobCount = 23;
let owner: User;
let stranger: User;
let documentId: string;
let otherDocumentId: string;

/** Jobs that have ended, queued at times that only just differ, and at the same. */
async function insertJobs(user: User, first: TrainingJob): Promise<void> {
  const jobs = Array.from({ length: jobCount - 1 }, (_, index) => ({
    org_id: user.orgId,
    training_doc_id: first.training_doc_id,
    vault_document_id: index % 3 === 0 ? otherDocumentId : documentId,
    status: index % 2 === 0 ? "failed" : "cancelled",
    trigger: "manual",
    // Two in one microsecond, two microseconds in one millisecond.
    queued_at: `2026-01-01T00:00:0${index % 5}.00012${index % 2}+00:00`,
    completed_at: new Date(Date.UTC(2026, 0, 2)).toISOString(),
  }));
  const { error } = await adminOf(user.stack).from("mono_training_jobs").insert(jobs);
  if (error) throw error;
}

beforeAll(async () => {
  [owner, stranger] = await Promise.all([createUser(), createUser()]);
  documentId = await addDocument(owner, "One passage.");
  otherDocumentId = await addDocument(owner, "Another passage.");
  await insertJobs(owner, await trainToEnd(owner, documentId));
});

interface Page {
  jobs: TrainingJob[];
  next_cursor: string | null;
}

async function list(user: User, query: Record<string, string> = {}): Promise<Page> {
  const answer = await callFunction(`training-library/jobs?${new URLSearchParams(query)}`, {
    user,
    method: "GET",
  });
  expect(answer.status, answer.text).toBe(200);
  return answer.body as unknown as Page;
}

async function walk(user: User, query: Record<string, string>): Promise<TrainingJob[][]> {
  const pages: TrainingJob[][] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const page = await list(user, { ...query, ...(cursor && { cursor }) });
    pages.push(page.jobs);
    cursor = page.next_cursor;
  }
  return pages;
}

function act(user: User, id: string, action: "retry" | "cancel") {
  return callFunction(`training-library/jobs/${id}/${action}`, { user });
}

describe("GET /training-library/jobs", () => {
  test("lists the jobs of the organisation, newest first", async () => {
    const { jobs, next_cursor } = await list(owner);

    expect(jobs).toHaveLength(jobCount);
    expect(next_cursor).toBeNull();
    const times = jobs.map(({ queued_at }) => Date.parse(queued_at));
    expect(times).toEqual(times.toSorted((a, b) => b - a));
    for (const { org_id } of jobs) expect(org_id).toBe(owner.orgId);
  });

  test.each(["1", "4", "7", "22", "23", "200"])(
    "walks through everything once in pages of %s",
    async (limit) => {
      const pages = await walk(owner, { limit });

      const all = await list(owner);
      expect(pages.flat()).toEqual(all.jobs);
      for (const page of pages.slice(0, -1)) expect(page).toHaveLength(Number(limit));
      expect(pages.at(-1)!.length).toBeGreaterThan(0);
    },
  );

  test("walks through what a filter leaves", async () => {
    const pages = await walk(owner, { status: "failed", vaultDocumentId: documentId, limit: "2" });

    const expected = (await list(owner)).jobs.filter((job) =>
      job.status === "failed" && job.vault_document_id === documentId
    );
    expect(expected.length).toBeGreaterThan(2);
    expect(pages.flat()).toEqual(expected);
  });

  test("filters by document, by status and by organisation", async () => {
    const byDocument = await list(owner, { vaultDocumentId: otherDocumentId });
    const byStatus = await list(owner, { status: "completed" });
    const byOrg = await list(owner, { orgId: owner.orgId });
    const byMissing = await list(owner, { vaultDocumentId: crypto.randomUUID() });

    expect(new Set(byDocument.jobs.map((job) => job.vault_document_id)))
      .toEqual(new Set([otherDocumentId]));
    expect(byStatus.jobs.map((job) => job.status)).toEqual(["completed"]);
    expect(byOrg.jobs).toHaveLength(jobCount);
    expect(byMissing.jobs).toEqual([]);
  });

  test("shows a viewer everything and a stranger nothing", async () => {
    const viewer = await createMember(owner, "viewer");

    const seen = await list(viewer);
    const own = await list(stranger, { vaultDocumentId: documentId });
    const foreign = await callFunction(`training-library/jobs?orgId=${owner.orgId}`, {
      user: stranger,
      method: "GET",
    });

    expect(seen.jobs).toHaveLength(jobCount);
    expect(own.jobs).toEqual([]);
    expectError(foreign, 404, "ORG_NOT_FOUND");
  });

  test("gives nothing away through a cursor of another organisation", async () => {
    const { next_cursor } = await list(owner, { limit: "5" });

    const page = await list(stranger, { cursor: next_cursor! });

    expect(page).toEqual({ jobs: [], next_cursor: null });
  });

  const id = crypto.randomUUID();
  test.each([
    ["limit", "0"],
    ["limit", "-1"],
    ["limit", "201"],
    ["limit", "1.5"],
    ["limit", "1e9"],
    ["limit", " 1"],
    ["limit", "ten"],
    ["limit", ""],
    ["status", "done"],
    ["status", "COMPLETED"],
    ["orgId", "x"],
    ["orgId", ""],
    ["vaultDocumentId", "1"],
    ["sort", "id"],
    ["cursor", ""],
    ["cursor", "x"],
    ["cursor", btoa("{}")],
    ["cursor", btoa("null")],
    ["cursor", "é"],
    ["cursor", encodeCursor({ at: "now()", id })],
    ["cursor", encodeCursor({ at: "0000-00-00T00:00:00Z", id })],
    ["cursor", encodeCursor({ at: "2026-02-30T00:00:00Z", id })],
    ["cursor", encodeCursor({ at: "2026-01-01T00:00:00+23:59", id })],
    ["cursor", encodeCursor({ at: '2026-01-01T00:00:00Z"),id.gt.(0', id })],
    ["cursor", encodeCursor({ at: "2026-01-01T00:00:00Z", id: "1),org_id.neq.(1" })],
  ])("refuses %s=%s", async (name, value) => {
    const answer = await callFunction(
      `training-library/jobs?${new URLSearchParams({ [name]: value })}`,
      { user: owner, method: "GET" },
    );

    expectError(answer, 400, "INVALID_REQUEST");
    expect(JSON.stringify(answer.body.details)).toContain(name);
  });
});

describe("POST /training-library/jobs/:id/cancel", () => {
  test("ends an open job, whose result is thrown away", async () => {
    const longId = await addDocument(owner, "A sentence of some length, again. ".repeat(6000));
    const job = await train(owner, longId);

    const answer = await act(owner, job.id, "cancel");

    expect(answer.status).toBe(200);
    expect(answer.body.job).toMatchObject({ id: job.id, status: "cancelled" });
    const { data } = await owner.client.from("mono_training_chunks").select("id")
      .eq("vault_document_id", longId);
    expect(data).toEqual([]);
    expect((await getJob(owner, job.id)).completed_at).not.toBeNull();
  });

  test("refuses a job that has ended", async () => {
    const job = await trainToEnd(owner, await addDocument(owner, "Short."));

    const answer = await act(owner, job.id, "cancel");

    expectError(answer, 409, "JOB_NOT_CANCELLABLE");
    expect((await getJob(owner, job.id)).status).toBe("completed");
  });
});

describe("POST /training-library/jobs/:id/retry", () => {
  test("queues a failed job again with all its attempts", async () => {
    const binaryId = await addDocument(owner, new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0, 1]));
    const job = await train(owner, binaryId);
    const failed = await waitForJob(owner, job.id, "failed");

    const answer = await act(owner, job.id, "retry");

    expect(answer.status).toBe(200);
    expect(answer.body.job).toMatchObject({
      id: job.id,
      status: "queued",
      attempts: 0,
      error_message: null,
      completed_at: null,
    });
    expect(failed.error_message).toMatch(/picture/);
    expect((await waitForJob(owner, job.id, "failed")).attempts).toBe(1);
  });

  test("queues a cancelled job again", async () => {
    const job = await train(
      owner,
      await addDocument(owner, "A sentence of some length, again. ".repeat(3000)),
    );
    await act(owner, job.id, "cancel");

    const answer = await act(owner, job.id, "retry");

    expect(answer.body.job).toMatchObject({ id: job.id, status: "queued" });
    await act(owner, job.id, "cancel");
  });

  test("refuses a completed job, and one whose document is being trained", async () => {
    const first = await trainToEnd(owner, await addDocument(owner, "Short."));
    const longId = await addDocument(owner, "A sentence of some length, again. ".repeat(3000));
    const cancelled = await train(owner, longId);
    await act(owner, cancelled.id, "cancel");
    const open = await train(owner, longId);

    const completed = await act(owner, first.id, "retry");
    const overtaken = await act(owner, cancelled.id, "retry");

    expectError(completed, 409, "JOB_NOT_RETRYABLE");
    expectError(overtaken, 409, "JOB_NOT_RETRYABLE");
    await act(owner, open.id, "cancel");
  });
});

describe.each(["retry", "cancel"] as const)("%s", (action) => {
  test("answers a foreign job like one that does not exist", async () => {
    const { jobs } = await list(owner, { status: "failed", limit: "1" });

    const foreign = await act(stranger, jobs[0]!.id, action);
    const missing = await act(stranger, crypto.randomUUID(), action);

    expectError(foreign, 404, "JOB_NOT_FOUND");
    expect(foreign.text).toBe(missing.text);
    expect(await getJob(owner, jobs[0]!.id)).toEqual(jobs[0]);
  });

  test("is not for viewers", async () => {
    const viewer = await createMember(owner, "viewer");
    const { jobs } = await list(owner, { status: "cancelled", limit: "1" });

    const answer = await act(viewer, jobs[0]!.id, action);

    expectError(answer, 403, "ROLE_TOO_LOW");
    expect(await getJob(owner, jobs[0]!.id)).toEqual(jobs[0]);
  });
});
