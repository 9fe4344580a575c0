import { only, type Persona, type TestDatabase } from "../../support/test-database.ts";
import { claim, type Lease } from "./queue.ts";

/** A row of mono_training_jobs. */
export type TrainingJob = {
  id: string;
  org_id: string;
  vault_document_id: string;
  training_doc_id: string;
  status: string;
  trigger: string;
  attempts: number;
  progress: number;
  error_message: string | null;
  started_at: string | null;
  completed_at: string | null;
};

/** Inserts a document that belongs to the organisation; returns the id. */
export async function createDocument(
  db: TestDatabase,
  orgId: string,
  { title = "Handbook", filename = "handbook.md" } = {},
): Promise<string> {
  const id = crypto.randomUUID();
  await db.query(
    `insert into public.vault_documents (id, org_id, title, storage_path, mime_type)
     values ($1, $2, $3, $4, 'text/markdown')`,
    [id, orgId, title, `${orgId}/${id}/${filename}`],
  );
  return id;
}

/** Makes a training set with documents in it; returns the id. */
export async function createSet(
  db: TestDatabase,
  orgId: string,
  documentIds: string[] = [],
): Promise<string> {
  const set = only(
    await db.query<{ id: string }>(
      "insert into public.mono_training_sets (org_id, name) values ($1, $2) returning id",
      [orgId, crypto.randomUUID()],
    ),
  );
  for (const documentId of documentIds) await addToSet(db, set.id, documentId);
  return set.id;
}

/** Puts a document into a set; returns the id of the mono_training_docs row. */
export async function addToSet(
  db: TestDatabase,
  setId: string,
  documentId: string,
): Promise<string> {
  const rows = await db.query<{ id: string }>(
    `insert into public.mono_training_docs (training_set_id, vault_document_id)
     values ($1, $2) returning id`,
    [setId, documentId],
  );
  return only(rows).id;
}

/** `enqueue_document_training` as a browser calls it. */
export async function queueTraining(
  db: TestDatabase,
  persona: Persona,
  documentId: string,
  { orgId = null, trigger = "manual" }: { orgId?: string | null; trigger?: string | null } = {},
): Promise<{ job: TrainingJob; is_new: boolean }> {
  const rows = await db.as(persona, (client) =>
    client.query<{ job: TrainingJob; is_new: boolean }>(
      "select * from public.enqueue_document_training($1, $2, $3)",
      [documentId, orgId, trigger],
    ));
  return only(rows);
}

/** Claims whatever training is due and returns the lease of the given one. */
export async function claimTraining(
  db: TestDatabase,
  trainingJobId: string,
  worker = "worker",
): Promise<Lease> {
  const leases = await claim(db, { worker, kinds: ["train_document"], max: 100 });
  const own = leases.filter((lease) => lease.payload.training_job_id === trainingJobId);
  return only(own as (Lease & Record<string, unknown>)[]);
}

/** Lets `claimTraining` reach a job whatever earlier tests have left in flight. */
export async function liftTrainingCap(db: TestDatabase): Promise<void> {
  await db.query("update private.lanes set max_in_flight = 1000 where lane = 'embedding'");
}

export async function readTrainingJob(db: TestDatabase, id: string): Promise<TrainingJob> {
  return only(
    await db.query<TrainingJob>("select * from public.mono_training_jobs where id = $1", [id]),
  );
}

/** A vector of 1024 dimensions with the given leading values, as pgvector reads one. */
export function vector(...leading: number[]): string {
  return JSON.stringify([...leading, ...Array<number>(1024 - leading.length).fill(0)]);
}

export interface NewChunk {
  ordinal: number;
  content: string;
  heading_path: string[];
  start_offset: number;
  end_offset: number;
  token_count: number;
  content_hash: string;
  metadata?: unknown;
  embedding_model: string;
  embedding: string;
}

/** One chunk of a document as a worker hands it in. */
export function chunk(ordinal: number, override: Partial<NewChunk> = {}): NewChunk {
  return {
    ordinal,
    content: `Passage ${ordinal}`,
    heading_path: ["Handbook"],
    start_offset: ordinal * 10,
    end_offset: ordinal * 10 + 10,
    token_count: 3,
    content_hash: String(ordinal).padStart(64, "0"),
    embedding_model: "test-model",
    embedding: vector(1, ordinal),
    ...override,
  };
}

/** `add_document_chunks` as a worker calls it. */
export async function addChunks(
  db: TestDatabase,
  { job_id, lease_token }: Pick<Lease, "job_id" | "lease_token">,
  chunks: NewChunk[],
  progress: number | null = null,
): Promise<string> {
  const rows = await db.as("service_role", (client) =>
    client.query<{ state: string }>(
      "select public.add_document_chunks($1, $2, $3, $4) as state",
      [job_id, lease_token, JSON.stringify(chunks), progress],
    ));
  return only(rows).state;
}

/** `complete_document_job` as a worker calls it. */
export async function complete(
  db: TestDatabase,
  { job_id, lease_token }: Pick<Lease, "job_id" | "lease_token">,
  { revision = 1, chunkCount, usage = null }: {
    revision?: number;
    chunkCount: number;
    usage?: unknown;
  },
): Promise<string> {
  const rows = await db.as("service_role", (client) =>
    client.query<{ state: string }>(
      "select public.complete_document_job($1, $2, $3, $4, $5::text::jsonb) as state",
      [job_id, lease_token, revision, chunkCount, usage && JSON.stringify(usage)],
    ));
  return only(rows).state;
}

/** Trains a document from queue to live chunks. */
export async function train(
  db: TestDatabase,
  persona: Persona,
  documentId: string,
  chunks: NewChunk[],
  { orgId = null, revision = 1 }: { orgId?: string | null; revision?: number } = {},
): Promise<void> {
  const { job } = await queueTraining(db, persona, documentId, { orgId });
  const lease = await claimTraining(db, job.id);
  await addChunks(db, lease, chunks);
  const outcome = await complete(db, lease, { revision, chunkCount: chunks.length });
  if (outcome !== "done") throw new Error(`the training ended as ${outcome}`);
}

/** Contents of all stored chunks of a document with their generation, live or not. */
export function storedChunks(
  db: TestDatabase,
  documentId: string,
): Promise<{ content: string; is_live: boolean }[]> {
  return db.query(
    `select chunk.content, coalesce(chunk.generation = document.chunk_generation, false) as is_live
     from public.mono_training_chunks as chunk
     join public.vault_documents as document on document.id = chunk.vault_document_id
     where document.id = $1
     order by chunk.generation, chunk.ordinal`,
    [documentId],
  );
}
