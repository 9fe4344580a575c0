import { beforeAll, describe, expect, test } from "vitest";
import { callWorker } from "../support/call-worker.ts";
import { addCrop, createDrawing, waitForCrop } from "../support/crops.ts";
import { callFunction, createMember, createUser, type User } from "../support/user.ts";
import { expectError } from "./support/expect-error.ts";

let owner: User;
let viewer: User;
let stranger: User;
let drawing: { projectId: string; pageId: string };
let failedId: string;

beforeAll(async () => {
  [owner, stranger] = await Promise.all([createUser(), createUser()]);
  viewer = await createMember(owner, "viewer");
  drawing = await createDrawing(owner);
  failedId = await addCrop(owner, drawing, { bytes: null });
  await callWorker(owner.stack, { kinds: ["enrich_pointer"] });
  await waitForCrop(owner, failedId);
}, 60_000);

const progress = (user: User, id = drawing.projectId) =>
  callFunction(`enrichment/projects/${id}/progress`, { user, method: "GET" });
const retry = (user: User, id = failedId) =>
  callFunction(`enrichment/pointers/${id}/retry`, { user, method: "POST" });
const retryAll = (user: User, body: unknown = {}, id = drawing.projectId) =>
  callFunction(`enrichment/projects/${id}/retry`, { user, body });

describe("GET /enrichment/projects/:id/progress", () => {
  test("counts the crops by status, for viewers too", async () => {
    const { status, body } = await progress(viewer);

    expect(status).toBe(200);
    expect(body).toEqual({ pending: 0, processing: 0, complete: 0, failed: 1, total: 1 });
  });

  test("tells a stranger that there is no such project", async () => {
    expectError(await progress(stranger), 404, "PROJECT_NOT_FOUND");
    expectError(await progress(owner, crypto.randomUUID()), 404, "PROJECT_NOT_FOUND");
    expectError(await progress(owner, "x"), 400, "INVALID_REQUEST");
  });
});

describe("POST /enrichment/pointers/:id/retry", () => {
  test("is refused to viewers and strangers", async () => {
    expectError(await retry(viewer), 403, "ROLE_TOO_LOW");
    expectError(await retry(stranger), 404, "POINTER_NOT_FOUND");
    expectError(await retry(owner, "x"), 400, "INVALID_REQUEST");
  });

  test("queues the crop and answers with its row, without the vector", async () => {
    const { status, body } = await retry(owner);

    expect(status).toBe(200);
    expect(body.pointer).toMatchObject({
      id: failedId,
      project_id: drawing.projectId,
      enrichment_status: "pending",
    });
    expect(body.pointer).not.toHaveProperty("embedding");
  });
});

describe("POST /enrichment/projects/:id/retry", () => {
  test("says how many it has queued", async () => {
    const { status, body } = await retryAll(owner, { status: "complete" });

    expect(status).toBe(200);
    expect(body).toEqual({ queued: 0 });
  });

  test("is refused to viewers and strangers, and for what is no status", async () => {
    expectError(await retryAll(viewer), 403, "ROLE_TOO_LOW");
    expectError(await retryAll(stranger), 404, "PROJECT_NOT_FOUND");
    expectError(await retryAll(owner, { status: "lost" }), 400, "INVALID_REQUEST");
    expectError(await retryAll(owner, { other: 1 }), 400, "INVALID_REQUEST");
  });
});
