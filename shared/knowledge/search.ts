import type { SupabaseClient } from "@supabase/supabase-js";
import { z } from "zod";
import type { Database } from "../database.types.ts";
import type { Answer } from "../http.ts";
import type { Embedders } from "../providers/embedders.ts";
import { getRagContextForMono } from "./context.ts";

/** Body of `POST /search`. */
export const SearchRequest = z.strictObject({
  orgId: z.guid().optional(),
  query: z.string().max(2000).refine((text) => text.trim() !== "", "must not be empty"),
  training_set_ids: z.array(z.guid()).max(100).optional(),
  vault_document_ids: z.array(z.guid()).max(100).optional(),
  project_ids: z.array(z.guid()).max(100).optional(),
  sources: z.array(z.enum(["chunk", "pointer"])).min(1).max(2).default(["chunk", "pointer"]),
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

/** Answers `POST /search`. Throws `ApiError`. */
export async function search(
  client: SupabaseClient<Database>,
  embedders: Embedders,
  request: SearchRequest,
): Promise<Answer> {
  const { matches, context, citations, usage } = await getRagContextForMono(
    client,
    embedders,
    request,
  );
  return { status: 200, body: { matches, context, citations, usage } };
}
