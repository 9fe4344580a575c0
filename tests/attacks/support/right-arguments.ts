import { only, type TestDatabase } from "../../support/test-database.ts";
import type { Cast } from "../../database/support/cast.ts";
import * as drawings from "../../database/support/drawings.ts";
import { createQueue, type Lease } from "../../database/support/queue.ts";
import * as files from "../../database/support/training-files.ts";
import {
  chunk,
  claimTraining,
  createDocument,
  queueTraining,
} from "../../database/support/training.ts";
import type { Odd } from "./odd-values.ts";

/** Arguments by parameter, as text. */
export type Arguments = Record<string, Odd>;

const usage = { provider: "p", model: "m", input_tokens: 1, output_tokens: 1 };
const embedding = JSON.stringify([1, ...Array(1023).fill(0)]);
const filter = { job_ids: ["1"], org_id: crypto.randomUUID(), lane: "l", kind: "k", code: "c" };

/**
 * Right arguments for the functions in the API, so that an odd one among them gets as far as it can:
 * a function's own win over those that are common to all.
 */
export async function prepareArguments(
  db: TestDatabase,
  cast: Cast,
): Promise<(functionName: string) => Arguments> {
  const common = {
    p_org_id: cast.orgId,
    org_id: cast.orgId,
    name: "Acme",
    email: "friend@example.test",
    role: "viewer",
    user_id: (cast.viewer as { userId: string }).userId,
    p_min_role: "viewer",
    p_name: "File",
    p_options: "{}",
    p_embedding_model: "m",
    p_model: "m",
    p_embedding: embedding,
    p_query: "roof",
    p_mode: "hybrid",
    p_sources: "{chunk,pointer}",
    p_worker_id: "worker",
    p_source_hash: "h",
    p_bucket: "training-files",
    p_path: "a/v1/x.json",
    p_delay: "1 hour",
    p_status: "failed",
    p_trigger: "manual",
  };
  const own: Record<string, Arguments> = {
    ...await jobArguments(db, cast),
    ...await documentArguments(db, cast),
    ...await cropArguments(db, cast),
    ...await fileArguments(db, cast),
  };
  return (functionName) => ({ ...common, ...own[functionName] });
}

async function jobArguments(db: TestDatabase, cast: Cast): Promise<Record<string, Arguments>> {
  const queue = await createQueue(db, cast.orgId);
  await queue.enqueue("a");
  const { job_id, lease_token } = only(await queue.claim() as (Lease & Record<string, unknown>)[]);
  const refs = (more: object) => JSON.stringify([{ job_id, lease_token, ...more }]);
  const failure = { code: "X", message: "m", usage };
  const lane = { p_lane: queue.lane };
  const job = {
    org_id: cast.orgId,
    lane: queue.lane,
    kind: queue.kind,
    dedupe_key: "b",
    input_hash: "h",
    payload: {},
    priority: 1,
    visible_at: "2026-01-01T00:00:00Z",
    max_attempts: 3,
    est_tokens: 1,
  };
  return {
    enqueue_jobs: { p_jobs: JSON.stringify([job]) },
    heartbeat_jobs: { p_refs: refs({ progress: 0.5 }) },
    complete_jobs: { p_refs: refs({ usage }) },
    fail_jobs: { p_refs: refs({ ...failure, is_permanent: false, retry_after: 1 }) },
    defer_jobs: { p_refs: refs(failure), p_scope: "lane", p_retry_after: "1" },
    add_wasted_usage: { p_refs: refs({ lease_token: crypto.randomUUID(), usage }) },
    retry_dead_jobs: { p_filter: JSON.stringify(filter) },
    cancel_jobs: { p_filter: JSON.stringify(filter) },
    pause_lane: lane,
    claim_lane_requests: { ...lane, p_request_count: "1", p_token_count: "1" },
    update_lane_start: { ...lane, p_max_in_flight: "1" },
    update_lane: {
      ...lane,
      p_changes: '{"max_in_flight": 1, "requests_per_minute": 1, "tokens_per_minute": 1}',
    },
  };
}

function toLease({ job_id, lease_token }: Lease, usages: object = usage): Arguments {
  return { p_job_id: job_id, p_lease_token: lease_token, p_usage: JSON.stringify(usages) };
}

