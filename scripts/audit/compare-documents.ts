import { hashChunks } from "../../shared/jobs/embed-chunks.ts";
import type { PageReadings } from "../../shared/jobs/page-readings.ts";
import { readDocument } from "../../shared/jobs/read-document.ts";
import { PermanentError } from "../../shared/permanent-error.ts";
import type { Difference } from "./audit-check.ts";
import type { AuditClient } from "./audit-client.ts";
import { listRows, PAGE_SIZE } from "./list-rows.ts";

/** Its pages that are pictures are given as such: what a model read of them cannot be read again. */
const unread: PageReadings = {
  list: () => Promise.resolve(new Map()),
  read: () => Promise.reject(new Error("an audit asks no provider")),
};

/**
 * Reads every document as its training did, and compares the live chunks with what it would be cut
 * into. Leaves out those that have changed since they were trained, and those with scanned pages.
 */
export async function* compareDocuments(client: AuditClient): AsyncGenerator<Difference> {
  const documents = listRows((after: string | null) => {
    const page = client.from("vault_documents")
      .select(
        "id, org_id, title, storage_path, mime_type, language, revision, trained_revision, chunk_generation",
      )
      .not("chunk_generation", "is", null).order("id").limit(PAGE_SIZE);
    return after ? page.gt("id", after) : page;
  }, ({ id }) => id);
  for await (const document of documents) {
    if (document.revision !== document.trained_revision) continue;
    const detail = await compareDocument(client, document);
    if (detail) yield { id: document.id, detail };
  }
}

interface TrainedDocument {
  id: string;
  org_id: string;
  title: string;
  storage_path: string;
  mime_type: string;
  language: string | null;
  chunk_generation: number | null;
}

/** What is wrong with it; null for nothing. */
async function compareDocument(
  client: AuditClient,
  document: TrainedDocument,
): Promise<string | null> {
  const read = await readDocument(client, document, unread).catch((error) => {
    if (error instanceof PermanentError) return error.code;
    throw error;
  });
  if (typeof read === "string") return `its file cannot be read: ${read}`;
  if (read.pictures) return null;
  const wanted = await hashChunks(read.chunks, document.title);
  let count = 0;
  for await (const chunk of listChunks(client, document)) {
    const { hash, content } = wanted[chunk.ordinal] ?? {};
    if (chunk.content_hash !== hash || chunk.content !== content) {
      return `chunk ${chunk.ordinal} has another text`;
    }
    if (chunk.language !== read.language) return `chunk ${chunk.ordinal} is in ${chunk.language}`;
    count++;
  }
  return count === wanted.length ? null : `${count} chunks of ${wanted.length}`;
}

function listChunks(client: AuditClient, { id, org_id, chunk_generation }: TrainedDocument) {
  return listRows(
    (after: number | null) =>
      client.from("mono_training_chunks").select("ordinal, content_hash, content, language")
        .eq("org_id", org_id).eq("vault_document_id", id).eq("generation", chunk_generation ?? 0)
        .gt("ordinal", after ?? -1).order("ordinal").limit(PAGE_SIZE),
    ({ ordinal }) => ordinal,
  );
}
