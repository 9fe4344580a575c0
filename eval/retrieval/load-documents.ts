import { type DemoUser, invoke } from "../../scripts/demo/sign-up.ts";
import { unwrap } from "../../shared/unwrap.ts";
import { inParallel } from "./in-parallel.ts";
import type { SetDocument } from "./read-set.ts";

const atOnce = 4;
/** Rows that PostgREST answers with at once. */
const pageSize = 1000;
const longestTitle = 500;

/** Documents of a set as an organisation has them. */
export interface Loaded {
  /** The set's ids by those of `vault_documents`, of what could be trained. */
  ids: Map<string, string>;
  /** Why documents were not, by the set's ids. */
  failures: Map<string, string>;
}

/**
 * Uploads documents and trains them on the way that a browser takes. A title is the first line of
 * the file, as it is in the documents of people, and the title of the row.
 */
export async function loadDocuments(
  user: DemoUser,
  documents: SetDocument[],
  say: (text: string) => void,
): Promise<Loaded> {
  const step = Math.max(50, Math.ceil(documents.length / 20));
  const vaultIds = await inParallel(documents, atOnce, async (document, index) => {
    const id = await upload(user, document);
    await invoke(user, "training-library/train-for-doc", { vaultDocumentId: id });
    if ((index + 1) % step === 0) say(`${index + 1} of ${documents.length} documents uploaded`);
    return id;
  });
  const ids = new Map(documents.map(({ id }, index) => [vaultIds[index]!, id]));
  await waitForTraining(user, documents.length, say);
  const failures = new Map<string, string>();
  for (const { vault_document_id, error_message } of await listFailures(user)) {
    failures.set(ids.get(vault_document_id)!, error_message ?? "no reason");
    ids.delete(vault_document_id);
  }
  return { ids, failures };
}

async function upload({ client, orgId }: DemoUser, document: SetDocument): Promise<string> {
  const id = crypto.randomUUID();
  const title = document.title.trim();
  const text = [title, document.text].filter((part) => part !== "").join("\n\n");
  const storage_path = `${orgId}/${id}/document.txt`;
  const { error } = await client.storage.from("documents")
    .upload(storage_path, new TextEncoder().encode(text), { contentType: "text/plain" });
  if (error) throw new Error(`document ${document.id} cannot be uploaded`, { cause: error });
  const row = await client.from("vault_documents").insert({
    id,
    org_id: orgId,
    title: [...(title || document.id)].slice(0, longestTitle).join(""),
    storage_path,
    mime_type: "text/plain",
  });
  if (row.error) throw new Error(`document ${document.id} has no row`, { cause: row.error });
  return id;
}

/** Waits as long as something becomes ready: how long a set takes depends on the embedder. */
async function waitForTraining(
  { client }: DemoUser,
  count: number,
  say: (text: string) => void,
): Promise<void> {
  const longestPause = 120_000;
  let [last, changedAt] = [-1, performance.now()];
  while (true) {
    const { count: open, error } = await client.from("mono_training_jobs")
      .select("id", { count: "exact", head: true }).in("status", ["queued", "processing"]);
    if (error || open === null) throw new Error("jobs cannot be counted", { cause: error });
    if (open !== last) {
      say(`${count - open} of ${count} documents trained`);
      [last, changedAt] = [open, performance.now()];
    }
    if (open === 0) return;
    if (performance.now() - changedAt > longestPause) {
      throw new Error(`no training has ended for ${longestPause / 1000} seconds`);
    }
    await new Promise((resolve) => setTimeout(resolve, Math.min(3000, 200 + open)));
  }
}

async function listFailures({ client }: DemoUser) {
  const failures = [];
  for (let from = 0;; from += pageSize) {
    const page = unwrap(
      await client.from("mono_training_jobs").select("vault_document_id, error_message")
        .neq("status", "completed").order("id").range(from, from + pageSize - 1),
    );
    failures.push(...page);
    if (page.length < pageSize) return failures;
  }
}
