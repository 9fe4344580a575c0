import type { SupabaseClient } from "@supabase/supabase-js";
import { z } from "zod";
import type { Database } from "../database.types.ts";
import { ApiError } from "../errors.ts";
import type { Answer } from "../http.ts";
import type { Embedders } from "../providers/embedders.ts";
import { ProviderError } from "../providers/provider-error.ts";
import { unwrap } from "../unwrap.ts";
import { buildContext } from "./build-context.ts";
import { getEmbeddingModel } from "./get-embedding-model.ts";

/** Body of `POST /search`. */
export const SearchRequest = z.strictObject({
  orgId: z.guid().optional(),
  query: z.string().max(2000).refine((text) => text.trim() !== "", "must not be empty"),
  training_set_ids: z.array(z.guid()).max(100).optional(),
  vault_document_ids: z.array(z.guid()).max(100).optional(),
  sources: z.array(z.literal("chunk")).min(1).max(1).default(["chunk"]),
  mode: z.enum(["hybrid", "vector", "text"]).default("hybrid"),
  match_count: z.int().min(1).max(50).default(8),
  min_similarity: z.number().min(-1).max(1).optional(),
  metadata: z.record(z.string(), z.json()).optional(),
  max_context_tokens: z.int().min(1).max(100_000).default(2000),
}).refine(({ mode, min_similarity }) => mode !== "text" || min_similarity === undefined, {
  path: ["min_similarity"],
  message: "does not go with mode text, which compares no vectors",
});
export type SearchRequest = z.output<typeof SearchRequest>;

/**
 * The best passages for a question, as matches and as a context with citations: what seed 000
 * calls getRagContextForMono. Throws `ApiError`.
 */
export async function search(
  client: SupabaseClient<Database>,
  embedders: Embedders,
  request: SearchRequest,
): Promise<Answer> {
  const orgId = unwrap(await client.rpc("get_org_id", { p_org_id: request.orgId }));
  const { rows, tokens } = request.mode === "text"
    ? { rows: await findRows(client, orgId, request), tokens: 0 }
    : await findByMeaning(client, embedders, orgId, request);
  return {
    status: 200,
    body: {
      matches: rows,
      ...buildContext(rows, request.max_context_tokens),
      usage: { embedding_tokens: tokens },
    },
  };
}

/** With the model of the organisation; once more when that was switched before the rows were read. */
async function findByMeaning(
  client: SupabaseClient<Database>,
  embedders: Embedders,
  orgId: string,
  request: SearchRequest,
) {
  let tokens = 0;
  const find = async () => {
    const question = await embedQuery(
      embedders,
      await getEmbeddingModel(client, orgId),
      request.query,
    );
    tokens += question.tokens;
    return await findRows(client, orgId, request, question);
  };
  const rows = await find().catch((error) => {
    if (error instanceof ApiError && error.code === "EMBEDDING_MODEL_CHANGED") return find();
    throw error;
  });
  return { rows, tokens };
}

async function findRows(
  client: SupabaseClient<Database>,
  orgId: string,
  request: SearchRequest,
  question?: { embedding: string; model: string },
) {
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
      p_metadata: request.metadata,
      p_min_similarity: request.min_similarity,
    }),
  );
}

async function embedQuery({ of, defaultModel }: Embedders, pinned: string | null, query: string) {
  const model = pinned ?? defaultModel;
  try {
    const { vectors, tokens } = await of(model).embed([query], { input: "query" });
    return { embedding: JSON.stringify(vectors[0]), model, tokens };
  } catch (cause) {
    if (!(cause instanceof ProviderError)) throw cause;
    throw cause.refusal === "rate_limited"
      ? new ApiError("PROVIDER_RATE_LIMITED", "The embedding provider is busy", {
        hint: "Try again in a moment",
        cause,
      })
      : new ApiError("PROVIDER_FAILED", "The embedding provider failed", {
        hint: "Try again, or search with mode text",
        cause,
      });
  }
}
