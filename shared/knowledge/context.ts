import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../database.types.ts";
import { ApiError } from "../errors.ts";
import type { Embedders } from "../providers/embedders.ts";
import { unwrap } from "../unwrap.ts";
import { buildContext, type Citation } from "./build-context.ts";
import { embedQuery } from "./embed-query.ts";
import { getEmbeddingModel } from "./get-embedding-model.ts";
import type { SearchRequest } from "./search.ts";

type Match = Database["public"]["Functions"]["search_knowledge"]["Returns"][number];

/** What a model is given to answer from. */
export interface RagContext {
  matches: Match[];
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
  embedders: Embedders,
  request: SearchRequest,
): Promise<RagContext> {
  const { matches, tokens } = request.mode === "text"
    ? await findByWords(client, request)
    : await findByMeaning(client, embedders, request);
  return {
    matches,
    ...buildContext(matches, request.max_context_tokens),
    usage: { embedding_tokens: tokens },
  };
}

async function findByWords(client: SupabaseClient<Database>, request: SearchRequest) {
  const orgId = unwrap(await client.rpc("get_org_id", { p_org_id: request.orgId }));
  return { matches: await findMatches(client, orgId, request), tokens: 0 };
}

/** With the model of the organisation; once more when that was switched before the rows were read. */
async function findByMeaning(
  client: SupabaseClient<Database>,
  embedders: Embedders,
  request: SearchRequest,
) {
  // Counted before the provider is asked, whom it costs money.
  const orgId = unwrap(await client.rpc("claim_question", { p_org_id: request.orgId }));
  let tokens = 0;
  const find = async () => {
    const model = await getEmbeddingModel(client, orgId) ?? embedders.defaultModel;
    const question = await embedQuery(embedders, model, request.query);
    tokens += question.tokens;
    return await findMatches(client, orgId, request, { ...question, model });
  };
  const matches = await find().catch((error) => {
    if (error instanceof ApiError && error.code === "EMBEDDING_MODEL_CHANGED") return find();
    throw error;
  });
  return { matches, tokens };
}

async function findMatches(
  client: SupabaseClient<Database>,
  orgId: string,
  request: SearchRequest,
  question?: { embedding: string; model: string },
): Promise<Match[]> {
  return unwrap(
    await client.rpc("search_knowledge", {
      p_org_id: orgId,
      p_query: request.query,
      p_embedding: question?.embedding,
      p_embedding_model: question?.model,
      p_match_count: request.match_count,
      p_sources: request.sources,
      p_mode: request.mode,
      p_training_set_ids: request.training_set_ids,
      p_vault_document_ids: request.vault_document_ids,
      p_project_ids: request.project_ids,
      p_metadata: request.metadata,
      p_min_similarity: request.min_similarity,
    }),
  );
}
