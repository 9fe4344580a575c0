/** How good an order of documents is for one question, or on average for many. Each is 0 to 1. */
export interface Scores {
  ndcg_at_10: number;
  recall_at_10: number;
  recall_at_100: number;
  mrr: number;
}

/**
 * Scores an order of documents, best first, by the grades of a question; documents without a grade,
 * or with one of 0 or less, are not relevant. As trec_eval computes them: the gain in nDCG is the
 * grade itself, recall counts the relevant documents that there are, and the reciprocal rank is that
 * of the first relevant one, wherever it stands. Throws when no document is relevant.
 */
export function scoreRanking(ranking: string[], grades: ReadonlyMap<string, number>): Scores {
  const relevant = new Map([...grades].filter(([, grade]) => grade > 0));
  if (relevant.size === 0) throw new RangeError("a question without a relevant document");
  const gains = ranking.map((document) => relevant.get(document) ?? 0);
  const ideal = [...relevant.values()].sort((a, b) => b - a);
  const first = gains.findIndex((gain) => gain > 0);
  const found = (depth: number) => gains.slice(0, depth).filter((gain) => gain > 0).length;
  return {
    ndcg_at_10: discount(gains, 10) / discount(ideal, 10),
    recall_at_10: found(10) / relevant.size,
    recall_at_100: found(100) / relevant.size,
    mrr: first < 0 ? 0 : 1 / (first + 1),
  };
}

/** The mean of each figure over questions that count the same. */
export function meanScores(scores: Scores[]): Scores {
  const mean = (name: keyof Scores) =>
    scores.reduce((sum, score) => sum + score[name], 0) / scores.length;
  return {
    ndcg_at_10: mean("ndcg_at_10"),
    recall_at_10: mean("recall_at_10"),
    recall_at_100: mean("recall_at_100"),
    mrr: mean("mrr"),
  };
}

/** Discounted cumulative gain of the first `depth`. */
function discount(gains: number[], depth: number): number {
  return gains.slice(0, depth)
    .reduce((sum, gain, index) => sum + gain / Math.log2(index + 2), 0);
}
