import { only, type Persona, type TestDatabase } from "../../support/test-database.ts";
import { claim, type Lease } from "./queue.ts";
import { chunk, type NewChunk, vector } from "./training.ts";

/** Two models that have no dimension in common: a comparison across them has similarity 0. */
export const models = { a: "model-a", b: "model-b", c: "model-c" };

/** What a model makes of a number: one of its own directions, so that only equals are similar. */
export function vectorOf(model: string, number: number): string {
  const start = { [models.a]: 0, [models.b]: 512, [models.c]: 256 }[model]!;
  return vector(...Array<number>(start + number).fill(0), 1);
}

/** Chunks that can be told apart by their numbers, with a model's vectors. */
export function chunksOf(model: string, numbers: number[]): NewChunk[] {
  return numbers.map((number, ordinal) =>
    chunk(ordinal, {
      content: `Passage ${number}`,
      content_hash: `hash ${number}`,
      embedding_model: model,
      embedding: vectorOf(model, number),
    })
  );
}

/** `switch_embedding_model` as an operator calls it; returns how many organisations switch. */
export async function switchModel(
  db: TestDatabase,
  model: string | null,
  orgId: string | null,
): Promise<number> {
  const rows = await db.as("service_role", (client) =>
    client.query<{ count: number }>(
      "select public.switch_embedding_model($1, $2)::integer as count",
      [model, orgId],
    ));
  return only(rows).count;
}

/** `cancel_embedding_switches` as an operator calls it; returns how many were called off. */
export async function cancelSwitches(db: TestDatabase, orgId: string | null): Promise<number> {
  const rows = await db.as("service_role", (client) =>
    client.query<{ count: number }>(
      "select public.cancel_embedding_switches($1)::integer as count",
      [orgId],
    ));
  return only(rows).count;
}

export type Switch = {
  next_embedding_model: string;
  document_count: number;
  ready_count: number;
  open_count: number;
  failed_count: number;
  failures: unknown;
};

/** How far the organisation's switch is, as an operator sees it; undefined when there is none. */
export async function readSwitch(db: TestDatabase, orgId: string): Promise<Switch | undefined> {
  const rows = await db.as("service_role", (client) =>
    client.query<Switch>(
      `select next_embedding_model, document_count::integer, ready_count::integer,
         open_count::integer, failed_count::integer, failures
       from public.embedding_switches where org_id = $1`,
      [orgId],
    ));
  return rows[0];
}

/** The organisation's model, as a member sees it. */
export async function readModel(db: TestDatabase, orgId: string): Promise<string | null> {
  const rows = await db.query<{ embedding_model: string | null }>(
    "select embedding_model from public.organizations where id = $1",
    [orgId],
  );
  return only(rows).embedding_model;
}

/** Claims all re-embeddings that are due; of one document when it is given. */
export async function claimReembeddings(
  db: TestDatabase,
  { documentId, worker = "worker" }: { documentId?: string; worker?: string } = {},
): Promise<Lease[]> {
  const leases = await claim(db, { worker, kinds: ["reembed_document"], max: 100 });
  return leases.filter(({ payload }) =>
    documentId === undefined || payload.vault_document_id === documentId
  );
}

type Ref = Pick<Lease, "job_id" | "lease_token">;

export type ReembedChunk = {
  embedding_model: string;
  title: string;
  ordinal: number;
  content: string;
  content_hash: string;
  is_known: boolean;
};

/** `list_reembed_chunks` as a worker calls it. */
export function listReembedChunks(
  db: TestDatabase,
  { job_id, lease_token }: Ref,
  max = 48,
): Promise<ReembedChunk[]> {
  return db.as(
    "service_role",
    (client) =>
      client.query<ReembedChunk>("select * from public.list_reembed_chunks($1, $2, $3)", [
        job_id,
        lease_token,
        max,
      ]),
  );
}

/** `add_reembedded_chunks` as a worker calls it, with the vectors that the model makes. */
export async function addReembedded(
  db: TestDatabase,
  { job_id, lease_token }: Ref,
  chunks: ReembedChunk[],
): Promise<string> {
  const items = chunks.map(({ ordinal, content, content_hash, embedding_model, is_known }) => ({
    ordinal,
    content_hash,
    ...(!is_known && { embedding: vectorOf(embedding_model, Number(content.split(" ")[1])) }),
  }));
  const rows = await db.as(
    "service_role",
    (client) =>
      client.query<{ state: string }>("select public.add_reembedded_chunks($1, $2, $3) as state", [
        job_id,
        lease_token,
        JSON.stringify(items),
      ]),
  );
  return only(rows).state;
}

/** `complete_reembed_job` as a worker calls it. */
export async function completeReembedding(
  db: TestDatabase,
  { job_id, lease_token }: Ref,
): Promise<string> {
  const usage = { provider: "p", model: "m", input_tokens: 3 };
  const rows = await db.as("service_role", (client) =>
    client.query<{ outcome: string }>(
      "select public.complete_reembed_job($1, $2, $3::text::jsonb) as outcome",
      [job_id, lease_token, JSON.stringify(usage)],
    ));
  return only(rows).outcome;
}

/** Does a re-embedding to its end; returns its outcome and how many vectors had to be made. */
export async function reembed(
  db: TestDatabase,
  lease: Ref,
): Promise<{ outcome: string; embedded: number }> {
  let embedded = 0;
  for (
    let chunks = await listReembedChunks(db, lease);
    chunks.length > 0;
    chunks = await listReembedChunks(db, lease)
  ) {
    embedded += chunks.filter(({ is_known }) => !is_known).length;
    const state = await addReembedded(db, lease, chunks);
    if (state !== "ok") return { outcome: state, embedded };
  }
  return { outcome: await completeReembedding(db, lease), embedded };
}

/** Does all re-embeddings that are due; returns their outcomes. */
export async function reembedAll(db: TestDatabase): Promise<string[]> {
  const outcomes: string[] = [];
  for (const lease of await claimReembeddings(db)) {
    outcomes.push((await reembed(db, lease)).outcome);
  }
  return outcomes;
}

/** What a member finds by a number's vector of a model, best first, with similarities. */
export async function find(
  db: TestDatabase,
  persona: Persona,
  orgId: string,
  model: string,
  number: number,
): Promise<{ content: string; similarity: number }[]> {
  return await db.as(persona, (client) =>
    client.query<{ content: string; similarity: number }>(
      `select content, round(similarity::numeric, 3)::double precision as similarity
       from public.search_knowledge(
         p_org_id => $1, p_query => 'passage', p_embedding => $2::text::extensions.vector,
         p_mode => 'vector', p_match_count => 50, p_embedding_model => $3
       )`,
      [orgId, vectorOf(model, number), model],
    ));
}

/** Every stored vector's model and generation, by document. */
export function storedModels(
  db: TestDatabase,
  orgId: string,
): Promise<{ embedding_model: string; is_live: boolean; count: number }[]> {
  return db.query(
    `select chunk.embedding_model,
       coalesce(chunk.generation = document.chunk_generation, false) as is_live,
       count(*)::integer as count
     from public.mono_training_chunks as chunk
     join public.vault_documents as document on document.id = chunk.vault_document_id
     where chunk.org_id = $1
     group by 1, 2 order by 1, 2`,
    [orgId],
  );
}
