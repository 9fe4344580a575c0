import type postgres from "postgres";
import { vectorOf } from "./vector-of.ts";
import { type HeldJob, pause } from "./sql-worker.ts";

/**
 * A training as the product does it, through the functions that fence it: reads a document and its
 * revision, works, stores the chunk and flips. The title is the text; the vector follows from it.
 */
export async function trainDocument(
  sql: postgres.Sql,
  { job_id, lease_token, payload }: HeldJob,
  workMs: number,
): Promise<void> {
  const [document] = await sql<{ title: string; revision: number }[]>`
    select title, revision from public.vault_documents where id = ${`${payload.vault_document_id}`}`;
  const { title, revision } = document!;
  await pause(workMs);
  const chunk = {
    ordinal: 0,
    content: title,
    heading_path: [],
    start_offset: 0,
    end_offset: title.length,
    token_count: 1,
    content_hash: title,
    embedding_model: "bench",
    embedding: JSON.stringify(vectorOf(title)),
  };
  const [stored] = await sql<{ outcome: string }[]>`
    select private.add_document_chunks(${job_id}, ${lease_token}, ${sql.json([chunk])}) as outcome`;
  if (stored!.outcome !== "ok") return;
  await sql`
    insert into public.bench_trainings (job_id)
    select ${job_id} from private.complete_document_job(
      ${job_id}, ${lease_token}, ${revision}, 1,
      ${sql.json({ provider: "bench", model: "bench", input_tokens: 1 })}
    ) as outcome
    where outcome = 'done'`;
}