async function documentArguments(db: TestDatabase, cast: Cast): Promise<Record<string, Arguments>> {
  const documentId = await createDocument(db, cast.orgId);
  const { job } = await queueTraining(db, cast.owner, documentId);
  const lease = toLease(await claimTraining(db, job.id));
  const chunks = [{ ...chunk(0), metadata: {}, language: "english" }];
  const copies = [{ ordinal: 0, content_hash: "h", embedding }];
  const document = { p_vault_document_id: documentId };
  return {
    enqueue_document_training: document,
    is_scan_reading_allowed: document,
    list_page_readings: document,
    list_embedded_hashes: { ...document, p_content_hashes: "{a}" },
    cancel_training_job: { p_training_job_id: job.id },
    retry_training_job: { p_training_job_id: job.id },
    add_document_chunks: { ...lease, p_chunks: JSON.stringify(chunks) },
    complete_document_job: { ...lease, p_revision: "1", p_chunk_count: "0" },
    defer_document_job: { ...lease, p_lane: "pass2" },
    add_page_reading: { ...lease, p_page: "1", p_content: "t" },
    list_reembed_chunks: lease,
    add_reembedded_chunks: { ...lease, p_chunks: JSON.stringify(copies) },
    complete_reembed_job: lease,
    complete_rebuild_job: lease,
    complete_sweep_job: lease,
  };
}

async function cropArguments(db: TestDatabase, cast: Cast): Promise<Record<string, Arguments>> {
  const projectId = await drawings.createProject(db, cast.owner, cast.orgId);
  const pageId = await drawings.createPage(db, cast.owner, projectId);
  const pointerId = await drawings.createPointer(db, cast.owner, pageId);
  const crop = {
    ...toLease(await drawings.claimPointer(db, pointerId), [usage]),
    p_source_hash: await drawings.readSourceHash(db, pointerId),
  };
  const { description, cross_references, enrichment_metadata } = drawings.aResult;
  const reading = { description, cross_references, enrichment_metadata };
  return {
    add_default_experience: { p_project_id: projectId },
    retry_project_pointers: { p_project_id: projectId, p_status: "failed" },
    retry_pointer: { p_pointer_id: pointerId },
    get_pointer_source: { p_pointer_id: pointerId },
    add_pointer_reading: {
      ...crop,
      p_input_hash: "h",
      p_reading: JSON.stringify(reading),
      p_token_count: "1",
    },
    complete_pointer_job: {
      ...crop,
      p_result: JSON.stringify({ embedding, embedding_model: "m" }),
    },
  };
}

async function fileArguments(db: TestDatabase, cast: Cast): Promise<Record<string, Arguments>> {
  const owner = cast.owner as { userId: string };
  const create = () => files.createConversation(db, cast.orgId, owner);
  const [first, second] = [await create(), await create()];
  const members = [first, await create()];
  const fileId = await files.createPublished(db, cast.owner, cast.orgId, members);
  const { version_id, build_token, file_id } = await files.beginFile(db, owner, cast.orgId, [
    second,
  ]);
  const published = only(
    await db.query<{ id: string }>(
      "select id from public.training_file_versions where training_file_id = $1",
      [fileId],
    ),
  );
  const ids = { p_conversation_ids: `{${second}}` };
  const file = { p_training_file_id: fileId };
  const build = { p_version_id: version_id, p_build_token: build_token };
  const artifact = {
    format: "json",
    options_hash: "x",
    options: {},
    path: `${file_id}/v1/x.json`,
    size_bytes: 1,
    line_count: 1,
    sha256: "a",
  };
  const result = {
    totals: {
      conversation_count: 1,
      total_training_pairs: 1,
      human_reviewed_count: 0,
      avg_quality_score: 1,
      min_quality_score: 1,
      max_quality_score: 1,
      scaffolding_distribution: {},
    },
    content_digest: "d",
    json_sha256: "a",
    jsonl_sha256: "b",
    json_size: 1,
    jsonl_size: 1,
    sources: [{ conversation_id: second, sha256: "a" }],
    artifacts: [artifact],
  };
  return {
    create_training_file: ids,
    list_conversation_paths: ids,
    add_training_file_conversations: { ...file, ...ids },
    remove_training_file_conversations: { ...file, p_conversation_ids: `{${first}}` },
    delete_training_file: file,
    cancel_training_file_build: file,
    update_training_file: {
      ...file,
      p_changes: JSON.stringify({
        name: "N",
        description: "d",
        status: "active",
        stale_policy: "ignore",
      }),
    },
    get_conversation_snapshots: { p_sha256s: "{a}" },
    get_training_file_entries: build,
    claim_training_file_build: build,
    heartbeat_training_file_build: { ...build, p_progress: "0.5" },
    complete_training_file_build: { ...build, p_result: JSON.stringify(result) },
    fail_training_file_build: { ...build, p_error: '{"code": "X", "message": "m"}' },
    add_training_artifact: {
      p_version_id: published.id,
      p_artifact: JSON.stringify({ ...artifact, path: `${fileId}/v1/x.json` }),
    },
  };
}
