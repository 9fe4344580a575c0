import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../database.types.ts";
import type { Embedder } from "../providers/embedder.ts";
import { unwrap } from "../unwrap.ts";
import { buildContext, type Citation } from "./build-context.ts";
import { embedQuery } from "./embed-query.ts";
import type { SearchRequest } from "./search.ts";

/** What a model is given to answer from. */
export interface RagContext {
  matches: Database["public"]["Functions"]["search_knowledge"]["Returns"];
  /** Numbered, quoted passages, best first, within the request's `max_context_tokens`. */
  context: string;
  citations: Citation[];
  usage: { embedding_tokens: number };
}

/**
 * The best passages of an organisation for a question, as matches and as a context with citations.
 * Sees what the client's user may see. Throws `ApiError`.
 */
export async function getRagContextForMono(
  client: SupabaseClient<Database>,
  embedder: Embedder,
  request: SearchRequest,
): Promise<RagContext> {
  const orgId = unwrap(await client.rpc("get_org_id", { p_org_id: request.orgId }));
  const { embedding, tokens } = request.mode === "text"
    ? { embedding: undefined, tokens: 0 }
    : await embedQuery(embedder, request.query);
  const matches = unwrap(
    await client.rpc("search_knowledge", {
      p_org_id: orgId,
      p_query: request.query,
      p_embedding: embedding,
      p_embedding_model: embedder.model,
      p_match_count: request.match_count,
      p_sources: request.sources,
      p_mode: request.mode,
      p_training_set_ids: request.training_set_ids,
      p_vault_document_ids: request.vault_document_ids,
      p_metadata: request.metadata,
      p_min_similarity: request.min_similarity,
    }),
  );
  return {
    matches,
    ...buildContext(matches, request.max_context_tokens),
    usage: { embedding_tokens: tokens },
  };
}
