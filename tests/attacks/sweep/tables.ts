import type { Person } from "./people.ts";
import { spare, type World } from "./world.ts";

/** Who may do what with a table or view; what is not said here, nobody may. */
export interface TableAccess {
  /** The lowest rank that sees the organisation's rows; the backend alone by `service`. */
  reads: Person;
  /** No table: what nobody may write is refused before a right is asked for. */
  isView?: true;
  /** Sees its own rows alone: nobody sees another's, of whatever rank. */
  isOwn?: true;
  /** Columns to read, where not all may be. */
  columns?: string;
  /** The column that tells whose a row is, if it is not `org_id`. */
  org?: string;
  inserts?: { by: Person; row: (world: World) => object | Promise<object> };
  updates?: { by: Person; change: object };
  deletes?: { by: Person };
  /** Finds the row to change and delete, where no user inserts one; a PostgREST filter. */
  find?: (world: World) => Promise<string>;
}

const readOnly: TableAccess = { reads: "viewer" };
const readView: TableAccess = { reads: "viewer", isView: true };
const backendView: TableAccess = { reads: "service", isView: true };

/** A table of the organisation's own: editors write, admins delete. */
function ours(
  row: (world: World) => object | Promise<object>,
  change: object = { name: "Changed" },
): TableAccess {
  return {
    reads: "viewer",
    inserts: { by: "editor", row },
    updates: { by: "editor", change },
    deletes: { by: "admin" },
  };
}

const key = () => `key_${crypto.randomUUID().replaceAll("-", "_")}`;

/** Every table and view of schema `public`, by its name. */
export const tables: Record<string, TableAccess> = {
  audit_events: { reads: "admin" },
  batch_items: ours(
    async ({ orgId, users }) => {
      const { data } = await users.editor.client.from("batch_jobs").insert({ org_id: orgId })
        .select("id").single().throwOnError();
      return { org_id: orgId, batch_job_id: data.id };
    },
    { status: "processing" },
  ),
  batch_jobs: ours(({ orgId }) => ({ org_id: orgId }), { status: "processing" }),
  conversation_snapshots: { reads: "service" },
  conversations: ours(
    ({ orgId }) => ({ org_id: orgId, conversation_id: crypto.randomUUID() }),
    { enrichment_status: "enrichment_in_progress" },
  ),
  disciplines: ours(({ projectId }) => ({ project_id: projectId, name: crypto.randomUUID() })),
  document_progress: readView,
  embedding_models: backendView,
  embedding_switches: backendView,
  emotional_arcs: ours(({ orgId }) => ({ org_id: orgId, emotional_arc_key: key(), name: "Arc" })),
  experience_files: {
    ...ours(
      ({ projectId }) => ({ project_id: projectId, path: `${key()}.md` }),
      { content: "Changed" },
    ),
    deletes: { by: "editor" },
  },
  job_dead: backendView,
  job_health: backendView,
  job_lanes: backendView,
  job_stats: backendView,
  mono_training_chunks: readOnly,
  mono_training_docs: {
    reads: "viewer",
    inserts: {
      by: "editor",
      row: async (world) => ({
        training_set_id: await spare.trainingSet(world),
        vault_document_id: world.documentId,
      }),
    },
    deletes: { by: "editor" },
  },
  mono_training_jobs: readOnly,
  mono_training_sets: ours(({ orgId }) => ({ org_id: orgId, name: crypto.randomUUID() })),
  organization_invitations: { reads: "admin" },
  organization_members: readOnly,
  organization_quotas: readOnly,
  organizations: {
    reads: "viewer",
    org: "id",
    find: async (world) => `id=eq.${await spare.organization(world)}`,
    updates: { by: "admin", change: { name: "Changed" } },
    deletes: { by: "owner" },
  },
  pages: ours(
    ({ projectId }) => ({ project_id: projectId, page_name: crypto.randomUUID() }),
    { page_name: "Changed" },
  ),
  personas: ours(({ orgId }) => ({ org_id: orgId, persona_key: key(), name: "Persona" })),
  pointer_links: readView,
  pointers: ours(
    ({ orgId, projectId, pageId }) => {
      const id = crypto.randomUUID();
      return {
        id,
        page_id: pageId,
        title: "Gutter",
        png_path: `${orgId}/${projectId}/${id}.png`,
      };
    },
    { title: "Changed" },
  ),
  project_progress: readView,
  projects: ours(({ orgId }) => ({ org_id: orgId, name: crypto.randomUUID() })),
  sessions: {
    reads: "viewer",
    isOwn: true,
    inserts: {
      by: "viewer",
      row: ({ projectId }) => ({ project_id: projectId, session_type: "workspace" }),
    },
    updates: { by: "viewer", change: { status: "idle" } },
    deletes: { by: "viewer" },
  },
  training_artifacts: readOnly,
  training_file_conversations: readOnly,
  training_file_sources: readOnly,
  training_file_versions: { reads: "viewer", columns: "id,org_id,training_file_id,version,state" },
  training_files: readOnly,
  training_topics: ours(({ orgId }) => ({
    org_id: orgId,
    training_topic_key: key(),
    name: "Topic",
  })),
  usage_daily: readView,
  usage_events: readOnly,
  vault_documents: ours(
    ({ orgId }) => {
      const id = crypto.randomUUID();
      return {
        id,
        org_id: orgId,
        title: "Handbook",
        storage_path: `${orgId}/${id}/handbook.md`,
        mime_type: "text/markdown",
      };
    },
    { title: "Changed" },
  ),
};
