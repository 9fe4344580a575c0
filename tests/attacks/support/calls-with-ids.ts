import type { Member, Things } from "./team.ts";

/** A call that names something, and who may make it. */
export interface Call {
  name: string;
  method: string;
  path: (things: Things) => string;
  body?: (things: Things) => unknown;
  /** The lowest role that may, and what it is answered. */
  rightful: [Member, number];
  /** What a stranger is answered; with 200 it is what there is to see of nothing. */
  hidden: [number, string | null];
  /** It names no organisation, which a member of two has to. */
  needsOrg?: boolean;
}

const file = (rest = "") => ({ fileId }: Things) => `training-files/${fileId}${rest}`;
const noFile: Call["hidden"] = [404, "TRAINING_FILE_NOT_FOUND"];
const noOrg: Call["hidden"] = [404, "ORG_NOT_FOUND"];
const search = { query: "roof", mode: "text" };

/**
 * Every route that takes an id or an organisation. In this order, what one changes is not needed by
 * those after it.
 */
export const callsWithIds: Call[] = [
  ...[
    "",
    "/conversations",
    "/versions",
    "/versions/1/report",
    "/versions/1/manifest",
    "/versions/1/diff/1",
    "/download?format=json",
    "/download?format=alpaca",
    "/analytics",
    "/build",
  ].map((rest): Call => ({
    name: `a training file: GET ${rest || "itself"}`,
    method: "GET",
    path: file(rest),
    rightful: ["viewer", 200],
    hidden: noFile,
  })),
  {
    name: "the list of training files",
    method: "GET",
    path: ({ orgId }) => `training-files?orgId=${orgId}`,
    rightful: ["viewer", 200],
    hidden: noOrg,
  },
  {
    name: "a training file made for another organisation",
    method: "POST",
    path: () => "training-files",
    body: ({ orgId, otherConversationId }) => ({
      orgId,
      name: crypto.randomUUID(),
      conversation_ids: [otherConversationId],
    }),
    rightful: ["editor", 201],
    hidden: noOrg,
  },
  {
    name: "a training file made of another organisation's conversations",
    method: "POST",
    path: () => "training-files",
    body: ({ otherConversationId }) => ({
      name: crypto.randomUUID(),
      conversation_ids: [otherConversationId],
    }),
    rightful: ["editor", 201],
    hidden: [404, "CONVERSATION_NOT_FOUND"],
    needsOrg: true,
  },
  {
    name: "a preview of another organisation's conversations",
    method: "POST",
    path: () => "training-files/preview",
    body: ({ otherConversationId }) => ({ conversation_ids: [otherConversationId] }),
    rightful: ["viewer", 200],
    hidden: [404, "CONVERSATION_NOT_FOUND"],
    needsOrg: true,
  },
  {
    name: "a training file: PATCH",
    method: "PATCH",
    path: file(),
    body: () => ({ description: "theirs" }),
    rightful: ["editor", 200],
    hidden: noFile,
  },
  {
    name: "a training file: add",
    method: "POST",
    path: file("/add-conversations"),
    body: ({ otherConversationId }) => ({ conversation_ids: [otherConversationId] }),
    rightful: ["editor", 200],
    hidden: noFile,
  },
  {
    name: "a training file: remove",
    method: "POST",
    path: file("/remove-conversations"),
    body: ({ conversationId }) => ({ conversation_ids: [conversationId] }),
    rightful: ["editor", 200],
    hidden: noFile,
  },
  {
    name: "a training file: cancel its build",
    method: "POST",
    path: file("/build/cancel"),
    // There is none: who may cancel one is told so.
    rightful: ["editor", 409],
    hidden: noFile,
  },
  {
    name: "a training file: DELETE",
    method: "DELETE",
    path: file(),
    rightful: ["admin", 204],
    hidden: noFile,
  },
  {
    name: "the list of jobs",
    method: "GET",
    path: ({ orgId }) => `training-library/jobs?orgId=${orgId}`,
    rightful: ["viewer", 200],
    hidden: noOrg,
  },
  {
    name: "the jobs of a document",
    method: "GET",
    path: ({ documentId }) => `training-library/jobs?vaultDocumentId=${documentId}`,
    rightful: ["viewer", 200],
    hidden: [200, null],
    needsOrg: true,
  },
  {
    name: "a job: cancel",
    method: "POST",
    path: ({ jobId }) => `training-library/jobs/${jobId}/cancel`,
    rightful: ["editor", 200],
    hidden: [404, "JOB_NOT_FOUND"],
  },
  {
    name: "a job: retry",
    method: "POST",
    path: ({ jobId }) => `training-library/jobs/${jobId}/retry`,
    rightful: ["editor", 200],
    hidden: [404, "JOB_NOT_FOUND"],
  },
  {
    name: "the training of a document",
    method: "POST",
    path: () => "training-library/train-for-doc",
    body: ({ documentId }) => ({ vaultDocumentId: documentId }),
    // It is queued: the retry has done that.
    rightful: ["editor", 200],
    hidden: [404, "DOCUMENT_NOT_FOUND"],
    needsOrg: true,
  },
  {
    name: "the training of a document in another organisation",
    method: "POST",
    path: () => "training-library/train-for-doc",
    body: ({ orgId, documentId }) => ({ orgId, vaultDocumentId: documentId }),
    rightful: ["editor", 200],
    hidden: noOrg,
  },
  {
    name: "a search in another organisation",
    method: "POST",
    path: () => "search",
    body: ({ orgId }) => ({ ...search, orgId }),
    rightful: ["viewer", 200],
    hidden: noOrg,
  },
  {
    name: "a search in another organisation's document and project",
    method: "POST",
    path: () => "search",
    body: ({ documentId, projectId }) => ({
      ...search,
      vault_document_ids: [documentId],
      project_ids: [projectId],
    }),
    rightful: ["viewer", 200],
    hidden: [200, null],
    needsOrg: true,
  },
  {
    name: "the progress of a project",
    method: "GET",
    path: ({ projectId }) => `enrichment/projects/${projectId}/progress`,
    rightful: ["viewer", 200],
    hidden: [404, "PROJECT_NOT_FOUND"],
  },
  {
    name: "a crop: retry",
    method: "POST",
    path: ({ pointerId }) => `enrichment/pointers/${pointerId}/retry`,
    rightful: ["editor", 200],
    hidden: [404, "POINTER_NOT_FOUND"],
  },
  {
    name: "the crops of a project: retry",
    method: "POST",
    path: ({ projectId }) => `enrichment/projects/${projectId}/retry`,
    body: () => ({ status: "pending" }),
    rightful: ["editor", 200],
    hidden: [404, "PROJECT_NOT_FOUND"],
  },
];
