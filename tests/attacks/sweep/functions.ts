import type { CallAccess } from "./routes.ts";
import { spare, type World } from "./world.ts";

/** A function that users may call; the call is its arguments. */
export interface FunctionAccess extends Omit<CallAccess, "call"> {
  args: (world: World) => Record<string, unknown> | Promise<Record<string, unknown>>;
}

const ofOrg = { stranger: "ORG_NOT_FOUND" } as const;
const ofFile = { stranger: "TRAINING_FILE_NOT_FOUND" } as const;
/** What only the backend calls: its arguments are made of their types. */
const backend = "backend" as const;

/** Every function of schema `public`, by its name. */
export const functions: Record<string, FunctionAccess | typeof backend> = {
  accept_invitation: {
    by: "invitee",
    stranger: "INVITATION_NOT_FOUND",
    args: async (world) => ({ token: (await spare.invitation(world, true)).token }),
  },
  add_default_experience: {
    by: "editor",
    stranger: "PROJECT_NOT_FOUND",
    args: ({ projectId }) => ({ p_project_id: projectId }),
  },
  add_document_chunks: backend,
  add_page_reading: backend,
  add_pointer_reading: backend,
  add_reembedded_chunks: backend,
  add_training_artifact: backend,
  add_training_file_conversations: {
    by: "editor",
    ...ofFile,
    args: async (world) => ({
      p_training_file_id: await spare.file(world),
      p_conversation_ids: [await spare.conversation(world)],
    }),
  },
  add_wasted_usage: backend,
  audit_installation: backend,
  cancel_embedding_switches: backend,
  cancel_jobs: backend,
  cancel_training_file_build: {
    by: "editor",
    ...ofFile,
    args: async (world) => ({ p_training_file_id: await spare.buildingFile(world) }),
  },
  cancel_training_job: {
    by: "editor",
    stranger: "JOB_NOT_FOUND",
    args: async (world) => ({ p_training_job_id: await spare.queuedJob(world) }),
  },
  claim_jobs: backend,
  claim_lane_requests: backend,
  claim_question: { by: "viewer", ...ofOrg, args: ({ orgId }) => ({ p_org_id: orgId }) },
  claim_training_file_build: backend,
  complete_document_job: backend,
  complete_jobs: backend,
  complete_pointer_job: backend,
  complete_rebuild_job: backend,
  complete_reembed_job: backend,
  complete_sweep_job: backend,
  complete_training_file_build: backend,
  // Whoever is signed in may make one.
  create_organization: { by: "stranger", args: () => ({ name: "Acme" }) },
  create_training_file: {
    by: "editor",
    ...ofOrg,
    args: ({ orgId, conversationIds }) => ({
      p_org_id: orgId,
      p_name: crypto.randomUUID(),
      p_conversation_ids: conversationIds,
    }),
  },
  defer_document_job: backend,
  defer_jobs: backend,
  delete_training_file: {
    by: "admin",
    ...ofFile,
    args: async (world) => ({ p_training_file_id: await spare.file(world) }),
  },
  drain_workers: backend,
  enqueue_document_training: {
    by: "editor",
    ...ofOrg,
    args: async (world) => ({
      p_org_id: world.orgId,
      p_vault_document_id: await spare.document(world),
    }),
  },
  enqueue_jobs: backend,
  enqueue_object_deletion: backend,
  fail_jobs: backend,
  fail_training_file_build: backend,
  get_conversation_snapshots: backend,
  get_org_id: { by: "viewer", ...ofOrg, args: ({ orgId }) => ({ p_org_id: orgId }) },
  get_pointer_source: backend,
  get_training_file_entries: backend,
  heartbeat_jobs: backend,
  heartbeat_training_file_build: backend,
  invite_member: {
    by: "admin",
    ...ofOrg,
    args: ({ orgId }) => ({ org_id: orgId, email: "friend@example.test", role: "viewer" }),
  },
  is_scan_reading_allowed: backend,
  leave_organization: {
    by: "viewer",
    ...ofOrg,
    args: async (world) => ({ org_id: await spare.organization(world) }),
  },
  list_conversation_paths: {
    by: "viewer",
    ...ofOrg,
    args: ({ orgId, conversationIds }) => ({
      p_org_id: orgId,
      p_conversation_ids: conversationIds,
    }),
  },
  list_due_objects: backend,
  list_embedded_hashes: backend,
  list_page_readings: backend,
  list_quotas: { by: "viewer", ...ofOrg, args: ({ orgId }) => ({ p_org_id: orgId }) },
  list_reembed_chunks: backend,
  pause_lane: backend,
  release_jobs: backend,
  remove_member: {
    by: "admin",
    ...ofOrg,
    args: async (world) => ({ org_id: world.orgId, user_id: await spare.member(world) }),
  },
  remove_training_file_conversations: {
    by: "editor",
    ...ofFile,
    args: async (world) => ({
      p_training_file_id: await spare.file(world),
      p_conversation_ids: world.conversationIds.slice(0, 1),
    }),
  },
  retry_dead_jobs: backend,
  retry_pointer: {
    by: "editor",
    stranger: "POINTER_NOT_FOUND",
    args: ({ pointerId }) => ({ p_pointer_id: pointerId }),
  },
  retry_project_pointers: {
    by: "editor",
    stranger: "PROJECT_NOT_FOUND",
    args: ({ projectId }) => ({ p_project_id: projectId }),
  },
  retry_training_job: {
    by: "editor",
    stranger: "JOB_NOT_FOUND",
    args: async (world) => ({ p_training_job_id: await spare.cancelledJob(world) }),
  },
  revoke_invitation: {
    by: "admin",
    stranger: "INVITATION_NOT_FOUND",
    args: async (world) => ({ id: (await spare.invitation(world)).id }),
  },
  search_knowledge: {
    by: "viewer",
    ...ofOrg,
    args: ({ orgId }) => ({ p_org_id: orgId, p_query: "holiday", p_mode: "text" }),
  },
  set_member_role: {
    by: "admin",
    ...ofOrg,
    args: async (world) => ({
      org_id: world.orgId,
      user_id: await spare.member(world),
      role: "editor",
    }),
  },
  switch_embedding_model: backend,
  transfer_ownership: {
    by: "owner",
    ...ofOrg,
    args: async (world) => ({
      org_id: await spare.organization(world),
      user_id: world.users.viewer.id,
    }),
  },
  update_lane: backend,
  update_lane_start: backend,
  update_training_file: {
    by: "editor",
    ...ofFile,
    args: ({ fileId }) => ({ p_training_file_id: fileId, p_changes: { description: "Changed" } }),
  },
  validate_installation: backend,
};
