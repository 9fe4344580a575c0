import { SupabaseVectorStore } from "@langchain/community/vectorstores/supabase";
import type { SupabaseClient } from "@supabase/supabase-js";
import { z } from "zod";
import { unwrap } from "../../shared/unwrap.ts";
import type { BenchClient } from "./open-client.ts";
import { model, toUuid } from "./load.ts";
import type { Question } from "./make-corpus.ts";

/** One way to search: answers with the numbers of the rows that it finds in an organisation. */
export type Arm = (org: number, question: Question) => Promise<number[]>;

/** Matches that every arm is asked for. */
export const matchCount = 10;

const Ours = z.array(z.object({ id: z.string() }));
const Theirs = z.array(z.object({ id: z.number() }));

/** Maestro's search and its peers', each as its user would call it. */
export function createArms({ user, service }: { user: BenchClient; service: BenchClient }) {
  const store = createStore(service.supabase);
  const ours = (mode: string): Arm => async (org, { text, vector }) => {
    const rows = Ours.parse(unwrap(
      await user.supabase.rpc("search_knowledge", {
        p_org_id: toUuid(org),
        p_query: text,
        p_embedding: JSON.stringify([...vector]),
        p_embedding_model: model,
        p_match_count: matchCount,
        p_mode: mode,
      }),
    ));
    return rows.map(({ id }) => parseInt(id.slice(-12), 16));
  };
  // Without their vectors, which the guide's functions return as well.
  const guide = (name: string, further: object): Arm => async (_org, { vector, text }) =>
    Theirs.parse(unwrap(
      await user.supabase.rpc(name, {
        query_embedding: JSON.stringify([...vector]),
        match_count: matchCount,
        ...(name === "hybrid_search" ? { query_text: text } : further),
      }).select("id, content, metadata"),
    )).map(({ id }) => id);
  return {
    vector: ours("vector"),
    hybrid: ours("hybrid"),
    guideVector: guide("match_documents", { match_threshold: -1 }),
    guideHybrid: guide("hybrid_search", {}),
    langchain: (async (org, { vector }) => {
      const found = await store.similaritySearchVectorWithScore([...vector], matchCount, { org });
      return found.map(([document]) => document.metadata.number as number);
    }) satisfies Arm,
  };
}

function createStore(client: SupabaseClient): SupabaseVectorStore {
  const embeddings = { embedQuery: () => refuse(), embedDocuments: () => refuse() };
  return new SupabaseVectorStore(embeddings, {
    client,
    tableName: "documents",
    queryName: "match_langchain_documents",
  });
}

function refuse(): never {
  throw new Error("the bench has its vectors already");
}
