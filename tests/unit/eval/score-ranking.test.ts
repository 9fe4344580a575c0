import { describe, expect, test } from "vitest";
import { meanScores, scoreRanking } from "../../../eval/retrieval/score-ranking.ts";

const grades = new Map([["a", 2], ["b", 1], ["c", 0], ["z", -1]]);

describe("scoreRanking", () => {
  test("gives 1 to the best order", () => {
    expect(scoreRanking(["a", "b", "c"], grades)).toEqual({
      ndcg_at_10: 1,
      recall_at_10: 1,
      recall_at_100: 1,
      mrr: 1,
    });
  });

  test("weighs grades by the logarithm of their rank", () => {
    // Worked by hand: (1/log2(3) + 2/log2(5)) / (2/log2(2) + 1/log2(3)).
    const { ndcg_at_10, mrr } = scoreRanking(["x", "b", "c", "a"], grades);

    expect(ndcg_at_10).toBeCloseTo((0.63093 + 0.861353) / 2.63093, 5);
    expect(ndcg_at_10).toBeCloseTo(0.56721, 4);
    expect(mrr).toBe(0.5);
  });

  test("looks at the first 10, the first 100, or all", () => {
    const others = (count: number) => Array.from({ length: count }, (_, index) => `x${index}`);
    const eleventh = scoreRanking(["b", ...others(9), "a"], grades);
    const late = scoreRanking([...others(100), "a"], grades);

    expect(eleventh).toMatchObject({ recall_at_10: 0.5, recall_at_100: 1, mrr: 1 });
    expect(eleventh.ndcg_at_10).toBeCloseTo(1 / 2.63093, 5);
    expect(late).toMatchObject({ ndcg_at_10: 0, recall_at_10: 0, recall_at_100: 0 });
    expect(late.mrr).toBeCloseTo(1 / 101, 10);
  });

  test("counts what is graded 0 or less as not relevant", () => {
    expect(scoreRanking(["c", "z"], grades)).toEqual({
      ndcg_at_10: 0,
      recall_at_10: 0,
      recall_at_100: 0,
      mrr: 0,
    });
    expect(() => scoreRanking(["c"], new Map([["c", 0]]))).toThrow(RangeError);
  });

  test("takes an ideal of at most ten when more are relevant", () => {
    const many = new Map(Array.from({ length: 20 }, (_, index) => [`d${index}`, 1]));

    const { ndcg_at_10, recall_at_10 } = scoreRanking([...many.keys()].slice(0, 10), many);

    expect(ndcg_at_10).toBe(1);
    expect(recall_at_10).toBe(0.5);
  });
});

describe("meanScores", () => {
  test("counts every question the same", () => {
    const one = { ndcg_at_10: 1, recall_at_10: 1, recall_at_100: 1, mrr: 1 };
    const none = { ndcg_at_10: 0, recall_at_10: 0, recall_at_100: 0.5, mrr: 0.25 };

    expect(meanScores([one, none, none, none])).toEqual({
      ndcg_at_10: 0.25,
      recall_at_10: 0.25,
      recall_at_100: 0.625,
      mrr: 0.4375,
    });
  });
});
