import type { DemoUser } from "../../scripts/demo/sign-up.ts";
import { unwrap } from "../../shared/unwrap.ts";

/** What is asked: the same for every document of a question. */
export interface Question {
  text: string;
  embedding: string;
  model: string;
  mode: "text" | "vector" | "hybrid";
}

/** Deepest place that a figure looks at. */
const depth = 100;
/** What `search_knowledge` answers with at most. */
const matchCount = 50;

/**
 * The best documents for a question by their best chunks, as the user finds them with
 * `search_knowledge`. That answers with 50 chunks at most: deeper places are found by asking again
 * among the documents that have not been found yet, as a caller would page.
 */
export async function searchDocuments(
  { client, orgId }: DemoUser,
  { text, embedding, model, mode }: Question,
  allIds: string[],
): Promise<string[]> {
  const found = new Set<string>();
  while (found.size < Math.min(depth, allIds.length)) {
    const rows = unwrap(
      await client.rpc("search_knowledge", {
        p_org_id: orgId,
        p_query: text,
        p_embedding: mode === "text" ? undefined : embedding,
        p_embedding_model: model,
        p_match_count: matchCount,
        p_mode: mode,
        p_vault_document_ids: found.size === 0 ? undefined : allIds.filter((id) => !found.has(id)),
      }),
    );
    if (rows.length === 0) break;
    for (const { document_id } of rows) found.add(document_id);
  }
  return [...found];
}
