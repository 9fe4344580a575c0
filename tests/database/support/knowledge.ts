import type { Persona, TestDatabase } from "../../support/test-database.ts";
import { type Cast, createCast } from "./cast.ts";
import {
  addChunks,
  addToSet,
  chunk,
  claimTraining,
  createDocument,
  createSet,
  liftTrainingCap,
  queueTraining,
  train,
  vector,
} from "./training.ts";

/** A row that `search_knowledge` returns. */
export type Match = {
  source: string;
  id: string;
  document_id: string;
  title: string;
  content: string;
  heading_path: string[];
  ordinal: number;
  start_offset: number;
  end_offset: number;
  token_count: number;
  score: number;
  similarity: number | null;
  text_rank: number | null;
};

/** What two organisations have trained, and how a browser asks for it. */
export interface Knowledge {
  cast: Cast;
  documents: Record<"handbook" | "lease" | "foreign" | "staged", string>;
  /** Has the lease alone. */
  leaseSet: string;
  /** `options` are parameters without their prefix; the viewer asks unless told. */
  search(options?: Record<string, unknown>, persona?: Persona): Promise<Match[]>;
  /** The same, as the first two words of each match. */
  contents(options?: Record<string, unknown>, persona?: Persona): Promise<string[]>;
}

/** Trains a handbook and a lease, a document of another organisation, and half of a staged one. */
export async function createKnowledge(db: TestDatabase): Promise<Knowledge> {
  const cast = await createCast(db);
  await liftTrainingCap(db);
  const documents = {
    handbook: await createDocument(db, cast.orgId, { title: "Handbook" }),
    lease: await createDocument(db, cast.orgId, { title: "Lease" }),
    staged: await createDocument(db, cast.orgId, { title: "Staged" }),
    foreign: await createDocument(db, cast.strangerOrgId, { title: "Foreign" }),
  };
  await trainOwn(db, cast, documents);
  await addVectorOfAnotherModel(db, documents.lease);
  await train(db, cast.stranger, documents.foreign, [
    chunk(0, { content: "Holiday of the other organisation.", embedding: vector(1, 0) }),
  ]);
  const leaseSet = await createSet(db, cast.orgId);
  await addToSet(db, leaseSet, documents.lease);
  const { job } = await queueTraining(db, cast.editor, documents.staged);
  await addChunks(db, await claimTraining(db, job.id), [
    chunk(0, { content: "Holiday that is not complete yet.", embedding: vector(1, 0) }),
  ]);

  const search: Knowledge["search"] = (options = {}, persona = cast.viewer) =>
    ask(db, cast.orgId, options, persona);
  return {
    cast,
    documents,
    leaseSet,
    search,
    contents: async (options, persona) =>
      (await search(options, persona)).map(({ content }) =>
        content.split(" ").slice(0, 2).join(" ")
      ),
  };
}

async function trainOwn(
  db: TestDatabase,
  { editor }: Cast,
  { handbook, lease }: Knowledge["documents"],
): Promise<void> {
  await train(db, editor, handbook, [
    chunk(0, {
      content: "Employees take thirty days of holiday each year.",
      embedding: vector(1, 0),
      metadata: { topic: "holiday", year: 2026 },
    }),
    chunk(1, {
      content: "Expenses are paid back with the salary.",
      embedding: vector(0.8, 0.6),
      heading_path: ["Handbook", "Money"],
    }),
    chunk(2, { content: "The office is closed on Sundays.", embedding: vector(0, 1) }),
  ]);
  await train(db, editor, lease, [
    chunk(0, {
      content: "The tenant pays the rent on the third working day.",
      embedding: vector(0.6, 0.8),
    }),
    chunk(1, { content: "Holiday lets are not allowed.", embedding: vector(-1, 0) }),
  ]);
}

/** What no worker can do: in the live generation, beside the vectors that it belongs to. */
async function addVectorOfAnotherModel(db: TestDatabase, documentId: string): Promise<void> {
  await db.query(
    `insert into public.mono_training_chunks (
       org_id, vault_document_id, generation, ordinal, content, start_offset,
       end_offset, token_count, content_hash, embedding_model, embedding
     )
     select org_id, vault_document_id, generation, 2,
       'Another model wrote this about holiday.', 20, 30, 3, repeat('2', 64), 'other-model',
       $2::text::extensions.halfvec
     from public.mono_training_chunks where vault_document_id = $1 and ordinal = 0`,
    [documentId, vector(1, 0)],
  );
}

const casts: Record<string, string> = {
  p_embedding: "::text::extensions.vector",
  p_sources: "::text::text[]",
  p_training_set_ids: "::text::uuid[]",
  p_vault_document_ids: "::text::uuid[]",
  p_metadata: "::text::jsonb",
};

function ask(
  db: TestDatabase,
  orgId: string,
  options: Record<string, unknown>,
  persona: Persona,
): Promise<Match[]> {
  const parameters: Record<string, unknown> = {
    p_org_id: orgId,
    p_query: "holiday",
    p_embedding: vector(1, 0),
    p_embedding_model: "test-model",
  };
  for (const [name, value] of Object.entries(options)) {
    parameters[`p_${name}`] = Array.isArray(value) ? `{${value.join()}}` : value;
  }
  const names = Object.keys(parameters);
  return db.as(persona, (client) =>
    client.query<Match>(
      `select * from public.search_knowledge(${
        names.map((name, index) => `${name} => $${index + 1}${casts[name] ?? ""}`).join()
      })`,
      Object.values(parameters),
    ));
}
