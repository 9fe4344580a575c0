import { setQuota } from "./set-quota.ts";
import { trainToEnd } from "./training.ts";
import { addDocument, callFunction, type User } from "./user.ts";

/** Readers without a pause leave training little of a database with one connection. */
const patience = { seconds: 120 };

/** Puts other text in a document's place, as a browser does, and trains it to its end. */
export async function retrain(user: User, documentId: string, text: string): Promise<void> {
  const storage_path = `${user.orgId}/${documentId}/handbook.md`;
  const { error } = await user.client.storage.from("documents")
    .upload(storage_path, new TextEncoder().encode(text), { upsert: true });
  if (error) throw error;
  await user.client.from("vault_documents").update({ storage_path }).eq("id", documentId);
  await trainToEnd(user, documentId, patience);
}

/** What was found while a document went through its editions. */
export interface Found {
  answers: number;
  /** Editions that were found. */
  seen: Set<string>;
  /** Answers that were not all passages of one edition. */
  wrong: unknown[];
}

const passages = 30;

/**
 * Trains a document and then so many other editions of it, each with every passage changed, while
 * four readers go on asking: the search in its three modes, and the table.
 */
export async function retrainUnderSearch(user: User, editions: number): Promise<Found> {
  await setQuota(user, "searches_per_minute", null);
  const documentId = await addDocument(user, edition(0));
  await trainToEnd(user, documentId, patience);
  const found: Found = { answers: 0, seen: new Set(), wrong: [] };
  const over = new AbortController();
  const readers = [
    ...["vector", "text", "hybrid"].map((mode) => () => search(user, documentId, mode)),
    () => read(user, documentId),
  ];
  const reading = Promise.all(readers.map(async (ask) => {
    while (!over.signal.aborted) check(await ask(), found);
  }));
  try {
    for (let number = 1; number <= editions; number++) {
      await retrain(user, documentId, edition(number));
    }
  } finally {
    over.abort();
    await reading;
  }
  return found;
}

function edition(number: number): string {
  return Array.from(
    { length: passages },
    (_, at) => `## Rule ${at}\n\nEdition ${number} of the handbook has rule ${at}.`,
  ).join("\n\n");
}

function check(contents: string[], found: Found): void {
  const editions = new Set(contents.map((content) => /Edition (\d+)/.exec(content)?.[1] ?? ""));
  found.answers++;
  for (const edition of editions) found.seen.add(edition);
  if (contents.length !== passages || editions.size !== 1) {
    found.wrong.push([contents.length, ...editions]);
  }
}

async function search(user: User, documentId: string, mode: string): Promise<string[]> {
  const { status, body } = await callFunction("search", {
    user,
    stack: user.stack,
    body: {
      query: "rule of the handbook",
      mode,
      match_count: 50,
      vault_document_ids: [documentId],
    },
  });
  if (status !== 200) return [JSON.stringify(body)];
  return (body.matches as { content: string }[]).map(({ content }) => content);
}

async function read({ client }: User, documentId: string): Promise<string[]> {
  const { data, error } = await client.from("mono_training_chunks").select("content")
    .eq("vault_document_id", documentId);
  return error ? [error.message] : data.map(({ content }) => content);
}
