import type { ErrorCode } from "../../../shared/errors.ts";
import type { Person } from "./people.ts";
import { spare, type World } from "./world.ts";

/** Who may call something, and what the others are told. */
export interface CallAccess {
  /** The lowest rank that is let in, or the only one who is. */
  by: Person;
  /** What a stranger is told of what is not theirs. */
  stranger?: ErrorCode;
  /** Makes the call: everybody sends the same. */
  call: (world: World) => Call | Promise<Call>;
}

/** A path below `/functions/v1` and a body. */
export interface Call {
  path: string;
  body?: unknown;
}

const notYours = { stranger: "TRAINING_FILE_NOT_FOUND" } as const;
const file = (rest: string) => ({ fileId }: World) => ({
  path: `/training-files/${fileId}${rest}`,
});

/** Every route, by method and path. */
export const routes: Record<string, CallAccess> = {
  "GET /enrichment/projects/:id/progress": {
    by: "viewer",
    stranger: "PROJECT_NOT_FOUND",
    call: ({ projectId }) => ({ path: `/enrichment/projects/${projectId}/progress` }),
  },
  "POST /enrichment/pointers/:id/retry": {
    by: "editor",
    stranger: "POINTER_NOT_FOUND",
    call: ({ pointerId }) => ({ path: `/enrichment/pointers/${pointerId}/retry` }),
  },
  "POST /enrichment/projects/:id/retry": {
    by: "editor",
    stranger: "PROJECT_NOT_FOUND",
    call: ({ projectId }) => ({ path: `/enrichment/projects/${projectId}/retry`, body: {} }),
  },
  "GET /process-jobs/models": {
    by: "cron",
    call: () => ({ path: "/process-jobs/models" }),
  },
  "POST /process-jobs": {
    by: "cron",
    call: () => ({ path: "/process-jobs", body: { wait: true, max_jobs: 1 } }),
  },
  "POST /search": {
    by: "viewer",
    stranger: "ORG_NOT_FOUND",
    call: ({ orgId }) => ({ path: "/search", body: { orgId, query: "holiday" } }),
  },
  "GET /training-files": {
    by: "viewer",
    stranger: "ORG_NOT_FOUND",
    call: ({ orgId }) => ({ path: `/training-files?orgId=${orgId}` }),
  },
  "POST /training-files": {
    by: "editor",
    stranger: "ORG_NOT_FOUND",
    call: ({ orgId, conversationIds }) => ({
      path: "/training-files",
      body: { orgId, name: crypto.randomUUID(), conversation_ids: conversationIds },
    }),
  },
  "POST /training-files/preview": {
    by: "viewer",
    stranger: "CONVERSATION_NOT_FOUND",
    call: ({ conversationIds }) => ({
      path: "/training-files/preview",
      body: { conversation_ids: conversationIds },
    }),
  },
  "GET /training-files/:id": { by: "viewer", ...notYours, call: file("") },
  "PATCH /training-files/:id": {
    by: "editor",
    ...notYours,
    call: (world) => ({ ...file("")(world), body: { description: "Changed" } }),
  },
  "DELETE /training-files/:id": {
    by: "admin",
    ...notYours,
    call: async (world) => ({ path: `/training-files/${await spare.file(world)}` }),
  },
  "GET /training-files/:id/conversations": {
    by: "viewer",
    ...notYours,
    call: file("/conversations"),
  },
  "POST /training-files/:id/add-conversations": {
    by: "editor",
    ...notYours,
    call: async (world) => ({
      ...file("/add-conversations")(world),
      body: { conversation_ids: [await spare.conversation(world)] },
    }),
  },
  "POST /training-files/:id/remove-conversations": {
    by: "editor",
    ...notYours,
    call: async (world) => ({
      path: `/training-files/${await spare.file(world)}/remove-conversations`,
      body: { conversation_ids: world.conversationIds.slice(0, 1) },
    }),
  },
  "GET /training-files/:id/versions": { by: "viewer", ...notYours, call: file("/versions") },
  "GET /training-files/:id/versions/:version/report": {
    by: "viewer",
    ...notYours,
    call: file("/versions/1/report"),
  },
  "GET /training-files/:id/versions/:version/manifest": {
    by: "viewer",
    ...notYours,
    call: file("/versions/1/manifest"),
  },
  "GET /training-files/:id/versions/:a/diff/:b": {
    by: "viewer",
    ...notYours,
    call: file("/versions/1/diff/1"),
  },
  "GET /training-files/:id/download": {
    by: "viewer",
    ...notYours,
    call: file("/download?format=openai"),
  },
  "GET /training-files/:id/analytics": { by: "viewer", ...notYours, call: file("/analytics") },
  "GET /training-files/:id/build": { by: "viewer", ...notYours, call: file("/build") },
  "POST /training-files/:id/build/cancel": {
    by: "editor",
    ...notYours,
    call: async (world) => ({
      path: `/training-files/${await spare.buildingFile(world)}/build/cancel`,
    }),
  },
  "GET /training-library/jobs": {
    by: "viewer",
    stranger: "ORG_NOT_FOUND",
    call: ({ orgId }) => ({ path: `/training-library/jobs?orgId=${orgId}` }),
  },
  "POST /training-library/train-for-doc": {
    by: "editor",
    stranger: "ORG_NOT_FOUND",
    call: async (world) => ({
      path: "/training-library/train-for-doc",
      body: { orgId: world.orgId, vaultDocumentId: await spare.document(world) },
    }),
  },
  "POST /training-library/jobs/:id/retry": {
    by: "editor",
    stranger: "JOB_NOT_FOUND",
    call: async (world) => ({
      path: `/training-library/jobs/${await spare.cancelledJob(world)}/retry`,
    }),
  },
  "POST /training-library/jobs/:id/cancel": {
    by: "editor",
    stranger: "JOB_NOT_FOUND",
    call: async (world) => ({
      path: `/training-library/jobs/${await spare.queuedJob(world)}/cancel`,
    }),
  },
};
