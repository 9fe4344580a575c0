import { only, type TestDatabase } from "../../support/test-database.ts";
import type { Cast } from "../../database/support/cast.ts";
import * as drawings from "../../database/support/drawings.ts";
import { createConversation, createPublished } from "../../database/support/training-files.ts";
import {
  chunk,
  claimTraining,
  createDocument,
  queueTraining,
} from "../../database/support/training.ts";

/** Parents of an organisation's rows. */
export interface Parents {
  documentId: string;
  setId: string;
  projectId: string;
  pageId: string;
  batchId: string;
  conversationId: string;
}

/** Gives the organisation rows in every table and view that users may read. */
export async function fillOrganisation(db: TestDatabase, cast: Cast): Promise<Parents> {
  const { orgId, owner } = cast;
  const run = async (statement: string, ...parameters: unknown[]) =>
    only(await db.as(owner, (client) => client.query<{ id: string }>(statement, parameters))).id;

  const documentId = await createDocument(db, orgId);
  await trainAtACost(db, cast, documentId);
  await run(
    "select token as id from public.invite_member($1, 'friend@example.test', 'viewer')",
    orgId,
  );
  for (
    const [table, prefix] of [
      ["personas", "persona"],
      ["emotional_arcs", "emotional_arc"],
      ["training_topics", "training_topic"],
    ]
  ) {
    await run(
      `insert into public.${table} (org_id, ${prefix}_key, name) values ($1, 'key', 'Name') returning id`,
      orgId,
    );
  }
  const batchId = await run(
    "insert into public.batch_jobs (org_id, total_items) values ($1, 1) returning id",
    orgId,
  );
  await run(
    "insert into public.batch_items (org_id, batch_job_id) values ($1, $2) returning id",
    orgId,
    batchId,
  );
  const conversationId = await createConversation(db, orgId, owner as { userId: string });
  await createPublished(db, owner, orgId, [conversationId]);
  const projectId = await drawings.createProject(db, owner, orgId);
  await run(
    "insert into public.disciplines (project_id, name) values ($1, 'Roof') returning id",
    projectId,
  );
  await run(
    `insert into public.sessions (project_id, session_type, workspace_name)
     values ($1, 'workspace', 'Pump house') returning id`,
    projectId,
  );
  const pageId = await drawings.createPage(db, owner, projectId, { sheet: "S-501" });
  await drawings.enrich(db, await drawings.createPointer(db, owner, pageId));
  await db.query(
    "insert into public.organization_quotas (org_id, name, max_count) values ($1, 'searches_per_minute', 1000)",
    [orgId],
  );
  const set = await db.query<{ id: string }>(
    "select id from public.mono_training_sets where org_id = $1 limit 1",
    [orgId],
  );
  return { documentId, setId: only(set).id, projectId, pageId, batchId, conversationId };
}

async function trainAtACost(db: TestDatabase, cast: Cast, documentId: string): Promise<void> {
  const { job } = await queueTraining(db, cast.owner, documentId);
  const { job_id, lease_token } = await claimTraining(db, job.id);
  await db.as("service_role", async (client) => {
    await client.query("select public.add_document_chunks($1, $2, $3)", [
      job_id,
      lease_token,
      JSON.stringify([chunk(0)]),
    ]);
    await client.query("select public.complete_document_job($1, $2, 1, 1, $3)", [
      job_id,
      lease_token,
      JSON.stringify({ provider: "p", model: "m", input_tokens: 1 }),
    ]);
  });
}
