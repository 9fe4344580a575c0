import type { SqlClient } from "../local/database/sql-client.ts";
import { type DemoUser, signUp } from "../scripts/demo/sign-up.ts";
import { embedQuery } from "../shared/knowledge/embed-query.ts";
import { createEmbedders, type Embedders } from "../shared/providers/embedders.ts";
import { inParallel } from "./retrieval/in-parallel.ts";
import { loadDocuments } from "./retrieval/load-documents.ts";
import { createPeers, type Peer } from "./retrieval/peers.ts";
import { readSet, type SetQuery } from "./retrieval/read-set.ts";
import { meanScores, scoreRanking, type Scores } from "./retrieval/score-ranking.ts";
import { searchDocuments } from "./retrieval/search-documents.ts";
import { parseSettings, withSettings } from "./retrieval/with-settings.ts";
import { startThrowAwayStack, type ThrowAwayOptions } from "./throw-away-stack.ts";

/** One way to search. */
export interface RetrievalRow extends Scores {
  name: string;
}

/** What the evaluation found. */
export interface RetrievalResult {
  eval: "retrieval";
  environment: { database: string; embedding_model: string };
  set: { dir: string; documents: number; chunks: number; queries: number; not_trained: number };
  rows: RetrievalRow[];
  /** Differences of nDCG@10, and whether they are large enough. */
  bars: { bar: string; difference: number; ok: boolean }[];
}

interface Options extends ThrowAwayOptions {
  dir: string;
  limit?: number;
  /** Ways to weigh both arms that stand beside the default, as `parseSettings` reads them. */
  variants?: string[];
  /** Takes what it does meanwhile. */
  say: (text: string) => void;
}

const modes = ["text", "vector", "hybrid"] as const;
const [bm25Name, tolerance] = ["BM25 in SQL", 0.01];

/**
 * Measures how well the documents of a folder are found: loaded as an organisation on a stack that
 * keeps nothing, searched as its user, beside what that user would have otherwise. Throws
 * `SetError` for a folder that cannot be read.
 */
export async function evalRetrieval(options: Options): Promise<RetrievalResult> {
  const { dir, limit, say, variants = [] } = options;
  const set = await readSet(dir, limit);
  const settings = variants.map(parseSettings);
  say(`${set.documents.length} documents, ${set.queries.length} questions with an answer`);
  await using throwAway = await startThrowAwayStack(options);
  const { stack } = throwAway;
  // What is not a setting shall not be found out after an hour of loading.
  for (const variant of settings) await withSettings(stack.database, variant, async () => {});
  const user = await signUp(
    { url: stack.url, publishable_key: stack.keys.publishableKey },
    "eval@maestro.example",
    "Eval",
  );
  await liftQuotas(stack.database);
  const { ids, failures } = await loadDocuments(user, set.documents, say);
  for (const [id, reason] of failures) say(`document ${id} was not trained: ${reason}`);

  const peers = await createPeers(stack.database);
  const embedders = createEmbedders(stack.functionEnv);
  const asked = { user, embedders, ids: [...ids.keys()], say };
  const rankings = await rank({ ...asked, searches: [...modes, ...peers] }, set.queries);
  for (const [index, variant] of settings.entries()) {
    const search = { ...asked, searches: [modes[2]] };
    const ranking = await withSettings(stack.database, variant, () => rank(search, set.queries));
    rankings.set(`hybrid, ${variants[index]}`, ranking.get("hybrid")!);
  }
  const rows = [...rankings].map(([name, ranking]) => ({
    name,
    ...meanScores(
      set.queries.map(({ id }, index) =>
        scoreRanking(ranking[index]!.map((vaultId) => ids.get(vaultId)!), set.grades.get(id)!)
      ),
    ),
  }));
  const [{ chunks } = { chunks: 0 }] = await stack.database.query<{ chunks: number }>(
    "select count(*)::integer as chunks from eval.documents",
  );
  return {
    eval: "retrieval",
    environment: { database: stack.database.kind, embedding_model: embedders.defaultModel },
    set: {
      dir,
      documents: set.documents.length,
      chunks,
      queries: set.queries.length,
      not_trained: failures.size,
    },
    rows,
    bars: judge(rows),
  };
}

interface Means {
  user: DemoUser;
  embedders: Embedders;
  /** Modes of ours, and peers. */
  searches: (typeof modes[number] | Peer)[];
  /** Of all documents that can be found. */
  ids: string[];
  say: (text: string) => void;
}

/** Many questions are asked in a minute here, by nobody who has to be held back. */
async function liftQuotas(database: SqlClient): Promise<void> {
  await database.query("update private.quotas set max_count = null");
}

/** Documents for each question, best first, by the name of what found them. */
async function rank(
  { user, embedders, searches, ids, say }: Means,
  queries: SetQuery[],
): Promise<Map<string, string[][]>> {
  const all = searches.map((search): Peer =>
    typeof search === "object" ? search : {
      name: search,
      search: (question) =>
        searchDocuments(user, { ...question, model: embedders.defaultModel, mode: search }, ids),
    }
  );
  const rankings = new Map(all.map(({ name }): [string, string[][]] => [name, []]));
  const step = Math.max(50, Math.ceil(queries.length / 10));
  await inParallel(queries, 2, async ({ text }, index) => {
    const { embedding } = await embedQuery(embedders, embedders.defaultModel, text);
    for (const { name, search } of all) {
      rankings.get(name)![index] = await search({ text, embedding });
    }
    if ((index + 1) % step === 0) say(`${index + 1} of ${queries.length} questions asked`);
  });
  return rankings;
}

function judge(rows: RetrievalRow[]): RetrievalResult["bars"] {
  const of = (name: string) => rows.find((row) => row.name === name)!.ndcg_at_10;
  const bar = (bar: string, difference: number) => ({
    bar,
    difference,
    ok: difference >= -tolerance,
  });
  return [
    bar(`text at most ${tolerance} nDCG@10 below ${bm25Name}`, of("text") - of(bm25Name)),
    bar(
      `hybrid at most ${tolerance} nDCG@10 below the better of text and vector`,
      of("hybrid") - Math.max(of("text"), of("vector")),
    ),
  ];
}
